// SPDX-License-Identifier: Apache-2.0

extension Job {
    /// Notes everything that the API server would refuse at creation in this Job, defaulted already.
    package func validate(_ faults: FaultList) {
        faults.at("metadata") { metadata.validate(faults) }
        faults.at("spec") {
            spec.validate(faults)
            validateSelector(faults)
        }
        validateIndexedName(faults)
    }

    /// The selector is the API server's to write, unless `manualSelector` says otherwise.
    private func validateSelector(_ faults: FaultList) {
        let labels = spec.template.metadata.labels
        if spec.manualSelector ?? false {
            guard let selector = spec.selector else { return faults.add(.required, at: .field("selector")) }
            faults.at("selector") { selector.validate(faults) }
            return checkMatch(selector, labels, faults)
        }
        if let selector = spec.selector, selector != LabelSelector() {
            faults.add(
                .invalid(value: inWords(selector.matchLabels)), at: .field("selector"),
                detail: "`selector` not auto-generated")
            checkMatch(selector, labels, faults)
        }
        validateGeneratedLabels(labels, faults)
    }

    private func checkMatch(_ selector: LabelSelector, _ labels: [String: String], _ faults: FaultList) {
        guard !selector.matches(labels) else { return }
        faults.add(
            .invalid(value: inWords(labels)), at: .field("template"), .field("metadata"), .field("labels"),
            detail: "`selector` does not match template `labels`")
    }

    private func validateGeneratedLabels(_ labels: [String: String], _ faults: FaultList) {
        let path: [FieldPath.Component] = [.field("template"), .field("metadata"), .field("labels")]
        for key in JobLabel.ofUID {
            guard let value = labels[key] else { continue }
            faults.add(
                .invalid(value: Fault.quoted(value)), at: path[0], path[1], path[2], .key(key),
                detail: "must be the UID that the Job gets; leave it out")
        }
        guard !metadata.name.isEmpty else { return }
        for key in JobLabel.ofName {
            guard let value = labels[key], value != metadata.name else { continue }
            faults.add(
                .invalid(value: Fault.quoted(value)), at: path[0], path[1], path[2], .key(key),
                detail: "must be '\(metadata.name)'")
        }
        if metadata.name.utf8.count > 63, metadata.name.utf8.count <= 253 {
            faults.add(
                .invalid(value: Fault.quoted(metadata.name)), at: path[0], path[1], path[2],
                detail: "must be no more than 63 bytes")
        }
    }

    /// The host name of the last index must be a DNS label.
    private func validateIndexedName(_ faults: FaultList) {
        guard spec.completionMode == .indexed, let completions = spec.completions, completions > 0 else { return }
        let name = metadata.name.isEmpty ? metadata.generateName.prefix(58) + "xxxxx" : metadata.name
        let last = "\(name)-\(completions - 1)"
        guard name != "xxxxx", !labelNameFaults(last).isEmpty else { return }
        faults.add(
            .invalid(value: Fault.quoted(name)), at: .field("metadata"), .field("name"),
            detail: "will not able to create pod with invalid DNS label: \(last)")
    }
}

extension JobSpec {
    /// What holds for the Jobs of a CronJob too.
    func validate(_ faults: FaultList) {
        faults.notNegative(parallelism, at: "parallelism")
        faults.notNegative(completions, at: "completions")
        faults.notNegative(activeDeadlineSeconds, at: "activeDeadlineSeconds")
        faults.notNegative(backoffLimit, at: "backoffLimit")
        faults.notNegative(ttlSecondsAfterFinished, at: "ttlSecondsAfterFinished")
        faults.notNegative(backoffLimitPerIndex, at: "backoffLimitPerIndex")
        faults.notNegative(maxFailedIndexes, at: "maxFailedIndexes")
        if maxFailedIndexes != nil, backoffLimitPerIndex == nil {
            faults.add(.required, at: .field("backoffLimitPerIndex"), detail: "when maxFailedIndexes is specified")
        }
        validateManager(faults)
        if completionMode == .indexed { validateIndexed(faults) } else { validateNonIndexed(faults) }
        validatePolicies(faults)
        faults.at("template") {
            faults.at("metadata") { template.metadata.validateLabelsAndAnnotations(faults) }
            faults.at("spec") {
                template.spec.validate(faults)
                validateRestartPolicy(faults)
            }
        }
    }

