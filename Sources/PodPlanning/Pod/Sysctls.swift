// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import PodPlan

/// The kernel parameters that a node lets every pod set: each is the pod's alone, and none lets it use more than its
/// share. See the kubelet's `sysctl/safe_sysctls.go`.
private let safeSysctls: Set<String> = [
    "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range",
    "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ip_local_reserved_ports", "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_wmem",
]

/// Why the kubelet of a node where nothing else was allowed does not admit the pod.
func forbiddenSysctl(_ pod: Pod) -> PodPlan.Obstacle? {
    for sysctl in pod.spec.securityContext?.sysctls ?? [] where !safeSysctls.contains(sysctl.dottedName) {
        return .rejected(
            reason: "SysctlForbidden", message: "forbidden sysctl: \(Fault.quoted(sysctl.name)) not allowlisted")
    }
    return nil
}

/// What of /proc/sys is to be written.
func sysctlPlans(_ pod: Pod) -> [SysctlPlan] {
    (pod.spec.securityContext?.sysctls ?? []).map { sysctl in
        SysctlPlan(
            path: String(sysctl.dottedName.map { $0 == "." ? "/" : $0 == "/" ? "." : $0 }), value: sysctl.value)
    }
}
