// SPDX-License-Identifier: Apache-2.0

extension PodSpec {
    /// How well the pod's resources are promised, from the requests and limits of all its containers. See
    /// "Pod Quality of Service Classes" in the Kubernetes documentation. Where the pod has resources of its own, from those.
    package var qosClass: PodStatus.QOSClass {
        if let resources, resources.asksForSomething { return resources.qosClass }
        return containersQOSClass
    }

    private var containersQOSClass: PodStatus.QOSClass {
        var requests: [String: Quantity] = [:]
        var limits: [String: Quantity] = [:]
        var isLimitedThroughout = true
        for container in containers + initContainers {
            for name in ["cpu", "memory"] {
                let none = Quantity(nanos: 0)
                if let request = container.resources.requests[name], request > none {
                    requests[name] = (requests[name] ?? none) + request
                }
                if let limit = container.resources.limits[name], limit > none {
                    limits[name] = (limits[name] ?? none) + limit
                } else {
                    isLimitedThroughout = false
                }
            }
        }
        if requests.isEmpty, limits.isEmpty { return .bestEffort }
        let isFullyRequested = ["cpu", "memory"].allSatisfy { requests[$0]?.nanos == limits[$0]?.nanos }
        return isLimitedThroughout && isFullyRequested ? .guaranteed : .burstable
    }
}

extension ResourceRequirements {
    fileprivate var asksForSomething: Bool { !limits.isEmpty || !requests.isEmpty }

    /// Of a pod that asks for this.
    fileprivate var qosClass: PodStatus.QOSClass {
        let names = ["cpu", "memory"]
        let none = Quantity(nanos: 0)
        if names.allSatisfy({ (requests[$0] ?? none) <= none && (limits[$0] ?? none) <= none }) { return .bestEffort }
        let isGuaranteed = names.allSatisfy { name in
            guard let limit = limits[name], limit > none else { return false }
            return requests[name]?.nanos == limit.nanos
        }
        return isGuaranteed ? .guaranteed : .burstable
    }
}

extension PodStatus.QOSClass {
    /// Kubernetes's `oom_score_adj` for a container with this memory request (bytes) on a node of this memory (bytes).
    ///
    /// Negative for guaranteed pods, which takes a privilege to set and ranks them before the host's own processes:
    /// whoever doesn't want that takes 0 instead.
    package func oomScoreAdjustment(memoryRequest: Int64, nodeMemory: Int64) -> Int32 {
        switch self {
        case .guaranteed: return -997
        case .bestEffort: return 1000
        case .burstable:
            guard nodeMemory > 0 else { return 999 }
            let share = 1000 * Int128(memoryRequest) / Int128(nodeMemory)
            return Int32(min(max(3, 1000 - share), 999))
        }
    }
}
