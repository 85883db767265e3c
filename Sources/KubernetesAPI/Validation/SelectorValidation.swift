// SPDX-License-Identifier: Apache-2.0

extension LabelSelector {
    /// See `ValidateLabelSelector` of Kubernetes's apimachinery.
    func validate(_ faults: FaultList) {
        for (key, value) in sorted(matchLabels) {
            faults.invalid(key, at: "matchLabels", qualifiedNameFaults(key))
            faults.invalid(value, at: "matchLabels", labelValueFaults(value))
        }
        faults.forEach("matchExpressions", matchExpressions) { $0.validate(faults) }
    }
}

extension LabelSelectorRequirement {
    fileprivate func validate(_ faults: FaultList) {
        switch `operator` {
        case .isIn, .isNotIn:
            guard values.isEmpty else { break }
            faults.add(
                .required, at: .field("values"), detail: "must be specified when `operator` is 'In' or 'NotIn'")
        case .exists, .doesNotExist:
            guard !values.isEmpty else { break }
            faults.add(
                .forbidden, at: .field("values"),
                detail: "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
        case nil: faults.invalid("", at: "operator", ["not a valid selector operator"])
        }
        faults.invalid(key, at: "key", qualifiedNameFaults(key))
        faults.forEach("values", values) { value in
            for detail in labelValueFaults(value) { faults.add(.invalid(value: Fault.quoted(value)), detail: detail) }
        }
    }
}
