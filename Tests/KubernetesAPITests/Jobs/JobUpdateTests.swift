// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import Testing

/// What may change in a Job that is there; `before` and `after` are lines of its spec.
struct JobUpdateTests {
    private func faults(from before: String, to after: String, started: Bool = true) throws -> [String] {
        var old = try readJob(jobText(spec: before))
        if started { old.status.startTime = Timestamp(seconds: 1) }
        let list = FaultList()
        try readJob(jobText(spec: after)).validateUpdate(of: old, list)
        return list.faults.map(\.description)
    }

    @Test(
        "What may change, also while the Job runs",
        arguments: [
            ("parallelism: 1\n  completions: 5", "parallelism: 3\n  completions: 5"),
            ("suspend: true", "suspend: false"), ("backoffLimit: 1", "backoffLimit: 9"),
            ("activeDeadlineSeconds: 9", ""), ("", "ttlSecondsAfterFinished: 0"),
            ("podReplacementPolicy: Failed", "podReplacementPolicy: TerminatingOrFailed"),
            (
                "completionMode: Indexed\n  completions: 5\n  parallelism: 2",
                "completionMode: Indexed\n  completions: 3\n  parallelism: 3"
            ),
            (
                "completionMode: Indexed\n  completions: 5\n  backoffLimitPerIndex: 1",
                "completionMode: Indexed\n  completions: 5\n  backoffLimitPerIndex: 1\n  maxFailedIndexes: 2"
            ),
        ])
    func mutable(before: String, after: String) throws {
        #expect(try faults(from: before, to: after) == [])
    }

    @Test(
        "What may not",
        arguments: [
            ("completions: 5", "completions: 6", ["spec.completions: Invalid value: 6: field is immutable"]),
            (
                "completionMode: Indexed\n  completions: 5\n  parallelism: 5",
                "completionMode: Indexed\n  completions: 6\n  parallelism: 5",
                ["spec.completions: Invalid value: 6: can only be modified in tandem with spec.parallelism"]
            ),
            (
                "completions: 5", "completions: 5\n  completionMode: Indexed",
                ["spec.completionMode: Invalid value: \"Indexed\": field is immutable"]
            ),
            (
                "completionMode: Indexed\n  completions: 5\n  backoffLimitPerIndex: 1\n  backoffLimit: 6",
                "completionMode: Indexed\n  completions: 5",
                ["spec.backoffLimitPerIndex: Invalid value: null: field is immutable"]
            ),
            ("", "managedBy: acme.io/foo", ["spec.managedBy: Invalid value: \"acme.io/foo\": field is immutable"]),
            (
                "podReplacementPolicy: Failed", "podFailurePolicy: {rules: []}",
                ["spec.podFailurePolicy: Invalid value: {…}: field is immutable"]
            ),
            (
                "completionMode: Indexed\n  completions: 5",
                "completionMode: Indexed\n  completions: 5\n  successPolicy: {rules: [{succeededCount: 1}]}",
                ["spec.successPolicy: Invalid value: {…}: field is immutable"]
            ),
        ])
    func immutable(before: String, after: String, expected: [String]) throws {
        #expect(try faults(from: before, to: after) == expected)
    }

    private func templateFaults(suspended: Bool, started: Bool, _ edit: (inout PodTemplateSpec) -> Void) throws -> Int {
        var old = try readJob(jobText(spec: "suspend: \(suspended)"))
        if started { old.status.startTime = Timestamp(seconds: 1) }
        var new = old
        edit(&new.spec.template)
        let list = FaultList()
        new.validateUpdate(of: old, list)
        #expect(list.faults.allSatisfy { $0.description == "spec.template: Invalid value: {…}: field is immutable" })
        return list.faults.count
    }

    @Test("Labels, annotations and scheduling of the template may change before the first start, and only then")
    func template() throws {
        let allowed: (inout PodTemplateSpec) -> Void = {
            $0.metadata.labels["a"] = "b"
            $0.metadata.annotations["a"] = "b"
        }
        #expect(try templateFaults(suspended: true, started: false, allowed) == 0)
        #expect(try templateFaults(suspended: true, started: true, allowed) == 1)
        #expect(try templateFaults(suspended: false, started: false, allowed) == 1)
        #expect(try templateFaults(suspended: true, started: false) { $0.spec.containers[0].image = "x" } == 1)
        let directives = "tolerations: [{key: a, operator: Exists}]\n      nodeSelector: {kubernetes.io/os: linux}"
        let affinity = "affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1}]}}"
        let other = try readJob(jobText(pod: "\(directives)\n      \(affinity)")).spec.template
        #expect(try templateFaults(suspended: true, started: false) { $0 = other } == 0)
        #expect(try templateFaults(suspended: true, started: true) { $0 = other } == 1)
    }

    @Test("A Job keeps its name and its UID")
    func identity() throws {
        var old = try readJob(jobText())
        old.metadata.uid = "one"
        var new = old
        new.metadata.uid = "two"
        let list = FaultList()
        new.validateUpdate(of: old, list)
        #expect(list.faults.map(\.description) == ["metadata.uid: Invalid value: \"two\": field is immutable"])
    }

    @Test("What makes a Job invalid by itself is told, too")
    func invalid() throws {
        let old = try readJob(jobText())
        var new = old
        new.spec.parallelism = -1
        let list = FaultList()
        new.validateUpdate(of: old, list)
        let found = list.faults.map(\.description)
        #expect(found == ["spec.parallelism: Invalid value: -1: must be greater than or equal to 0"])
    }
}
