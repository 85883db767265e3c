// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import Testing

/// The wording is the API server's, version 1.34.
struct JobPolicyValidationTests {
    private static let indexed = "completionMode: Indexed\n  completions: 5\n  "

    @Test(
        "The limits of indexes",
        arguments: [
            ("completionMode: Indexed\n  completions: 5\n  backoffLimitPerIndex: 0\n  maxFailedIndexes: 5", []),
            (
                "backoffLimitPerIndex: 1",
                ["spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode"]
            ),
            (
                "completionMode: Indexed\n  completions: 5\n  backoffLimitPerIndex: -1\n  maxFailedIndexes: -1",
                [
                    "spec.backoffLimitPerIndex: Invalid value: -1: must be greater than or equal to 0",
                    "spec.maxFailedIndexes: Invalid value: -1: must be greater than or equal to 0",
                ]
            ),
            (
                "maxFailedIndexes: 1",
                [
                    "spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified",
                    "spec.maxFailedIndexes: Invalid value: 1: requires indexed completion mode",
                ]
            ),
            (
                "completionMode: Indexed\n  completions: 5\n  backoffLimitPerIndex: 1\n  maxFailedIndexes: 6",
                ["spec.maxFailedIndexes: Invalid value: 6: must be less than or equal to completions"]
            ),
            (
                "completionMode: Indexed\n  completions: 100000\n  backoffLimitPerIndex: 1\n  maxFailedIndexes: 100001",
                [
                    "spec.maxFailedIndexes: Invalid value: 100001: must be less than or equal to completions",
                    "spec.maxFailedIndexes: Invalid value: 100001: must be less than or equal to 100000",
                ]
            ),
            (
                "completionMode: Indexed\n  completions: 100001\n  backoffLimitPerIndex: 1\n  parallelism: 10001",
                [
                    "spec.maxFailedIndexes: Required value: must be specified when completions is above 100000",
                    "spec.parallelism: Invalid value: 10001: must be less than or equal to 10000 when completions are above 100000 and used with backoff limit per index",
                ]
            ),
            (
                "completionMode: Indexed\n  completions: 100001\n  backoffLimitPerIndex: 1\n  maxFailedIndexes: 10001",
                [
                    "spec.maxFailedIndexes: Invalid value: 10001: must be less than or equal to 10000 when completions are above 100000 and used with backoff limit per index"
                ]
            ),
        ])
    func indexes(spec: String, expected: [String]) {
        #expect(faults(in: jobText(spec: spec)) == expected)
    }