    private func validateRestartPolicy(_ faults: FaultList) {
        switch template.spec.restartPolicy ?? .always {
        case .always:
            faults.add(.required, at: .field("restartPolicy"), detail: "valid values: \"OnFailure\", \"Never\"")
        case .onFailure where podFailurePolicy != nil:
            faults.invalid(
                "OnFailure", at: "restartPolicy", ["only \"Never\" is supported when podFailurePolicy is specified"])
        case .onFailure, .never: break
        }
    }

    private func validateManager(_ faults: FaultList) {
        guard let managedBy else { return }
        if managedBy.isEmpty { return faults.add(.required, at: .field("managedBy")) }
        let parts = managedBy.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        if parts.count != 2 || parts.contains("") {
            faults.invalid(managedBy, at: "managedBy", ["must be a domain-prefixed path (such as \"acme.io/foo\")"])
        } else {
            faults.invalid(parts[0], at: "managedBy", subdomainFaults(parts[0]))
            if !parts[1].utf8.allSatisfy(\.isPathCharacter) {
                faults.invalid(parts[1], at: "managedBy", ["Invalid path"])
            }
        }
        if managedBy.utf8.count > 63 { faults.add(.tooLong(maximum: 63), at: .field("managedBy")) }
    }

    private func validateNonIndexed(_ faults: FaultList) {
        let detail = "requires indexed completion mode"
        if let backoffLimitPerIndex {
            faults.add(.invalid(value: "\(backoffLimitPerIndex)"), at: .field("backoffLimitPerIndex"), detail: detail)
        }
        if let maxFailedIndexes {
            faults.add(.invalid(value: "\(maxFailedIndexes)"), at: .field("maxFailedIndexes"), detail: detail)
        }
    }

    private func validateIndexed(_ faults: FaultList) {
        faults.notAbove(100_000, parallelism, at: "parallelism", " when completion mode is Indexed")
        guard let completions else {
            return faults.add(.required, at: .field("completions"), detail: "when completion mode is Indexed")
        }
        if let maxFailedIndexes, maxFailedIndexes > completions {
            faults.add(
                .invalid(value: "\(maxFailedIndexes)"), at: .field("maxFailedIndexes"),
                detail: "must be less than or equal to completions")
        }
        faults.notAbove(100_000, maxFailedIndexes, at: "maxFailedIndexes")
        guard completions > 100_000, backoffLimitPerIndex != nil else { return }
        if maxFailedIndexes == nil {
            faults.add(
                .required, at: .field("maxFailedIndexes"), detail: "must be specified when completions is above 100000")
        }
        let why = " when completions are above 100000 and used with backoff limit per index"
        faults.notAbove(10_000, parallelism, at: "parallelism", why)
        faults.notAbove(10_000, maxFailedIndexes, at: "maxFailedIndexes", why)
    }
}

extension FaultList {
    fileprivate func notAbove(_ limit: Int32, _ number: Int32?, at name: String, _ when: String = "") {
        guard let number, number > limit else { return }
        add(.invalid(value: "\(number)"), at: .field(name), detail: "must be less than or equal to \(limit)\(when)")
    }
}

extension UInt8 {
    /// What a path of HTTP may have.
    fileprivate var isPathCharacter: Bool { isLetter || isDigit || "/-._~%!$&'()*+,;=:".utf8.contains(self) }
}

/// A map as JSON on one line.
func inWords(_ entries: [String: String]) -> String {
    "{" + sorted(entries).map { "\(Fault.quoted($0.key)):\(Fault.quoted($0.value))" }.joined(separator: ",") + "}"
}
