// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import Manifest
import Testing

@Suite("nodeSelector and required node affinity")
struct NodeAffinityTests {
    private static func affinity(_ terms: String) -> String {
        "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [\(terms)]}}}"
    }

    private static func expression(_ requirement: String) -> String {
        affinity("{matchExpressions: [{\(requirement)}]}")
    }

    @Test(
        "A node is selected by its labels and its name",
        arguments: [
            ("nodeSelector: {a: b}", true), ("nodeSelector: {a: c}", false), ("nodeSelector: {none: ''}", false),
            (expression("key: a, operator: In, values: [x, b]"), true),
            (expression("key: a, operator: In, values: [x]"), false),
            (expression("key: none, operator: In, values: [x]"), false),
            (expression("key: a, operator: NotIn, values: [x]"), true),
            (expression("key: a, operator: NotIn, values: [b]"), false),
            (expression("key: none, operator: NotIn, values: [b]"), true),
            (expression("key: a, operator: Exists"), true), (expression("key: none, operator: Exists"), false),
            (expression("key: a, operator: DoesNotExist"), false),
            (expression("key: none, operator: DoesNotExist"), true),
            (expression("key: cores, operator: Gt, values: ['6']"), true),
            (expression("key: cores, operator: Gt, values: ['7']"), false),
            (expression("key: cores, operator: Lt, values: ['8']"), true),
            (expression("key: cores, operator: Lt, values: ['7']"), false),
            (expression("key: a, operator: Gt, values: ['0']"), false),
            (expression("key: cores, operator: Gt, values: [b]"), false),
            (expression("key: none, operator: Lt, values: ['8']"), false),
            (affinity("{matchFields: [{key: metadata.name, operator: In, values: [node]}]}"), true),
            (affinity("{matchFields: [{key: metadata.name, operator: NotIn, values: [node]}]}"), false),
            // One term is enough, but all that is in it must hold; an empty one is none.
            (
                affinity(
                    "{matchExpressions: [{key: none, operator: Exists}]}, {matchExpressions: [{key: a, operator: Exists}]}"
                ), true
            ),
            (affinity("{matchExpressions: [{key: a, operator: Exists}, {key: none, operator: Exists}]}"), false),
            (affinity("{}"), false),
            (affinity("{}, {matchExpressions: [{key: a, operator: Exists}]}"), true),
            ("nodeSelector: {a: c}\n      " + expression("key: a, operator: Exists"), false),
        ])
    func selects(_ pod: String, _ expected: Bool) throws {
        let spec = try readJob(jobText(pod: pod)).spec.template.spec
        #expect(spec.selectsNodes)
        #expect(spec.selects(nodeName: "node", labels: ["a": "b", "cores": "7"]) == expected)
    }

    @Test("A pod without them goes anywhere")
    func anywhere() throws {
        let preferred = "affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1}]}}"
        for pod in ["", preferred] {
            let spec = try readJob(jobText(pod: pod)).spec.template.spec
            #expect(!spec.selectsNodes && spec.selects(nodeName: "node", labels: [:]))
        }
    }

    @Test("They are written again as they were read")
    func writes() throws {
        let text = jobText(pod: "nodeSelector: {a: b}\n      " + Self.expression("key: a, operator: In, values: [b]"))
        let job = try readJob(text)
        #expect(try readJob(job.write().json) == job)
        #expect(job.write()["spec"]?["template"]?["spec"]?["nodeSelector"]?["a"]?.string == "b")
    }

    private static let labelName =
        "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"

    @Test(
        "What the API server refuses",
        arguments: [
            ("nodeSelector: {'a b': c}", "nodeSelector: Invalid value: \"a b\": \(labelName)"),
            (affinity(""), "nodeSelectorTerms: Required value: must have at least one node selector term"),
            (
                expression("key: a, operator: In"),
                "nodeSelectorTerms[0].matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'"
            ),
            (
                expression("key: a, operator: Exists, values: [b]"),
                "nodeSelectorTerms[0].matchExpressions[0].values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
            ),
            (
                expression("key: a, operator: Gt, values: ['1', '2']"),
                "nodeSelectorTerms[0].matchExpressions[0].values: Required value: must be specified single value when `operator` is 'Lt' or 'Gt'"
            ),
            (
                expression("key: a, operator: Like, values: [b]"),
                "nodeSelectorTerms[0].matchExpressions[0].operator: Invalid value: \"Like\": not a valid selector operator"
            ),
            (
                affinity("{matchFields: [{key: metadata.name, operator: In, values: [a, b]}]}"),
                "nodeSelectorTerms[0].matchFields[0].values: Required value: must be only one value when `operator` is 'In' or 'NotIn' for node field selector"
            ),
            (
                affinity("{matchFields: [{key: metadata.name, operator: Exists}]}"),
                "nodeSelectorTerms[0].matchFields[0].operator: Invalid value: \"Exists\": not a valid selector operator"
            ),
            (
                affinity("{matchFields: [{key: spec.taint, operator: In, values: [a]}]}"),
                "nodeSelectorTerms[0].matchFields[0].key: Invalid value: \"spec.taint\": not a valid field selector key"
            ),
        ])
    func refuses(_ pod: String, _ fault: String) {
        let required = "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution."
        #expect(
            faults(in: jobText(pod: pod)) == [
                "spec.template.spec." + (pod.hasPrefix("affinity") ? required : "") + fault
            ])
    }
}
