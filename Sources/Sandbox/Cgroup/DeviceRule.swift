// SPDX-License-Identifier: Apache-2.0

/// One rule about device nodes, as cgroup v1 writes them: kind, numbers, and what may be done.
package struct DeviceRule: Hashable, Sendable {
    package enum Kind: Hashable, Sendable { case any, character, block }

    package var allows: Bool
    package var kind: Kind
    /// nil: all.
    package var major: UInt32?
    package var minor: UInt32?
    /// Of `r`, `w` and `m` (mknod).
    package var access: String

    package init(allows: Bool, kind: Kind, major: UInt32? = nil, minor: UInt32? = nil, access: String = "rwm") {
        self.allows = allows
        self.kind = kind
        self.major = major
        self.minor = minor
        self.access = access
    }

    /// About every device, and everything that can be done.
    package var isEverything: Bool {
        kind == .any && major == nil && minor == nil && mask == 7
    }

    /// For `devices.allow` and `devices.deny`. A kind of "any" is written twice: the kernel takes `a` only for everything.
    package var lines: [String] {
        let numbers = "\(major.map(String.init) ?? "*"):\(minor.map(String.init) ?? "*") \(access)"
        switch kind {
        case .any: return ["c \(numbers)", "b \(numbers)"]
        case .character: return ["c \(numbers)"]
        case .block: return ["b \(numbers)"]
        }
    }

    /// What every container of the OCI specification may use: it may make any node, which opens nothing, and open the
    /// standard ones.
    package static let standard: [DeviceRule] =
        [
            DeviceRule(allows: true, kind: .character, access: "m"),
            DeviceRule(allows: true, kind: .block, access: "m"),
        ]
        + DeviceRules.standard.map { DeviceRule(allows: true, kind: .character, major: $0.major, minor: $0.minor) }
        // console
        + [DeviceRule(allows: true, kind: .character, major: 5, minor: 1)]
}

extension DeviceProgram {
    /// The program for rules of which later ones win; what none is about is denied.
    package init(ordered rules: [DeviceRule]) {
        let (context, kind, access, major, minor) = (UInt64(1), UInt64(2), UInt64(3), UInt64(4), UInt64(5))
        let scratch = UInt64(6)
        var code = [
            Self.load32(kind, context, offset: 0), Self.move(access, kind), Self.shiftRight(access, by: 16),
            Self.and(kind, 0xffff), Self.load32(major, context, offset: 4), Self.load32(minor, context, offset: 8),
        ]
        // The last rule that is about a device decides. One that allows must allow all that is asked for; one that denies
        // denies when anything of it is asked for.
        for rule in rules.reversed() {
            var tests: [(UInt64) -> UInt64] = []
            switch rule.kind {
            case .any: break
            case .character: tests.append { Self.jumpUnlessEqual(kind, UInt32(BPF_DEVCG_DEV_CHAR_VALUE), over: $0) }
            case .block: tests.append { Self.jumpUnlessEqual(kind, UInt32(BPF_DEVCG_DEV_BLOCK_VALUE), over: $0) }
            }
            let mask = rule.mask
            if mask != 7 {
                tests.append { _ in Self.move(scratch, access) }
                if rule.allows {
                    tests.append { _ in Self.and(scratch, ~mask & 7) }
                    tests.append { Self.jumpUnlessEqual(scratch, 0, over: $0) }
                } else {
                    tests.append { _ in Self.and(scratch, mask) }
                    tests.append { Self.jumpIfEqual(scratch, 0, over: $0) }
                }
            }
            if let number = rule.major { tests.append { Self.jumpUnlessEqual(major, number, over: $0) } }
            if let number = rule.minor { tests.append { Self.jumpUnlessEqual(minor, number, over: $0) } }
            // Each jump goes behind the answer, which has two instructions.
            for (index, test) in tests.enumerated() { code.append(test(UInt64(tests.count - index - 1 + 2))) }
            code += Self.answer(rule.allows ? 1 : 0)
            // Nothing comes behind a rule about everything: the kernel refuses a program with instructions that none leads to.
            if rule.isEverything {
                self.init(code: code)
                return
            }
        }
        self.init(code: code + Self.answer(0))
    }

    /// Puts the program in force on a v2 cgroup by its path on the host.
    package func attach(toPath path: String) throws(CgroupError) { try attach(to: try CgroupDirectory(path: path)) }
}

private let BPF_DEVCG_DEV_BLOCK_VALUE = 1
private let BPF_DEVCG_DEV_CHAR_VALUE = 2

extension DeviceRule {
    /// BPF_DEVCG_ACC_*: mknod 1, read 2, write 4.
    fileprivate var mask: UInt32 {
        access.utf8.reduce(0) { mask, letter in
            switch letter {
            case UInt8(ascii: "m"): mask | 1
            case UInt8(ascii: "r"): mask | 2
            case UInt8(ascii: "w"): mask | 4
            default: mask
            }
        }
    }
}
