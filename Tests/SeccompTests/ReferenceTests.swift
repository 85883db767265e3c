// SPDX-License-Identifier: Apache-2.0

import CLinux
import CSeccomp
import Linux
import Testing

@testable import Seccomp

// The same rules through libseccomp's own generator, to compare with: a filter for each architecture and action, the
// strictest first; in all but the last "allow" becomes a jump to the next one.

extension SeccompProfile {
    /// What libseccomp's program for one architecture answers, `SECCOMP_RET_…`.
    func libraryProgram(_ architecture: Architecture, capabilities: UInt64) throws -> SeccompProgram {
        let facts = Facts(capabilities: capabilities, kernel: .running)
        let effective = rules.filter { $0.includes.holds(facts) && !$0.excludes.holdsInPart(facts) }
        let program = try stages(effective, Architecture.familyInOrder).flatMap { try $0.instructions(architecture) }
        return SeccompProgram(bytes: Instruction.encode(program))
    }

    /// The filters to run one after the other: one for each action, the strictest first, the default action last.
    fileprivate func stages(_ effective: [Rule], _ architectures: [Architecture]) -> [Stage] {
        var stages: [Stage] = []
        for entry in multiplexerEntries(effective, architectures) + entries(effective) {
            if let index = stages.firstIndex(where: { $0.action == entry.action }) {
                stages[index].entries.append(entry)
            } else {
                // Stable: among equally strict actions the first one named stays first.
                let index = stages.firstIndex { $0.action.strictness > entry.action.strictness } ?? stages.endIndex
                stages.insert(Stage(action: entry.action, otherwise: nil, entries: [entry]), at: index)
            }
        }
        if defaultAction != .allow, stages.last?.action == .allow {
            stages[stages.count - 1].otherwise = defaultAction
        } else {
            stages.append(Stage(action: defaultAction, otherwise: defaultAction, entries: []))
        }
        return stages
    }
}

/// A filter whose rules all have one action.
private struct Stage {
    let action: SeccompProfile.Action
    /// The answer to calls without a rule; nil: they go on to the next stage.
    var otherwise: SeccompProfile.Action?
    var entries: [Entry]

    func instructions(_ architecture: SeccompProfile.Architecture) throws(SeccompError) -> [Instruction] {
        var filter = try LibraryFilter.make(architecture, default: otherwise ?? .allow)
        for entry in entries
        where architecture.number(of: entry.name) != nil || architecture.multiplexed(entry.name) != nil {
            try filter.add(entry.action, call: entry.name, entry.arguments)
        }
        let instructions = try filter.instructions()
        if otherwise != nil { return instructions }
        return instructions.enumerated().map { index, instruction in
            instruction == .return(.allow) ? .jump(instructions.count - index - 1) : instruction
        }
    }
}

/// A filter under construction in libseccomp. See `seccomp_init(3)`.
struct LibraryFilter: ~Copyable {
    private let context: scmp_filter_ctx

    private init(adopting context: scmp_filter_ctx) { self.context = context }

    /// An empty filter for one architecture, which answers `action` to every call.
    ///
    /// One for each: together, libseccomp takes three times as long, and writes rules for calls that one of them lacks.
    static func make(
        _ architecture: SeccompProfile.Architecture, default action: SeccompProfile.Action
    ) throws(SeccompError) -> LibraryFilter {
        guard let context = seccomp_init(action.token) else {
            throw .library(function: "seccomp_init", call: nil, Errno(ENOMEM))
        }
        let filter = LibraryFilter(adopting: context)
        try filter.set(SCMP_FLTATR_ACT_BADARCH, SeccompProfile.Action.killProcess.token)
        try filter.set(SCMP_FLTATR_CTL_OPTIMIZE, 2)  // a binary tree over the calls' numbers
        if architecture != .native {
            let native = SeccompProfile.Architecture.native
            try filter.check(seccomp_arch_remove(context, native.token), "seccomp_arch_remove")
            try filter.check(seccomp_arch_add(context, architecture.token), "seccomp_arch_add")
        }
        return filter
    }

    deinit { seccomp_release(context) }

