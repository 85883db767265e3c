// SPDX-License-Identifier: Apache-2.0

/// The kernel's capabilities in the order of their numbers. See `capabilities(7)`.
enum Capability: String, CaseIterable, Sendable {
    case chown = "CAP_CHOWN", dacOverride = "CAP_DAC_OVERRIDE", dacReadSearch = "CAP_DAC_READ_SEARCH"
    case fowner = "CAP_FOWNER", fsetid = "CAP_FSETID", kill = "CAP_KILL", setgid = "CAP_SETGID"
    case setuid = "CAP_SETUID", setpcap = "CAP_SETPCAP", linuxImmutable = "CAP_LINUX_IMMUTABLE"
    case netBindService = "CAP_NET_BIND_SERVICE", netBroadcast = "CAP_NET_BROADCAST", netAdmin = "CAP_NET_ADMIN"
    case netRaw = "CAP_NET_RAW", ipcLock = "CAP_IPC_LOCK", ipcOwner = "CAP_IPC_OWNER"
    case sysModule = "CAP_SYS_MODULE", sysRawio = "CAP_SYS_RAWIO", sysChroot = "CAP_SYS_CHROOT"
    case sysPtrace = "CAP_SYS_PTRACE", sysPacct = "CAP_SYS_PACCT", sysAdmin = "CAP_SYS_ADMIN"
    case sysBoot = "CAP_SYS_BOOT", sysNice = "CAP_SYS_NICE", sysResource = "CAP_SYS_RESOURCE"
    case sysTime = "CAP_SYS_TIME", sysTtyConfig = "CAP_SYS_TTY_CONFIG", mknod = "CAP_MKNOD", lease = "CAP_LEASE"
    case auditWrite = "CAP_AUDIT_WRITE", auditControl = "CAP_AUDIT_CONTROL", setfcap = "CAP_SETFCAP"
    case macOverride = "CAP_MAC_OVERRIDE", macAdmin = "CAP_MAC_ADMIN", syslog = "CAP_SYSLOG"
    case wakeAlarm = "CAP_WAKE_ALARM", blockSuspend = "CAP_BLOCK_SUSPEND", auditRead = "CAP_AUDIT_READ"
    case perfmon = "CAP_PERFMON", bpf = "CAP_BPF", checkpointRestore = "CAP_CHECKPOINT_RESTORE"

    /// The set with this one alone.
    var mask: UInt64 { 1 << UInt64(Self.allCases.firstIndex(of: self)!) }
}

extension SeccompProfile.Condition {
    /// The bit of a capability by its name in profiles (`CAP_SYS_ADMIN`), or nil if there is none of that name.
    public static func capability(named name: String) -> UInt64? { Capability(rawValue: name)?.mask }
}
