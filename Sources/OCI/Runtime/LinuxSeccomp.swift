// SPDX-License-Identifier: Apache-2.0

/// `linux.seccomp`: which system calls may be made. The words are libseccomp's.
package struct LinuxSeccomp: JSONDecodable, Sendable {
    package enum Action: String, JSONWord, Sendable {
        /// The same as `killThread`.
        case kill = "SCMP_ACT_KILL"
        case killProcess = "SCMP_ACT_KILL_PROCESS"
        case killThread = "SCMP_ACT_KILL_THREAD"
        case trap = "SCMP_ACT_TRAP"
        case errno = "SCMP_ACT_ERRNO"
        case trace = "SCMP_ACT_TRACE"
        case allow = "SCMP_ACT_ALLOW"
        case log = "SCMP_ACT_LOG"
        case notify = "SCMP_ACT_NOTIFY"
    }
    package enum Architecture: String, JSONWord, Sendable {
        case x86 = "SCMP_ARCH_X86"
        case x86_64 = "SCMP_ARCH_X86_64"
        case x32 = "SCMP_ARCH_X32"
        case arm = "SCMP_ARCH_ARM"
        case aarch64 = "SCMP_ARCH_AARCH64"
        case loongarch64 = "SCMP_ARCH_LOONGARCH64"
        case m68k = "SCMP_ARCH_M68K"
        case mips = "SCMP_ARCH_MIPS"
        case mips64 = "SCMP_ARCH_MIPS64"
        case mips64n32 = "SCMP_ARCH_MIPS64N32"
        case mipsel = "SCMP_ARCH_MIPSEL"
        case mipsel64 = "SCMP_ARCH_MIPSEL64"
        case mipsel64n32 = "SCMP_ARCH_MIPSEL64N32"
        case ppc = "SCMP_ARCH_PPC"
        case ppc64 = "SCMP_ARCH_PPC64"
        case ppc64le = "SCMP_ARCH_PPC64LE"
        case s390 = "SCMP_ARCH_S390"
        case s390x = "SCMP_ARCH_S390X"
        case parisc = "SCMP_ARCH_PARISC"
        case parisc64 = "SCMP_ARCH_PARISC64"
        case riscv64 = "SCMP_ARCH_RISCV64"
        case sh = "SCMP_ARCH_SH"
        case sheb = "SCMP_ARCH_SHEB"
    }
    package enum Flag: String, JSONWord, Sendable {
        case threadSync = "SECCOMP_FILTER_FLAG_TSYNC"
        case log = "SECCOMP_FILTER_FLAG_LOG"
        case speculationAllowed = "SECCOMP_FILTER_FLAG_SPEC_ALLOW"
        case waitKillable = "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"
    }

    package var defaultAction: Action
    package var defaultErrnoRet: UInt32?
    /// The native one is always among those that are meant.
    package var architectures: [Architecture]
    package var flags: [Flag]
    /// The socket to which the listener of `SCMP_ACT_NOTIFY` is sent.
    package var listenerPath: String?
    package var listenerMetadata: String?
    package var syscalls: [LinuxSyscall]

    package init(from node: JSONNode) throws(JSONError) {
        defaultAction = try node.required("defaultAction")
        defaultErrnoRet = try node.optional("defaultErrnoRet")
        architectures = try node.list("architectures")
        flags = try node.list("flags")
        listenerPath = nil
        if let member = try node.member("listenerPath"), member.value != "" {
            listenerPath = try AbsolutePath(from: member).text
        }
        listenerMetadata = try node.optional("listenerMetadata", as: String.self).flatMap { $0.isEmpty ? nil : $0 }
        syscalls = try node.list("syscalls")
        if listenerMetadata != nil, listenerPath == nil {
            throw try node.member("listenerMetadata")!.error("needs listenerPath")
        }
    }
}

/// What happens at some system calls.
package struct LinuxSyscall: JSONDecodable, Sendable {
    package var names: [String]
    package var action: LinuxSeccomp.Action
    package var errnoRet: UInt32?
    /// All of them must hold.
    package var args: [LinuxSeccompArg]

    package init(from node: JSONNode) throws(JSONError) {
        names = try node.required("names")
        action = try node.required("action")
        errnoRet = try node.optional("errnoRet")
        args = try node.list("args")
        if names.isEmpty { throw try node.member("names")!.error("must have at least one name") }
    }
}

/// A condition on one argument of a system call.
package struct LinuxSeccompArg: JSONDecodable, Sendable {
    package enum Operator: String, JSONWord, Sendable {
        case notEqual = "SCMP_CMP_NE"
        case less = "SCMP_CMP_LT"
        case lessOrEqual = "SCMP_CMP_LE"
        case equal = "SCMP_CMP_EQ"
        case greaterOrEqual = "SCMP_CMP_GE"
        case greater = "SCMP_CMP_GT"
        /// `value` is the mask, `valueTwo` what must be left.
        case maskedEqual = "SCMP_CMP_MASKED_EQ"
    }
    /// 0 to 5.
    package var index: UInt32
    package var value: UInt64
    package var valueTwo: UInt64
    package var op: Operator

    package init(from node: JSONNode) throws(JSONError) {
        index = try node.required("index")
        value = try node.required("value")
        valueTwo = try node.value("valueTwo", or: 0)
        op = try node.required("op")
        if index > 5 { throw try node.member("index")!.error("\(index) is out of range: 0 to 5") }
    }
}
