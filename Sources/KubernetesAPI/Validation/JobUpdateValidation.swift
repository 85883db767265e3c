// SPDX-License-Identifier: Apache-2.0

extension Job {
    /// Notes everything that the API server would refuse when a Job is replaced by this one, defaulted already: what makes
    /// it invalid by itself, and fields that may not change any more.
    package func validateUpdate(of old: Job, _ faults: FaultList) {
        faults.at("metadata") { metadata.validateUpdate(of: old.metadata, faults) }
        faults.at("spec") {
            spec.validate(faults)
            spec.validateUpdate(of: old.spec, hasStarted: old.status.startTime != nil, faults)
        }
    }
}

extension ObjectMeta {
    /// Notes what may not change in the metadata of any object.
    func validateUpdate(of old: ObjectMeta, _ faults: FaultList) {
        faults.immutable(name, old.name, at: "name") { Fault.quoted($0) }
        faults.immutable(namespace, old.namespace, at: "namespace") { Fault.quoted($0) }
        faults.immutable(uid, old.uid, at: "uid") { Fault.quoted($0) }
        faults.immutable(creationTimestamp, old.creationTimestamp, at: "creationTimestamp") {
            $0?.rfc3339 ?? "null"
        }
        if generation < old.generation {
            faults.add(.invalid(value: "\(generation)"), at: .field("generation"), detail: "must not be decremented")
        }
        validateLabelsAndAnnotations(faults)
    }
}

extension JobSpec {
    /// Notes the fields that may not change, or not so; see `ValidateJobSpecUpdate` of Kubernetes 1.34.
    ///
    /// - Parameter hasStarted: the Job has a `status.startTime`. One that is suspended and has none may be given other
    ///   labels, annotations and scheduling directives.
    package func validateUpdate(of old: JobSpec, hasStarted: Bool, _ faults: FaultList) {
        validateCompletions(of: old, faults)
        faults.immutable(selector, old.selector, at: "selector")
        if old.suspend == true, !hasStarted {
            faults.immutable(template.withoutDirectives, old.template.withoutDirectives, at: "template")
        } else {
            faults.immutable(template, old.template, at: "template")
        }
        faults.immutable(completionMode, old.completionMode, at: "completionMode") {
            $0.map { Fault.quoted($0.rawValue) } ?? "null"
        }
        faults.immutable(podFailurePolicy, old.podFailurePolicy, at: "podFailurePolicy")
        faults.immutable(backoffLimitPerIndex, old.backoffLimitPerIndex, at: "backoffLimitPerIndex", Self.number)
        faults.immutable(managedBy, old.managedBy, at: "managedBy") { $0.map { Fault.quoted($0) } ?? "null" }
        faults.immutable(successPolicy, old.successPolicy, at: "successPolicy")
    }

    /// The completions of an Indexed Job may change together with its parallelism.
    private func validateCompletions(of old: JobSpec, _ faults: FaultList) {
        guard completionMode == .indexed else {
            return faults.immutable(completions, old.completions, at: "completions", Self.number)
        }
        guard let completions, let before = old.completions, completions != before, completions != parallelism else {
            return
        }
        faults.add(
            .invalid(value: "\(completions)"), at: .field("completions"),
            detail: "can only be modified in tandem with spec.parallelism")
    }

    private static func number(_ value: Int32?) -> String { value.map { "\($0)" } ?? "null" }
}

extension PodTemplateSpec {
    /// Without what may change before the Job's first start.
    fileprivate var withoutDirectives: PodTemplateSpec {
        var template = self
        template.metadata.labels = [:]
        template.metadata.annotations = [:]
        template.spec.nodeSelector = [:]
        template.spec.unapplied["tolerations"] = nil
        template.spec.affinity?.nodeAffinity = nil
        if template.spec.affinity == Affinity() { template.spec.affinity = nil }
        return template
    }
}

extension FaultList {
    fileprivate func immutable<T: Equatable>(
        _ new: T, _ old: T, at name: String, _ inWords: (T) -> String = { _ in "{…}" }
    ) {
        guard new != old else { return }
        add(.invalid(value: inWords(new)), at: .field(name), detail: "field is immutable")
    }
}
