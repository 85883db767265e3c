// SPDX-License-Identifier: Apache-2.0

// The policies of a Job: podFailurePolicy, successPolicy, podReplacementPolicy.

extension JobSpec {
    func validatePolicies(_ faults: FaultList) {
        if let podFailurePolicy {
            let names = Set((template.spec.containers + template.spec.initContainers).map(\.name))
            faults.at("podFailurePolicy") {
                faults.hasAtMost(20, podFailurePolicy.rules.count, at: "rules")
                faults.forEach("rules", podFailurePolicy.rules) { rule in
                    rule.validate(containers: names, hasLimitPerIndex: backoffLimitPerIndex != nil, faults)
                }
            }
        }
        if let successPolicy {
            if completionMode == .indexed {
                faults.at("successPolicy") { successPolicy.validate(completions: completions, faults) }
            } else {
                faults.add(
                    .invalid(value: "{…}"), at: .field("successPolicy"), detail: "requires indexed completion mode")
            }
        }
        if podFailurePolicy != nil, podReplacementPolicy == .terminatingOrFailed {
            faults.isOneOf(["Failed"], "TerminatingOrFailed", at: "podReplacementPolicy")
        }
    }
}

extension PodFailurePolicyRule {
    fileprivate func validate(containers: Set<String>, hasLimitPerIndex: Bool, _ faults: FaultList) {
        faults.requires(action, at: "action")
        if action == .failIndex, !hasLimitPerIndex {
            faults.invalid("FailIndex", at: "action", ["requires the backoffLimitPerIndex to be set"])
        }
        if let onExitCodes { faults.at("onExitCodes") { onExitCodes.validate(containers: containers, faults) } }
        faults.hasAtMost(20, onPodConditions.count, at: "onPodConditions")
        faults.forEach("onPodConditions", onPodConditions) { pattern in
            faults.invalid(pattern.type, at: "type", qualifiedNameFaults(pattern.type))
            faults.requires(pattern.status, at: "status")
        }
        if onExitCodes != nil, !onPodConditions.isEmpty {
            faults.add(
                .invalid(value: ""), detail: "specifying both OnExitCodes and OnPodConditions is not supported")
        }
        if onExitCodes == nil, onPodConditions.isEmpty {
            faults.add(.invalid(value: ""), detail: "specifying one of OnExitCodes and OnPodConditions is required")
        }
    }
}

extension PodFailurePolicyOnExitCodesRequirement {
    fileprivate func validate(containers: Set<String>, _ faults: FaultList) {
        faults.requires(`operator`, at: "operator")
        if let containerName, !containers.contains(containerName) {
            faults.invalid(
                containerName, at: "containerName",
                ["must be one of the container or initContainer names in the pod template"])
        }
        if values.isEmpty {
            faults.add(.invalid(value: "[]"), at: .field("values"), detail: "at least one value is required")
        }
        faults.hasAtMost(255, values.count, at: "values")
        var seen: Set<Int32> = []
        faults.forEach("values", values) { value in
            if `operator` == .isIn, value == 0 {
                faults.add(.invalid(value: "0"), detail: "must not be 0 for the In operator")
            }
            if !seen.insert(value).inserted { faults.add(.duplicate(value: "\(value)")) }
        }
        if zip(values, values.dropFirst()).contains(where: { $0 > $1 }) {
            let list = values.map { "\($0)" }.joined(separator: ",")
            faults.add(.invalid(value: "[\(list)]"), at: .field("values"), detail: "must be ordered")
        }
    }
}

extension SuccessPolicy {
    /// - Parameter completions: nil: their absence is a fault of its own.
    fileprivate func validate(completions: Int32?, _ faults: FaultList) {
        if rules.isEmpty {
            faults.add(
                .required, at: .field("rules"),
                detail: "at least one rules must be specified when the successPolicy is specified")
        }
        faults.hasAtMost(20, rules.count, at: "rules")
        faults.forEach("rules", rules) { $0.validate(completions: completions ?? .max, faults) }
    }
}

extension SuccessPolicyRule {
    private static let succeededIndexesMaximum = 64 * 1024

    fileprivate func validate(completions: Int32, _ faults: FaultList) {
        if succeededCount == nil, succeededIndexes == nil {
            faults.add(.required, detail: "at least one of succeededCount or succeededIndexes must be specified")
        }
        var total: Int32 = 0
        if let succeededIndexes {
            if succeededIndexes.utf8.count > Self.succeededIndexesMaximum {
                faults.add(.tooLong(maximum: Self.succeededIndexesMaximum), at: .field("succeededIndexes"))
            }
            switch countIndexes(succeededIndexes, below: completions) {
            case .success(let count): total = count
            case .failure(let error):
                faults.invalid(succeededIndexes, at: "succeededIndexes", ["error parsing succeededIndexes: \(error)"])
            }
        }
        guard let succeededCount else { return }
        faults.notNegative(succeededCount, at: "succeededCount")
        let bound = "must be less than or equal to"
        if succeededCount > completions {
            faults.add(
                .invalid(value: "\(succeededCount)"), at: .field("succeededCount"),
                detail: "\(bound) \(completions) (the number of specified completions)")
        }
        if succeededIndexes != nil, succeededCount > total {
            faults.add(
                .invalid(value: "\(succeededCount)"), at: .field("succeededCount"),
                detail: "\(bound) \(total) (the number of indexes in the specified succeededIndexes field)")
        }
    }
}

/// Why a text is not a list of indexes, in the API server's words.
private struct IndexListError: Error, CustomStringConvertible {
    var description: String
}

/// How many indexes a text like `1,3-5` stands for. "" is none.
private func countIndexes(_ text: String, below completions: Int32) -> Result<Int32, IndexListError> {
    var total: Int32 = 0
    var previous: Int32 = -1
    for interval in text.isEmpty ? [] : text.split(separator: ",", omittingEmptySubsequences: false) {
        let ends = interval.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count <= 2 else {
            let rule = "violates the requirement that an index interval can have at most two parts separated by '-'"
            return .failure(IndexListError(description: "the fragment \(Fault.quoted(String(interval))) \(rule)"))
        }
        var numbers: [Int32] = []
        for end in ends {
            guard !end.isEmpty, end.utf8.allSatisfy(\.isDigit), let number = Int32(end) else {
                let what = Fault.quoted(String(end))
                return .failure(IndexListError(description: "cannot convert string to integer for index: \(what)"))
            }
            guard number < completions else {
                return .failure(IndexListError(description: "too large index: \(Fault.quoted(String(end)))"))
            }
            guard number > (numbers.last ?? previous) else {
                let order = "previous: \(numbers.last ?? previous), current: \(number)"
                return .failure(IndexListError(description: "non-increasing order, \(order)"))
            }
            numbers.append(number)
        }
        total += numbers[numbers.count - 1] - numbers[0] + 1
        previous = numbers[numbers.count - 1]
    }
    return .success(total)
}
