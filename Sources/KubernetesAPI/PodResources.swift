// SPDX-License-Identifier: Apache-2.0

/// What a pod as a whole asks of its node. See "Pod-level resource specification" and "Resource sharing within containers"
/// in the Kubernetes documentation.
extension PodSpec {
    /// A resource that `spec.resources` may name.
    static func isPodLevel(_ resource: String) -> Bool {
        resource == "cpu" || resource == "memory" || resource.hasPrefix("hugepages-")
    }

    /// The requests that count where the pod is placed: the pod's own, else those of its containers together.
    package var totalRequests: [String: Quantity] {
        var total = containerTotal(\.requests)
        for (name, amount) in resources?.requests ?? [:] { total[name] = amount }
        return total
    }

    /// The amount that the containers have together at any time: the regular ones beside the sidecars, or an init
    /// container beside the sidecars before it, whatever is more.
    package func containerTotal(_ list: KeyPath<ResourceRequirements, [String: Quantity]>) -> [String: Quantity] {
        let lists = (containers + initContainers).map { $0.resources[keyPath: list] }
        var result: [String: Quantity] = [:]
        for name in Set(lists.flatMap(\.keys)) {
            result[name] = total(of: name) { $0.resources[keyPath: list][name] }
        }
        return result
    }

    /// The sum by the same rule. `amount` is nil for a container that has none.
    private func total(of name: String, _ amount: (Container) -> Quantity?) -> Quantity {
        let format = (containers + initContainers).lazy.compactMap(amount).first?.format ?? .decimalSI
        func nanos(_ container: Container) -> Int128 { amount(container)?.nanos ?? 0 }
        var together = containers.reduce(0) { $0 + nanos($1) }
        var (sidecars, most) = (Int128(0), Int128(0))
        for container in initContainers {
            if container.restartPolicy == .always {
                together += nanos(container)
                sidecars += nanos(container)
                most = max(most, sidecars)
            } else {
                most = max(most, sidecars + nanos(container))
            }
        }
        return Quantity(nanos: max(together, most), format: format)
    }

    /// What the pod may use of a resource at most; nil when it, or one of its containers, is not limited. Zero is no limit.
    package func totalLimit(_ name: String) -> Quantity? {
        if let own = resources?.limits[name], own.nanos > 0 { return own }
        for container in containers + initContainers where (container.resources.limits[name]?.nanos ?? 0) <= 0 {
            return nil
        }
        return total(of: name) { $0.resources.limits[name] }
    }

    /// How many of its containers live side by side.
    package var concurrentContainers: Int {
        containers.count + initContainers.count { $0.restartPolicy == .always }
    }

    /// What of the pod's memory request no container has asked for, shared out evenly, bytes.
    package var unclaimedMemoryPerContainer: Int64 {
        guard let own = resources?.requests["memory"], own.nanos > 0 else { return 0 }
        let claimed = containerTotal(\.requests)["memory"]?.value ?? 0
        return max(0, own.value - claimed) / Int64(max(1, containers.count + initContainers.count))
    }

    /// Requests of the pod that it leaves out are those of its containers, or else its limits.
    mutating func applyResourceDefaults() {
        guard var own = resources else { return }
        own.roundUp()
        if !own.limits.isEmpty {
            let claimed = containerTotal(\.requests)
            for name in ["cpu", "memory"] where own.requests[name] == nil {
                own.requests[name] = claimed[name] ?? own.limits[name]
            }
        }
        // Huge pages cannot be overcommitted: whoever asks for them is limited to them.
        for (name, limit) in own.limits where name.hasPrefix("hugepages-") && own.requests[name] == nil {
            own.requests[name] = limit
        }
        resources = own
    }
}

extension ResourceRequirements {
    /// Whole thousandths.
    mutating func roundUp() {
        limits = limits.mapValues(\.roundedUpToMilli)
        requests = requests.mapValues(\.roundedUpToMilli)
    }
}
