// SPDX-License-Identifier: Apache-2.0

import CLinux

extension SeccompProfile {
    /// Instructions before the filter proper: `ENOSYS` for calls numbered above all that the profile names.
    ///
    /// libseccomp compares a call's number with single numbers only, and has one default action. The numbers of new
    /// calls are the same on all architectures and only grow. An architecture that isn't named here falls through to
    /// the filter, which kills.
    func newerCallsStub(_ architectures: [Architecture]) -> [Instruction] {
        var stub: [Instruction] = []
        // x32 is x86_64 to the kernel: one block serves both.
        for architecture in architectures where architecture != .x32 {
            let conventions = architecture == .x86_64 ? architectures.filter { $0 != .x86 } : [architecture]
            guard let last = lastNumber(conventions) else { continue }
            let block = architecture.newerCallsBlock(last: last, withX32: conventions.contains(.x32))
            stub += [.loadArchitecture, .ifEqual(architecture.token, 0, else: UInt8(block.count))] + block
        }
        return stub
    }

    /// The highest number of a call that any of the rules names, whether or not it counts for this container.
    private func lastNumber(_ conventions: [Architecture]) -> UInt32? {
        let names = Set(rules.flatMap(\.names))
        return conventions.flatMap { architecture in
            names.compactMap { name in
                architecture.number(of: name).map { $0 & ~Architecture.x32Bit }
                    .flatMap { architecture.legacyNumbers.contains($0) ? nil : $0 }
            }
        }
        .max()
    }
}

extension SeccompProfile.Architecture {
    /// Marks a call of x32 in a number that is else one of x86_64.
    static let x32Bit: UInt32 = 0x4000_0000

    /// Numbers above the common ones that aren't new: x32's own, arm's private calls.
    fileprivate var legacyNumbers: ClosedRange<UInt32> {
        switch self {
        case .x86_64, .x32: 512...547
        case .arm: 0xf0000...0xf07ff
        default: .max ... .max
        }
    }

    /// For calls of this architecture: returns `ENOSYS`, or goes on behind the block.
    fileprivate func newerCallsBlock(last: UInt32, withX32: Bool) -> [Instruction] {
        let answer = Instruction.return(.errno(UInt16(ENOSYS)))
        let legacy = legacyNumbers
        let tail: [Instruction] = [
            .ifGreater(last, 0, else: 3),
            .ifAtLeast(legacy.lowerBound, 0, else: 1),
            .ifGreater(legacy.upperBound, 0, else: 1),
            answer,
        ]
        guard self == .x86_64 else { return [.loadNumber] + tail }
        // Without x32 its numbers are left to the filter, which kills.
        let x32 = withX32 ? Instruction.and(~Self.x32Bit) : .ifAtLeast(Self.x32Bit, 4, else: 0)
        return [.loadNumber, x32] + tail
    }
}
