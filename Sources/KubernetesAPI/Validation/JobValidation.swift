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
            guard !selector.matchLabels.contains(where: { labels[$0.key] != $0.value }), !selector.matchLabels.isEmpty
            else {
                return faults.add(
                    .invalid(value: inWords(labels)), at: .field("template"), .field("metadata"), .field("labels"),
                    detail: "`selector` does not match template `labels`")
            }
            return
        }
        if let selector = spec.selector, !selector.matchLabels.isEmpty {
            faults.add(
                .invalid(value: inWords(selector.matchLabels)), at: .field("selector"),
                detail: "`selector` not auto-generated")
        }
        validateGeneratedLabels(labels, faults)
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
    fileprivate func validate(_ faults: FaultList) {
        faults.notNegative(parallelism, at: "parallelism")
        faults.notNegative(completions, at: "completions")
        faults.notNegative(backoffLimit, at: "backoffLimit")
        faults.notNegative(activeDeadlineSeconds, at: "activeDeadlineSeconds")
        faults.notNegative(ttlSecondsAfterFinished, at: "ttlSecondsAfterFinished")
        if completionMode == .indexed { validateIndexed(faults) }
        faults.at("template") {
            faults.at("metadata") { template.metadata.validateLabelsAndAnnotations(faults) }
            faults.at("spec") {
                template.spec.validate(faults)
                if template.spec.restartPolicy ?? .always == .always {
                    faults.add(.required, at: .field("restartPolicy"), detail: "valid values: \"OnFailure\", \"Never\"")
                }
            }
        }
    }

    private func validateIndexed(_ faults: FaultList) {
        if completions == nil {
            faults.add(.required, at: .field("completions"), detail: "when completion mode is Indexed")
        }
        if let parallelism, parallelism > 100_000 {
            faults.add(
                .invalid(value: "\(parallelism)"), at: .field("parallelism"),
                detail: "must be less than or equal to 100000 when completion mode is Indexed")
        }
    }
}

/// A map as JSON on one line.
private func inWords(_ entries: [String: String]) -> String {
    "{" + sorted(entries).map { "\(Fault.quoted($0.key)):\(Fault.quoted($0.value))" }.joined(separator: ",") + "}"
}
