// SPDX-License-Identifier: Apache-2.0

import CLinux
import CSeccomp
import Linux

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