    /// See `seccomp_rule_add_array(3)`.
    mutating func add(
        _ action: SeccompProfile.Action, call: String, _ arguments: [SeccompProfile.Argument]
    ) throws(SeccompError) {
        // The number on the native architecture, or libseccomp's own negative one for what only others have.
        let number = seccomp_syscall_resolve_name(call)
        let comparisons = arguments.map(\.libraryComparison)
        let result = seccomp_rule_add_array(context, action.token, number, UInt32(comparisons.count), comparisons)
        try check(result, "seccomp_rule_add", call: call)
    }

    /// The filter's instructions. See `seccomp_export_bpf(3)`, which writes to a descriptor only.
    func instructions() throws(SeccompError) -> [Instruction] {
        do throws(Errno) {
            let file = OwnedDescriptor(adopting: try retrying { memfd_create("seccomp", UInt32(MFD_CLOEXEC)) })
            let descriptor = file.rawValue
            let result = seccomp_export_bpf(context, descriptor)
            guard result == 0 else { throw Errno(-result) }
            try retrying { lseek(descriptor, 0, SEEK_SET) }
            return Instruction.decode(try file.readAll(limit: 1 << 20))
        } catch {
            throw .system(function: "seccomp_export_bpf", error)
        }
    }

    private func set(_ attribute: scmp_filter_attr, _ value: UInt32) throws(SeccompError) {
        try check(seccomp_attr_set(context, attribute, value), "seccomp_attr_set")
    }

    private func check(_ result: CInt, _ function: String, call: String? = nil) throws(SeccompError) {
        if result < 0 { throw .library(function: function, call: call, Errno(-result)) }
    }
}

extension SeccompProfile.Argument {
    fileprivate var libraryComparison: scmp_arg_cmp {
        let operation: scmp_compare =
            switch comparison {
            case .notEqual: SCMP_CMP_NE
            case .less: SCMP_CMP_LT
            case .lessOrEqual: SCMP_CMP_LE
            case .equal: SCMP_CMP_EQ
            case .greaterOrEqual: SCMP_CMP_GE
            case .greater: SCMP_CMP_GT
            case .maskedEqual: SCMP_CMP_MASKED_EQ
            }
        return scmp_arg_cmp(arg: index, op: operation, datum_a: value, datum_b: valueTwo)
    }
}

/// Our own generator against libseccomp's.
struct ReferenceTests {
    private static let profiles: [(String, SeccompProfile, UInt64)] = [
        ("default, the standard capabilities", .runtimeDefault, 0xa804_25fb),
        ("default, no capability", .runtimeDefault, 0),
        ("default, every capability", .runtimeDefault, 0x1ff_ffff_ffff),
        ("allow but some", sample(.allow), 0),
        ("deny but some", sample(.errno(1)), 0),
    ]

    /// Each comparison once, several rules on one call, a multiplexed call without comparisons.
    private static func sample(_ standard: SeccompProfile.Action) -> SeccompProfile {
        let other: SeccompProfile.Action = standard == .allow ? .errno(13) : .allow
        var profile = SeccompProfile(
            defaultAction: standard,
            rules: [
                .init(["getpid", "mkdir", "rmdir", "semget"], other),
                .init(["read"], other, [.init(index: 0, .equal, value: 0x1_0000_0005)]),
                .init(["write"], other, [.init(index: 1, .notEqual, value: 7)]),
                .init(
                    ["lseek"], other,
                    [.init(index: 2, .less, value: 0x2_0000_0000), .init(index: 0, .greater, value: 3)]),
                .init(["fcntl"], other, [.init(index: 1, .lessOrEqual, value: 9)]),
                .init(["fcntl"], .trap, [.init(index: 1, .greaterOrEqual, value: 0x7_0000_0001)]),
                .init(["clone"], other, [.init(index: 0, .maskedEqual, value: 0x7e02_0000, valueTwo: 0)]),
                .init(["kill"], .killProcess, [.init(index: 1, .equal, value: 9)]),
                .init(["kill"], .log),
            ])
        profile.architectures = SeccompProfile.Architecture.family
        profile.newerCallsAreMissing = false
        return profile
    }

    private static let values: [UInt64] = [
        0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 0x7e02_0000, 0x1000_0000, 0x0001_0000, 0x1_0000_0005, 0x2_0000_0000,
        0x7_0000_0001,
        0x7_0000_0000, 0x8_0000_0000, 0xffff_ffff, 0xffff_ffff_ffff_ffff, 38, 40, 0x5412, 0x541c, 0x20008,
        0x1_0000_5412,
    ]

