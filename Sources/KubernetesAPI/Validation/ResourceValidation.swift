// SPDX-License-Identifier: Apache-2.0

// `validateContainerResourceRequirements` and `validatePodResourceRequirements` of `pkg/apis/core/validation`.

extension ResourceRequirements {
    /// - Parameter isPodLevel: they are `spec.resources` of a pod.
    func validate(isPodLevel: Bool = false, _ faults: FaultList) {
        for (list, amounts) in [("limits", limits), ("requests", requests)] {
            // A request that was only copied from its limit is not told about twice.
            for (name, amount) in sorted(amounts) where list == "limits" || limits[name] != amount {
                faults.at(list) { validate(name, amount, isPodLevel, faults) }
            }
        }
        for (name, request) in sorted(requests) { compare(name, request, faults) }
        let names = Set(limits.keys).union(requests.keys)
        if names.contains(where: { $0.hasPrefix("hugepages-") }), names.isDisjoint(with: ["cpu", "memory"]) {
            faults.add(.forbidden, detail: "HugePages require cpu or memory")
        }
    }

    private func compare(_ name: String, _ request: Quantity, _ faults: FaultList) {
        // What cannot be shared is either given or not.
        let isExact = name.contains("/") || name.hasPrefix("hugepages-")
        guard let limit = limits[name] else {
            if isExact {
                faults.add(
                    .required, at: .field("limits"), detail: "Limit must be set for non overcommitable resources")
            }
            return
        }
        guard limit.nanos >= 0 else { return }
        if isExact ? request.nanos != limit.nanos : request > limit {
            let relation = isExact ? "equal to" : "less than or equal to"
            faults.add(
                .invalid(value: Fault.quoted(request.description)), at: .field("requests"),
                detail: "must be \(relation) \(name) limit of \(limit)")
        }
    }

    private func validate(_ name: String, _ amount: Quantity, _ isPodLevel: Bool, _ faults: FaultList) {
        let problems = nameFaults(name)
        for sentence in problems {
            faults.add(.invalid(value: Fault.quoted(name)), at: .key(name), detail: sentence)
        }
        guard problems.isEmpty else { return }
        if isPodLevel, !PodSpec.isPodLevel(name) {
            return faults.add(
                .unsupported(value: Fault.quoted(name), supported: ["cpu", "hugepages-", "memory"]), at: .key(name))
        }
        let value = Fault.Kind.invalid(value: Fault.quoted(amount.description))
        if amount.nanos < 0 { faults.add(value, at: .key(name), detail: "must be greater than or equal to 0") }
        if name.contains("/"), amount.nanos % 1_000_000_000 != 0 {
            faults.add(value, at: .key(name), detail: "must be an integer")
        }
        if name.hasPrefix("hugepages-"), !isMultiple(amount.value, ofPagesOf: name) {
            faults.add(
                value, at: .key(name), detail: "\(amount) is not positive integer multiple of \(name)")
        }
    }

    private func nameFaults(_ name: String) -> [String] {
        if !name.contains("/") {
            return ["cpu", "memory", "ephemeral-storage"].contains(name) || name.hasPrefix("hugepages-")
                ? [] : ["must be a standard resource for containers"]
        }
        let problems = qualifiedNameFaults(name)
        if !problems.isEmpty { return problems }
        return name.contains("kubernetes.io/") || name.hasPrefix("requests.")
            ? ["doesn't follow extended resource name standard"] : []
    }
}

/// The size of page that a resource or a medium names, bytes; nil when it names none.
func hugePageSize(of name: String, _ prefix: String) -> Int64? {
    guard name.hasPrefix(prefix), let size = Quantity(String(name.dropFirst(prefix.count))) else { return nil }
    return size.nanos > 0 && size.nanos % 1_000_000_000 == 0 ? size.value : nil
}

private func isMultiple(_ amount: Int64, ofPagesOf name: String) -> Bool {
    hugePageSize(of: name, "hugepages-").map { amount % $0 == 0 } ?? false
}

extension PodSpec {
    func validateResources(_ faults: FaultList) {
        guard let resources else { return }
        faults.at("resources") {
            resources.validate(isPodLevel: true, faults)
            faults.at("requests") { comparePodRequests(resources.requests, faults) }
            faults.at("containers") {
                for (index, container) in containers.enumerated() {
                    faults.at(.index(index)) { compareLimits(container, resources.limits, faults) }
                }
            }
        }
    }

    private func comparePodRequests(_ requests: [String: Quantity], _ faults: FaultList) {
        for (name, total) in sorted(containerTotal(\.requests)) {
            guard let own = requests[name], total > own else { continue }
            faults.add(
                .invalid(value: Fault.quoted(own.description)), at: .key(name),
                detail: "must be greater than or equal to aggregate container requests of \(total)")
        }
    }

    /// The API server names the container's limit below the pod's resources.
    private func compareLimits(_ container: Container, _ limits: [String: Quantity], _ faults: FaultList) {
        for (name, limit) in sorted(container.resources.limits) {
            guard let own = limits[name], limit > own else { continue }
            faults.at(.key(name)) {
                faults.add(
                    .invalid(value: Fault.quoted(limit.description)), at: .field("limits"),
                    detail: "must be less than or equal to pod limits of \(own)")
            }
        }
    }
}
