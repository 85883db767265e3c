// SPDX-License-Identifier: Apache-2.0

extension ResourceRequirements {
    func validate(_ faults: FaultList) {
        for (list, amounts) in [("limits", limits), ("requests", requests)] {
            // A request that was only copied from its limit is not told about twice.
            for (name, amount) in sorted(amounts) where list == "limits" || limits[name] != amount {
                faults.at(list) { validate(name, amount, faults) }
            }
        }
        for (name, request) in sorted(requests) {
            guard let limit = limits[name], request > limit, limit.nanos >= 0 else { continue }
            faults.add(
                .invalid(value: Fault.quoted(request.description)), at: .field("requests"),
                detail: "must be less than or equal to \(name) limit of \(limit)")
        }
    }

    private func validate(_ name: String, _ amount: Quantity, _ faults: FaultList) {
        switch name {
        case "cpu", "memory":
            guard amount.nanos < 0 else { return }
            faults.add(
                .invalid(value: Fault.quoted(amount.description)), at: .key(name),
                detail: "must be greater than or equal to 0")
        case "ephemeral-storage":
            faults.add(.notImplemented, at: .key(name), detail: "use an emptyDir with medium Memory and a sizeLimit")
        case _ where name.hasPrefix("hugepages-"):
            faults.add(.notImplemented, at: .key(name), detail: "huge pages")
        case _ where name.contains("/") && qualifiedNameFaults(name).isEmpty:
            faults.add(
                .notImplemented, at: .key(name), detail: "this machine has no such resource, so the pod would never run"
            )
        default:
            let detail = name.contains("/") ? qualifiedNameFaults(name) : ["must be a standard resource for containers"]
            for sentence in detail { faults.add(.invalid(value: Fault.quoted(name)), at: .key(name), detail: sentence) }
        }
    }
}
