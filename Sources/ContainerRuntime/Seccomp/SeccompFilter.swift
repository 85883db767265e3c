// SPDX-License-Identifier: Apache-2.0

import CLinux
import OCI
import Sandbox
import Seccomp

/// `linux.seccomp`, ready to be loaded.
struct SeccompFilter {
    /// BPF, 8 bytes an instruction.
    let bytes: [UInt8]
    /// `SECCOMP_FILTER_FLAG_…` for seccomp(2), but those that a listener brings along.
    let flags: UInt64
    /// Who is asked about calls with `SCMP_ACT_NOTIFY`; nil: there are none.
    let listener: Listener?

    struct Listener {
        var path: String
        var metadata: String?
        /// A signal doesn't take a call back that the listener has received.
        var waitsKillable: Bool
    }

    /// The filter for a process.
    ///
    /// - Parameters:
    ///   - capabilities: the container's bounding set; bit n is capability n.
    ///   - warn: is told of names that this build doesn't know and whose absence makes the filter weaker. The others are
    ///     left out, as every runtime does: profiles name calls of all kernels.
    /// - Returns: nil when nothing is to be filtered.
    static func make(
        _ seccomp: LinuxSeccomp?, capabilities: UInt64, warn: (String) -> Void
    ) throws(RuntimeError) -> SeccompFilter? {
        guard let seccomp else { return nil }
        let profile = try profile(seccomp)
        // What changes nothing is no filter.
        if profile.rules.isEmpty, profile.defaultAction == .allow { return nil }
        let listener = try listener(seccomp)
        do throws(SeccompError) {
            let program = try profile.compile(capabilities: capabilities)
            let weakening = program.weakeningNames
            if !weakening.isEmpty {
                warn("linux.seccomp: unknown system calls, left out: \(weakening.joined(separator: ", "))")
            }
            return SeccompFilter(bytes: program.bytes, flags: flags(seccomp), listener: listener)
        } catch {
            throw RuntimeError("linux.seccomp: \(error)")
        }
    }

    /// TSYNC needs nothing: the process has one thread when it loads its filter.
    private static func flags(_ seccomp: LinuxSeccomp) -> UInt64 {
        seccomp.flags.reduce(0) { sum, flag in
            switch flag {
            case .threadSync, .waitKillable: sum
            case .log: sum | 1 << 1
            case .speculationAllowed: sum | 1 << 2
            }
        }
    }

    private static func listener(_ seccomp: LinuxSeccomp) throws(RuntimeError) -> Listener? {
        let asks = seccomp.defaultAction == .notify || seccomp.syscalls.contains { $0.action == .notify }
        guard asks else { return nil }
        guard let path = seccomp.listenerPath else {
            throw RuntimeError("linux.seccomp.listenerPath: is required with SCMP_ACT_NOTIFY")
        }
        return Listener(
            path: path, metadata: seccomp.listenerMetadata, waitsKillable: seccomp.flags.contains(.waitKillable))
    }

    // MARK: - The profile

    private static func profile(_ seccomp: LinuxSeccomp) throws(RuntimeError) -> SeccompProfile {
        let standard = try action(seccomp.defaultAction, seccomp.defaultErrnoRet, "defaultAction", "defaultErrnoRet")
        var rules: [SeccompProfile.Rule] = []
        for (index, call) in seccomp.syscalls.enumerated() {
            let path = "syscalls[\(index)]"
            let action = try action(call.action, call.errnoRet, "\(path).action", "\(path).errnoRet")
            for arguments in alternatives(call.args) { rules.append(.init(call.names, action, arguments)) }
        }
        var profile = SeccompProfile(
            defaultAction: standard,
            architectures: Set(seccomp.architectures.compactMap { SeccompProfile.Architecture(rawValue: $0.rawValue) }),
            rules: rules, newerCallsAreMissing: deniesNewerCalls(standard))
        profile.firstPlainRuleCounts = true
        profile.leavesOutUnknownCalls = true
        return profile
    }

    /// A refusing profile's calls that it doesn't know yet are missing ones: libc has another way then.
    private static func deniesNewerCalls(_ standard: SeccompProfile.Action) -> Bool {
        switch standard {
        case .allow, .log, .trace: false
        case .killProcess, .killThread, .trap, .errno, .notify: true
        }
    }

    /// Conditions hold together; but several on one argument are alternatives, as in every runtime.
    private static func alternatives(_ args: [LinuxSeccompArg]) -> [[SeccompProfile.Argument]] {
        let arguments = args.map {
            SeccompProfile.Argument(
                index: $0.index, comparison($0.op), value: $0.value, valueTwo: $0.valueTwo)
        }
        let isRepeated = Set(args.map { $0.index }).count < args.count
        return isRepeated ? arguments.map { [$0] } : [arguments]
    }

    private static func comparison(_ operation: LinuxSeccompArg.Operator) -> SeccompProfile.Argument.Comparison {
        switch operation {
        case .notEqual: .notEqual
        case .less: .less
        case .lessOrEqual: .lessOrEqual
        case .equal: .equal
        case .greaterOrEqual: .greaterOrEqual
        case .greater: .greater
        case .maskedEqual: .maskedEqual
        }
    }

    private static func action(
        _ action: LinuxSeccomp.Action, _ number: UInt32?, _ path: String, _ numberPath: String
    ) throws(RuntimeError) -> SeccompProfile.Action {
        if let number, action != .errno, action != .trace {
            throw RuntimeError("linux.seccomp.\(numberPath): \(action.rawValue) takes no number, \(number) is given")
        }
        let answer = number ?? UInt32(EPERM)
        let limit: UInt32 = action == .trace ? 65_535 : 4095
        guard answer <= limit else {
            throw RuntimeError("linux.seccomp.\(numberPath): \(answer) is out of range: 0 to \(limit)")
        }
        return switch action {
        case .kill, .killThread: .killThread
        case .killProcess: .killProcess
        case .trap: .trap
        case .errno: .errno(UInt16(answer))
        case .trace: .trace(UInt16(answer))
        case .allow: .allow
        case .log: .log
        case .notify: .notify
        }
    }
}
