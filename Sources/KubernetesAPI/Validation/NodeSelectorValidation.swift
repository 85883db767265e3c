// SPDX-License-Identifier: Apache-2.0

// `ValidateNodeSelector` and what it calls, of `pkg/apis/core/validation`.

extension PodSpec {
    func validateNodeSelection(_ faults: FaultList) {
        for (key, value) in sorted(nodeSelector) {
            faults.invalid(key, at: "nodeSelector", qualifiedNameFaults(key))
            faults.invalid(value, at: "nodeSelector", labelValueFaults(value))
        }
        guard let required = affinity?.nodeAffinity?.required else { return }
        faults.at("affinity") {
            faults.at("nodeAffinity") {
                faults.at("requiredDuringSchedulingIgnoredDuringExecution") { required.validate(faults) }
            }
        }
    }
}

extension NodeSelector {
    fileprivate func validate(_ faults: FaultList) {
        if nodeSelectorTerms.isEmpty {
            faults.add(
                .required, at: .field("nodeSelectorTerms"), detail: "must have at least one node selector term")
        }
        faults.forEach("nodeSelectorTerms", nodeSelectorTerms) { term in
            faults.forEach("matchExpressions", term.matchExpressions) { $0.validate(faults) }
            faults.forEach("matchFields", term.matchFields) { $0.validateField(faults) }
        }
    }
}

extension NodeSelectorRequirement {
    fileprivate func validate(_ faults: FaultList) {
        switch Operator(rawValue: `operator`) {
        case .isIn, .isNotIn:
            if values.isEmpty { requireValues("must be specified when `operator` is 'In' or 'NotIn'", faults) }
        case .exists, .doesNotExist:
            guard !values.isEmpty else { break }
            faults.add(
                .forbidden, at: .field("values"),
                detail: "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
        case .isGreater, .isLess:
            guard values.count != 1 else { break }
            requireValues("must be specified single value when `operator` is 'Lt' or 'Gt'", faults)
        case nil: faults.invalid(`operator`, at: "operator", ["not a valid selector operator"])
        }
        faults.invalid(key, at: "key", qualifiedNameFaults(key))
        validateValues(labelValueFaults, faults)
    }

    fileprivate func validateField(_ faults: FaultList) {
        switch Operator(rawValue: `operator`) {
        case .isIn, .isNotIn:
            guard values.count != 1 else { break }
            requireValues("must be only one value when `operator` is 'In' or 'NotIn' for node field selector", faults)
        default: faults.invalid(`operator`, at: "operator", ["not a valid selector operator"])
        }
        guard key == "metadata.name" else {
            return faults.invalid(key, at: "key", ["not a valid field selector key"])
        }
        validateValues(subdomainFaults, faults)
    }

    private func requireValues(_ detail: String, _ faults: FaultList) {
        faults.add(.required, at: .field("values"), detail: detail)
    }

    private func validateValues(_ rule: (String) -> [String], _ faults: FaultList) {
        faults.forEach("values", values) { value in
            for detail in rule(value) { faults.add(.invalid(value: Fault.quoted(value)), detail: detail) }
        }
    }
}
