// SPDX-License-Identifier: Apache-2.0

package import KubernetesAPI
package import PodPlan

/// What a pod must find on a node, beside what the node's labels say. Most pods need nothing.
package struct PodDemand: Hashable, Sendable {
    package var resources = ResourceAmounts()
    package var ports: [PortClaim] = []

    package init() {}

    package init(_ spec: PodSpec) {
        resources = ResourceAmounts(requestsOf: spec)
        ports = PortClaim.all(of: spec)
    }

    package var isNothing: Bool { resources.isNothing && ports.isEmpty }
}

/// The one node of this cluster, as the scheduler sees it: what it has, and what its pods have of it.
package struct SchedulingNode: Sendable {
    /// What pods can have altogether.
    package let allocatable: ResourceAmounts
    /// What those have that are on the node and have not ended.
    package private(set) var requested = ResourceAmounts()
    /// Each as often as a pod has it.
    private var ports: [PortClaim] = []

    package init(allocatable: ResourceAmounts) { self.allocatable = allocatable }

    /// Why the pod can't be on the node now; nil when it can. It is for ever when not even an empty node would do.
    package func misfit(of demand: PodDemand) -> Misfit? {
        let never = demand.resources.exceeding(allocatable)
        var free = allocatable
        free -= requested
        let now = never.isEmpty ? demand.resources.exceeding(free) : demand.resources.exceeding(free) + never
        var reasons = Set(now).map { "Insufficient \($0)" }
        if demand.ports.contains(where: { wanted in ports.contains { $0.conflicts(with: wanted) } }) {
            reasons.append(PortClaim.misfit)
        }
        return reasons.isEmpty ? nil : Misfit(reasons, isForEver: !never.isEmpty)
    }

    /// What can be done about a misfit that is for ever.
    package func advice(on demand: PodDemand) -> String {
        let names = demand.resources.exceeding(allocatable).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        let amounts = names.map {
            "\(demand.resources.quantity(of: $0)) of \($0) where this machine has \(allocatable.quantity(of: $0))"
        }
        return "The pod requests \(amounts.joined(separator: ", ")): lower its requests"
    }

    /// What the kubelet says to a pod that was bound to the node although it has no room. See
    /// `InsufficientResourceError` in Kubernetes's `pkg/kubelet/lifecycle`. A resource that the node doesn't know at
    /// all is none that a kubelet looks after.
    package func rejection(of demand: PodDemand) -> PodPlan.Obstacle? {
        var free = allocatable
        free -= requested
        let names = demand.resources.exceeding(free).filter { name in
            !name.contains("/") || allocatable.others[name] != nil
        }
        guard let name = names.first else { return nil }
        let amounts = [demand.resources, requested, allocatable].map { amounts in
            let quantity = amounts.quantity(of: name)
            return name == "cpu" ? quantity.milliValue : quantity.value
        }
        return .rejected(
            reason: "OutOf\(name)",
            message: "Node didn't have enough resource: \(name), requested: \(amounts[0]), used: \(amounts[1]), "
                + "capacity: \(amounts[2])")
    }

    /// A pod comes to the node; it fits.
    package mutating func take(_ demand: PodDemand) {
        requested += demand.resources
        ports += demand.ports
    }

    /// A pod that was taken has ended.
    package mutating func giveBack(_ demand: PodDemand) {
        requested -= demand.resources
        for port in demand.ports {
            if let place = ports.firstIndex(of: port) { ports.remove(at: place) }
        }
    }
}

/// Why a pod isn't put on the node.
package struct Misfit: Hashable, Sendable {
    /// What a filter of the scheduler says about the node, such as "Insufficient cpu".
    package var reasons: [String]
    /// The end of other pods would change nothing.
    package var isForEver: Bool

    package init(_ reasons: [String], isForEver: Bool) {
        self.reasons = reasons.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        self.isForEver = isForEver
    }

    /// The reason of the pod's condition `PodScheduled`, and that of the event.
    package static let conditionReason = "Unschedulable"
    package static let eventReason = "FailedScheduling"

    /// The scheduler's own sentence, of a cluster with one node and no pod of lower priority. See `FitError` in
    /// Kubernetes's `pkg/scheduler/framework`, and its preemption plugin.
    package var message: String {
        let counted = reasons.map { "1 \($0)" }.joined(separator: ", ")
        let preemption =
            isForEver
            ? "1 Preemption is not helpful for scheduling" : "1 No preemption victims found for incoming pod"
        return "0/1 nodes are available: \(counted). preemption: 0/1 nodes are available: \(preemption)."
    }
}
