// SPDX-License-Identifier: Apache-2.0

package import KubernetesAPI

/// Amounts of what a node has to give, in whole numbers, as the scheduler counts them. See `Resource` in Kubernetes's
/// `pkg/scheduler/framework`.
package struct ResourceAmounts: Hashable, Sendable {
    package var cpuMillicores: Int64 = 0
    package var memoryBytes: Int64 = 0
    /// `ephemeral-storage`.
    package var storageBytes: Int64 = 0
    /// Huge pages (bytes) and extended resources, by name; none of amount 0.
    package var others: [String: Int64] = [:]

    package init() {}

    /// What a pod asks its node for: the pod's own requests, else those of its containers by the rule for init containers.
    package init(requestsOf spec: PodSpec) {
        guard spec.requestsSomething else { return }
        for (name, amount) in spec.totalRequests where amount.nanos > 0 {
            switch name {
            case "cpu": cpuMillicores = amount.milliValue
            case "memory": memoryBytes = amount.value
            case "ephemeral-storage": storageBytes = amount.value
            default: others[name] = amount.value
            }
        }
    }

    package var isNothing: Bool {
        cpuMillicores == 0 && memoryBytes == 0 && storageBytes == 0 && others.isEmpty
    }

    /// The resources of which this is more than `room` has, by name.
    package func exceeding(_ room: ResourceAmounts) -> [String] {
        var names: [String] = []
        if cpuMillicores > max(0, room.cpuMillicores) { names.append("cpu") }
        if memoryBytes > max(0, room.memoryBytes) { names.append("memory") }
        if storageBytes > max(0, room.storageBytes) { names.append("ephemeral-storage") }
        for (name, amount) in others where amount > max(0, room.others[name] ?? 0) { names.append(name) }
        return names
    }

    /// How much of a resource it is, as Kubernetes writes it.
    package func quantity(of name: String) -> Quantity {
        switch name {
        case "cpu": Quantity(nanos: Int128(cpuMillicores) * 1_000_000)
        case "memory": Quantity(nanos: Int128(memoryBytes) * 1_000_000_000, format: .binarySI)
        case "ephemeral-storage": Quantity(nanos: Int128(storageBytes) * 1_000_000_000, format: .binarySI)
        default:
            Quantity(
                nanos: Int128(others[name] ?? 0) * 1_000_000_000,
                format: name.hasPrefix("hugepages-") ? .binarySI : .decimalSI)
        }
    }

    /// Sums stay at the largest number: whatever is beyond it fits on no node.
    package static func += (left: inout ResourceAmounts, right: ResourceAmounts) {
        left.combine(right) { Int64(clamping: Int128($0) + Int128($1)) }
    }

    package static func -= (left: inout ResourceAmounts, right: ResourceAmounts) {
        left.combine(right) { Int64(clamping: Int128($0) - Int128($1)) }
    }

    private mutating func combine(_ other: ResourceAmounts, _ operation: (Int64, Int64) -> Int64) {
        cpuMillicores = operation(cpuMillicores, other.cpuMillicores)
        memoryBytes = operation(memoryBytes, other.memoryBytes)
        storageBytes = operation(storageBytes, other.storageBytes)
        for (name, amount) in other.others {
            let result = operation(others[name] ?? 0, amount)
            others[name] = result == 0 ? nil : result
        }
    }
}

extension PodSpec {
    /// Quick to say for the many pods that ask for nothing.
    fileprivate var requestsSomething: Bool {
        resources?.requests.isEmpty == false || containers.contains { !$0.resources.requests.isEmpty }
            || initContainers.contains { !$0.resources.requests.isEmpty }
    }
}
