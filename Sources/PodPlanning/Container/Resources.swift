// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import PodPlan

/// A container's limits in the cgroup's words. See "Mapping" in the Kubernetes documentation of node resources.
func resourcePlan(_ resources: ResourceRequirements) -> ResourcePlan {
    var plan = ResourcePlan()
    plan.memoryBytes = positive(resources.limits["memory"]?.value)
    plan.cpuMillicores = positive(resources.limits["cpu"]?.milliValue)
    // An absent request is the limit.
    let request = (resources.requests["cpu"] ?? resources.limits["cpu"])?.milliValue ?? 0
    plan.cpuShares = UInt64(max(2, min(262_144, min(max(request, 0), 1 << 40) * 1024 / 1000)))
    return plan
}

/// A limit of zero is no limit.
private func positive(_ value: Int64?) -> Int64? { value.flatMap { $0 > 0 ? $0 : nil } }

/// The kubelet's score, but never negative: Guaranteed is 0 here, not −997.
///
/// A negative score would have the kernel kill the host's own services before a workload (security F5), and setting
/// one needs a capability that hosts may lack. The order between the classes stays: Guaranteed, Burstable, BestEffort.
func oomScoreAdjustment(_ container: Container, _ qosClass: PodStatus.QOSClass, _ host: HostFacts) -> Int32 {
    let score: Int64
    switch qosClass {
    case .guaranteed: score = 0
    case .bestEffort: score = 1000
    case .burstable:
        let request = (container.resources.requests["memory"] ?? container.resources.limits["memory"])?.value ?? 0
        let share = host.memoryBytes > 0 ? 1000 * (Int128(max(0, request))) / Int128(host.memoryBytes) : 0
        score = Int64(min(max(3, 1000 - share), 999))
    }
    return max(Int32(score), host.lowestOOMScoreAdjustment)
}

/// Size of a container's throw-away upper layer: its memory limit, else a quarter of the host's memory. It lives in
/// memory that is charged to the container, so more than the limit could not be used; without a limit it is bounded
/// below the kernel's default of half the memory (security M5).
func upperSizeBytes(_ container: Container, _ host: HostFacts) -> Int64 {
    positive(container.resources.limits["memory"]?.value) ?? host.memoryBytes / 4
}