    @Test(
        "The rules of a podFailurePolicy",
        arguments: [
            ("[{action: FailJob, onExitCodes: {containerName: main, operator: In, values: [1, 42]}}]", []),
            ("[{action: Ignore, onPodConditions: [{type: DisruptionTarget}]}]", []),
            ("[{action: Count, onExitCodes: {operator: NotIn, values: [0, 5]}}]", []),
            ("[]", []),
            (
                "[{}]",
                [
                    "[0].action: Required value: valid values: [\"Count\" \"FailIndex\" \"FailJob\" \"Ignore\"]",
                    "[0]: Invalid value: specifying one of OnExitCodes and OnPodConditions is required",
                ]
            ),
            (
                "[{action: Explode, onPodConditions: [{type: a, status: Maybe}]}]",
                [
                    "[0].action: Unsupported value: \"Explode\": supported values: \"Count\", \"FailIndex\", \"FailJob\", \"Ignore\"",
                    "[0].onPodConditions[0].status: Unsupported value: \"Maybe\": supported values: \"True\", \"False\", \"Unknown\"",
                ]
            ),
            (
                "[{action: FailIndex, onPodConditions: [{type: a}]}]",
                ["[0].action: Invalid value: \"FailIndex\": requires the backoffLimitPerIndex to be set"]
            ),
            (
                "[{action: Count, onPodConditions: [{type: a}], onExitCodes: {operator: In, values: [1]}}]",
                ["[0]: Invalid value: specifying both OnExitCodes and OnPodConditions is not supported"]
            ),
            (
                "[{action: Count, onExitCodes: {}}]",
                [
                    "[0].onExitCodes.operator: Required value: valid values: [\"In\" \"NotIn\"]",
                    "[0].onExitCodes.values: Invalid value: []: at least one value is required",
                ]
            ),
            (
                "[{action: Count, onExitCodes: {operator: In, values: [3, 0, 3], containerName: x}}]",
                [
                    "[0].onExitCodes.containerName: Invalid value: \"x\": must be one of the container or initContainer names in the pod template",
                    "[0].onExitCodes.values[1]: Invalid value: 0: must not be 0 for the In operator",
                    "[0].onExitCodes.values[2]: Duplicate value: 3",
                    "[0].onExitCodes.values: Invalid value: [3,0,3]: must be ordered",
                ]
            ),
            (
                "[{action: Count, onExitCodes: {operator: NotIn, values: [\((1...256).map { "\($0)" }.joined(separator: ","))]}}]",
                ["[0].onExitCodes.values: Too many: 256: must have at most 255 items"]
            ),
            (
                "[\(Array(repeating: "{action: Count, onPodConditions: [{type: a}]}", count: 21).joined(separator: ","))]",
                [": Too many: 21: must have at most 20 items"]
            ),
            (
                "[{action: Count, onPodConditions: [\(Array(repeating: "{type: a}", count: 21).joined(separator: ","))]}]",
                ["[0].onPodConditions: Too many: 21: must have at most 20 items"]
            ),
        ])
    func podFailurePolicy(rules: String, expected: [String]) {
        let found = faults(in: jobText(spec: "podFailurePolicy: {rules: \(rules)}"))
        #expect(found == expected.map { "spec.podFailurePolicy.rules\($0)" })
    }

    @Test("A condition without a type is refused with the words for names")
    func conditionType() {
        let found = faults(in: jobText(spec: "podFailurePolicy: {rules: [{action: Count, onPodConditions: [{}]}]}"))
        #expect(found.count == 2)
        let path = "spec.podFailurePolicy.rules[0].onPodConditions[0].type: Invalid value: \"\": name part must"
        #expect(found.allSatisfy { $0.hasPrefix(path) })
    }

    @Test(
        "A podFailurePolicy needs restartPolicy Never and podReplacementPolicy Failed",
        arguments: [
            (
                "restartPolicy: OnFailure", "",
                [
                    "spec.template.spec.restartPolicy: Invalid value: \"OnFailure\": only \"Never\" is supported when podFailurePolicy is specified"
                ]
            ),
            (
                "", "podReplacementPolicy: TerminatingOrFailed",
                ["spec.podReplacementPolicy: Unsupported value: \"TerminatingOrFailed\": supported values: \"Failed\""]
            ),
            ("", "podReplacementPolicy: Failed", []),
        ])
    func podFailurePolicyNeeds(pod: String, spec: String, expected: [String]) {
        #expect(faults(in: jobText(spec: "podFailurePolicy: {rules: []}\n  \(spec)", pod: pod)) == expected)
    }

    @Test(
        "podReplacementPolicy and managedBy",
        arguments: [
            (
                "podReplacementPolicy: Never",
                [
                    "spec.podReplacementPolicy: Unsupported value: \"Never\": supported values: \"Failed\", \"TerminatingOrFailed\""
                ]
            ),
            ("managedBy: acme.io/foo/bar", []), ("managedBy: kubernetes.io/job-controller", []),
            (
                "managedBy: acme",
                [
                    "spec.managedBy: Invalid value: \"acme\": must be a domain-prefixed path (such as \"acme.io/foo\")"
                ]
            ),
            (
                "managedBy: acme.io/",
                [
                    "spec.managedBy: Invalid value: \"acme.io/\": must be a domain-prefixed path (such as \"acme.io/foo\")"
                ]
            ),
            ("managedBy: ''", ["spec.managedBy: Required value"]),
            (
                "managedBy: acme.io/\(String(repeating: "f", count: 56))",
                ["spec.managedBy: Too long: may not be more than 63 bytes"]
            ),
        ])
    func others(spec: String, expected: [String]) {
        #expect(faults(in: jobText(spec: spec)) == expected)
    }

