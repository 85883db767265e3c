// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI

/// Capabilities by name, without `CAP_`; the position is the number. See `capabilities(7)`.
let capabilityNames = [
    "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
    "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER",
    "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE",
    "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP",
    "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF",
    "CHECKPOINT_RESTORE",
]

/// The 14 of security C1, as bits.
let standardCapabilities: UInt64 = 0xa804_25fb

/// The set that a container asks for: `ALL` first, then what is dropped by name, then what is added by name.
///
/// - Parameter available: what the host lets us give. `ALL` and the standard set are cut to it; a capability that is
///   asked for by name and isn't in it is refused, for the container would run without it (security C4).
func capabilities(_ context: SecurityContext?, available: UInt64) throws(Refusal) -> UInt64 {
    if context?.privileged == true { return available }
    let add = context?.capabilities?.add.map(normalized) ?? []
    let drop = context?.capabilities?.drop.map(normalized) ?? []
    var set = add.contains("ALL") ? available : standardCapabilities & available
    if drop.contains("ALL") { set = 0 }
    for name in drop where name != "ALL" { set &= ~(try bit(name)) }
    for name in add where name != "ALL" {
        let bit = try bit(name)
        guard available & bit != 0 else {
            throw .create("capability \(name) cannot be added: this host does not give it to Berth")
        }
        set |= bit
    }
    return set
}

private func bit(_ name: String) throws(Refusal) -> UInt64 {
    guard let number = capabilityNames.firstIndex(of: name) else { throw .create("unknown capability \"\(name)\"") }
    return 1 << UInt64(number)
}

private func normalized(_ name: String) -> String {
    let upper = name.uppercased()
    return upper.hasPrefix("CAP_") ? String(upper.dropFirst(4)) : upper
}
