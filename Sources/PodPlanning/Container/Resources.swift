// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import PodPlan

/// A container's limits in the cgroup's words. See "Mapping" in the Kubernetes documentation of node resources.
///
/// What it does not limit itself is limited by its pod, as the kubelet has it: alone in its pod it needs no other cgroup.
func resourcePlan(_ container: Container, of pod: PodSpec, _ host: HostFacts) -> ResourcePlan {
    let (own, shared) = (container.resources, pod.resources?.limits ?? [:])
    var plan = ResourcePlan()
    plan.memoryBytes = positive(own.limits["memory"]?.value) ?? positive(shared["memory"]?.value)
    plan.cpuMillicores = positive(own.limits["cpu"]?.milliValue) ?? positive(shared["cpu"]?.milliValue)
    // An absent request is the limit.
    plan.cpuShares = shares(own.requests["cpu"] ?? own.limits["cpu"])
    if own.requests["cpu"] == nil, own.limits["cpu"] == nil, pod.concurrentContainers == 1 {
        plan.cpuShares = shares(pod.resources?.requests["cpu"])
    }
    plan.hugePages = hugePagePlans(own.limits, else: shared, host)
    plan.ephemeralStorage = storageLimit(own.limits["ephemeral-storage"])
    return plan
}

/// What may be on disk; zero is no limit.
func storageLimit(_ amount: Quantity?) -> StorageLimit? {
    amount.flatMap { $0.value > 0 ? StorageLimit(bytes: $0.value, text: $0.description) : nil }
}

/// The limits of the cgroup around the containers of a pod; nil when theirs alone come to the same.
///
/// That is so unless the pod is given less than its containers together, or holds memory that no container of the moment
/// is charged for: a volume in memory that one wrote which has ended.
func podResourcePlan(_ pod: PodSpec, _ host: HostFacts) -> PodResourcePlan? {
    let count = pod.containers.count + pod.initContainers.count
    let holdsMemory =
        pod.volumes.contains { $0.source.emptyDir?.medium == "Memory" } && (count > 1 || pod.restartPolicy != .never)
    var plan = PodResourcePlan()
    if pod.concurrentContainers > 1 {
        plan.memoryBytes = positive(pod.resources?.limits["memory"]?.value)
        plan.cpuMillicores = positive(pod.resources?.limits["cpu"]?.milliValue)
        let limits = pod.resources?.limits ?? [:]
        if limits.keys.contains(where: { $0.hasPrefix("hugepages-") }) {
            plan.hugePages = hugePagePlans(limits, else: pod.containerTotal(\.limits), host)
        }
    }
    if holdsMemory { plan.memoryBytes = positive(pod.totalLimit("memory")?.value) }
    guard plan.memoryBytes != nil || plan.cpuMillicores != nil || !plan.hugePages.isEmpty else { return nil }
    plan.cpuShares = shares(pod.totalRequests["cpu"])
    return plan
}

private func shares(_ request: Quantity?) -> UInt64 {
    UInt64(max(2, min(262_144, min(max(request?.milliValue ?? 0, 0), 1 << 40) * 1024 / 1000)))
}

/// A limit of zero is no limit.
private func positive(_ value: Int64?) -> Int64? { value.flatMap { $0 > 0 ? $0 : nil } }

/// The kubelet's score, but never negative: Guaranteed is 0 here, not −997.
///
/// A negative score would have the kernel kill the host's own services before a workload (security F5), and setting
/// one needs a capability that hosts may lack. The order between the classes stays: Guaranteed, Burstable, BestEffort.
func oomScoreAdjustment(
    _ container: Container, of pod: PodSpec, _ qosClass: PodStatus.QOSClass, _ host: HostFacts
) -> Int32 {
    let score: Int32
    switch qosClass {
    case .guaranteed: score = 0
    case .bestEffort: score = 1000
    case .burstable:
        var request = memoryRequest(container)
        // A sidecar must not die before those that it is there for: at the latest when the least of them does.
        if container.restartPolicy == .always, pod.initContainers.contains(where: { $0.name == container.name }) {
            request = max(request, pod.containers.map(memoryRequest).min() ?? 0)
        }
        let (sum, overflow) = request.addingReportingOverflow(pod.unclaimedMemoryPerContainer)
        score = qosClass.oomScoreAdjustment(memoryRequest: overflow ? .max : sum, nodeMemory: host.memoryBytes)
    }
    return max(score, host.lowestOOMScoreAdjustment)
}

/// Bytes; an absent request is the limit.
private func memoryRequest(_ container: Container) -> Int64 {
    max(0, (container.resources.requests["memory"] ?? container.resources.limits["memory"])?.value ?? 0)
}

/// Size of a container's throw-away upper layer: its memory limit, else a quarter of the host's memory. It lives in
/// memory that is charged to the container, so more than the limit could not be used; without a limit it is bounded
/// below the kernel's default of half the memory (security M5).
func upperSizeBytes(_ resources: ResourcePlan, _ host: HostFacts) -> Int64 {
    resources.memoryBytes ?? host.memoryBytes / 4
}