    @Test(
        "The rules of a successPolicy",
        arguments: [
            ("[{succeededIndexes: '0,2-4', succeededCount: 2}, {succeededCount: 5}, {succeededIndexes: ''}]", []),
            ("[]", [": Required value: at least one rules must be specified when the successPolicy is specified"]),
            (
                "[{}]",
                ["[0]: Required value: at least one of succeededCount or succeededIndexes must be specified"]
            ),
            (
                "[{succeededCount: -1}]",
                ["[0].succeededCount: Invalid value: -1: must be greater than or equal to 0"]
            ),
            (
                "[{succeededCount: 6}]",
                [
                    "[0].succeededCount: Invalid value: 6: must be less than or equal to 5 (the number of specified completions)"
                ]
            ),
            (
                "[{succeededIndexes: '1-2', succeededCount: 3}]",
                [
                    "[0].succeededCount: Invalid value: 3: must be less than or equal to 2 (the number of indexes in the specified succeededIndexes field)"
                ]
            ),
            (
                "[{succeededIndexes: '3-5'}]",
                ["[0].succeededIndexes: Invalid value: \"3-5\": error parsing succeededIndexes: too large index: \"5\""]
            ),
            (
                "[{succeededIndexes: '3,1'}]",
                [
                    "[0].succeededIndexes: Invalid value: \"3,1\": error parsing succeededIndexes: non-increasing order, previous: 3, current: 1"
                ]
            ),
            (
                "[{succeededIndexes: '1-2-3'}]",
                [
                    "[0].succeededIndexes: Invalid value: \"1-2-3\": error parsing succeededIndexes: the fragment \"1-2-3\" violates the requirement that an index interval can have at most two parts separated by '-'"
                ]
            ),
            (
                "[{succeededIndexes: '1,x'}]",
                [
                    "[0].succeededIndexes: Invalid value: \"1,x\": error parsing succeededIndexes: cannot convert string to integer for index: \"x\""
                ]
            ),
        ])
    func successPolicy(rules: String, expected: [String]) {
        let found = faults(in: jobText(spec: Self.indexed + "successPolicy: {rules: \(rules)}"))
        #expect(found == expected.map { "spec.successPolicy.rules\($0)" })
    }

    @Test("Only an Indexed Job can have a successPolicy")
    func successPolicyNeeds() {
        #expect(
            faults(in: jobText(spec: "successPolicy: {rules: [{succeededCount: 1}]}")) == [
                "spec.successPolicy: Invalid value: {…}: requires indexed completion mode"
            ])
    }

    @Test("All faults are told at once")
    func allAtOnce() {
        let text = jobText(
            spec: "parallelism: -1\n  backoffLimitPerIndex: 1\n  managedBy: x\n  podFailurePolicy: {rules: [{}]}",
            pod: "restartPolicy: OnFailure")
        #expect(
            faults(in: text).map { $0.prefix { $0 != ":" } } == [
                "spec.parallelism", "spec.backoffLimitPerIndex", "spec.managedBy",
                "spec.podFailurePolicy.rules[0].action", "spec.podFailurePolicy.rules[0]",
                "spec.template.spec.restartPolicy",
            ])
    }

    @Test("The defaults of the policies, and that they are written back")
    func defaults() throws {
        let plain = try readJob(jobText())
        #expect(plain.spec.podReplacementPolicy == .terminatingOrFailed)
        #expect(plain.spec.backoffLimit == 6)
        let policy = "podFailurePolicy: {rules: [{action: Ignore, onPodConditions: [{type: DisruptionTarget}]}]}"
        let job = try readJob(jobText(spec: Self.indexed + "backoffLimitPerIndex: 0\n  \(policy)"))
        #expect(job.spec.podReplacementPolicy == .failed)
        #expect(job.spec.backoffLimit == 2_147_483_647)
        #expect(job.spec.podFailurePolicy?.rules[0].onPodConditions[0].status == .true)
        let again = Job.read(job.write(), FaultList())
        #expect(again == job)
    }
}