    @Test("Every number, on every architecture, is answered as libseccomp answers it", arguments: profiles.indices)
    func agrees(index: Int) throws {
        let (_, profile, capabilities) = Self.profiles[index]
        let ours = try profile.compile(capabilities: capabilities).decoded
        for architecture in SeccompProfile.Architecture.familyInOrder {
            let reference = try profile.libraryProgram(architecture, capabilities: capabilities).decoded
            let base = architecture == .x32 ? SeccompProfile.Architecture.x32Bit : 0
            let newer = profile.newerCalls(architecture)
            for number in base..<(base + 600) where !newer.contains(number) {
                for value in Self.values {
                    let data = CallData(architecture, number, Array(repeating: value, count: 6))
                    let (mine, theirs) = (ours.run(data), reference.run(data))
                    if mine != theirs {
                        Issue.record("\(architecture) \(number) of \(value): \(mine), libseccomp says \(theirs)")
                    }
                }
            }
        }
    }

    /// As podman's and containerd's profiles are: hundreds of names, a call in several rules, several actions.
    private static let engine: SeccompProfile = {
        let names = DefaultCalls.allowed.flatMap(\.calls).filter { !["personality", "socket", "clone"].contains($0) }
        var profile = SeccompProfile(
            defaultAction: .errno(38), architectures: SeccompProfile.Architecture.family,
            rules: [
                .init(["bdflush", "kexec_load", "nfsservctl", "pciconfig_read"], .errno(1)),
                .init(names + ["setns"], .allow),
                .init(["personality"], .allow, [.init(index: 0, .equal, value: 0)]),
                .init(["personality"], .allow, [.init(index: 0, .equal, value: 8)]),
                .init(["personality"], .allow, [.init(index: 0, .equal, value: 0xffff_ffff)]),
                .init(["setns", "mount", "bpf"], .errno(1)),
                .init(["clone"], .allow, [.init(index: 0, .maskedEqual, value: 0x7e02_0000, valueTwo: 0)]),
                .init(
                    ["socket"], .errno(22), [.init(index: 0, .equal, value: 16), .init(index: 2, .equal, value: 9)]),
                .init(["socket"], .allow, [.init(index: 2, .notEqual, value: 9)]),
                .init(["socket"], .allow, [.init(index: 0, .notEqual, value: 16)]),
                .init(["kcmp"], .notify), .init(["ptrace"], .trace(7)), .init(["vhangup"], .trap),
                .init(["swapon"], .killThread), .init(["swapoff"], .log),
            ], newerCallsAreMissing: true)
        profile.firstPlainRuleCounts = true
        profile.leavesOutUnknownCalls = true
        return profile
    }()

    @Test("A profile as engines write it is answered as libseccomp's one filter answers it")
    func agreesOnEngines() throws {
        let profile = Self.engine
        var filter = try LibraryFilter.make(.native, default: profile.defaultAction)
        for rule in profile.rules {
            for name in rule.names where SeccompProfile.Architecture.native.number(of: name) != nil {
                try filter.add(rule.action, call: name, rule.arguments)
            }
        }
        let reference = DecodedProgram(instructions: try filter.instructions())
        let ours = try profile.compile(capabilities: 0).decoded
        let newer = profile.newerCalls(.native)
        for number in UInt32(0)..<600 where !newer.contains(number) {
            for (first, third) in [(0, 0), (8, 9), (16, 9), (16, 8), (9, 9), (0xffff_ffff, 0), (0x7e02_0000, 1)] {
                let data = CallData(.native, number, [UInt64(first), 5, UInt64(third), 0, 0, 0])
                let (mine, theirs) = (ours.run(data), reference.run(data))
                #expect(mine == theirs, "\(number) of \(first), \(third)")
            }
        }
        #expect(ours.run(CallData(.native, 4000)) == missing)
    }

    @Test("The default filter stays small: the kernel pays for each instruction at each start of a container")
    func isSmall() throws {
        let program = try SeccompProfile.runtimeDefault.compile(capabilities: 0xa804_25fb)
        #expect(program.bytes.count / 8 < 500)
    }
}
