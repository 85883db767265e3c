// SPDX-License-Identifier: Apache-2.0

import CLinux
import Testing

/// Whole Jobs as Kubernetes ends them, for real; only its delays are shortened.
@Suite(.enabled(if: isRoot, "needs root: runs real pods"), .serialized)
struct WorkedExampleTests {
    struct Example: CustomTestStringConvertible {
        var what: String
        var script = "exit 1"
        /// Lines of the spec.
        var fields: String
        var restartPolicy = "Never"
        /// What the Job's status says, as JSON.
        var status: [String]
        var testDescription: String { what }
    }

    private static let examples = [
        Example(
            what: "exit 1, backoffLimit 0", fields: "backoffLimit: 0",
            status: ["\"reason\": \"BackoffLimitExceeded\"", "\"failed\": 1"]),
        Example(
            what: "exit 1, backoffLimit 2", fields: "backoffLimit: 2",
            status: ["\"reason\": \"BackoffLimitExceeded\"", "\"failed\": 3"]),
        Example(
            what: "exit 1, OnFailure, backoffLimit 0", fields: "backoffLimit: 0", restartPolicy: "OnFailure",
            status: ["\"reason\": \"BackoffLimitExceeded\"", "\"failed\": 1", "\"restartCount\": 1"]),
        Example(
            what: "exit 1, OnFailure, backoffLimit 1", fields: "backoffLimit: 1", restartPolicy: "OnFailure",
            status: ["\"reason\": \"BackoffLimitExceeded\"", "\"failed\": 1", "\"restartCount\": 1"]),
        Example(
            what: "exit 1, OnFailure, backoffLimit 2", fields: "backoffLimit: 2", restartPolicy: "OnFailure",
            status: ["\"reason\": \"BackoffLimitExceeded\"", "\"failed\": 1", "\"restartCount\": 2"]),
        Example(
            what: "fails once, then 0", script: "mkdir /state/first && exit 1; exit 0", fields: "backoffLimit: 6",
            status: ["\"type\": \"Complete\"", "\"succeeded\": 1", "\"failed\": 1"]),
        Example(
            what: "sleeps for ever, activeDeadlineSeconds 1", script: "trap '' TERM; while :; do sleep 1; done",
            fields: "activeDeadlineSeconds: 1",
            status: ["\"reason\": \"DeadlineExceeded\"", "\"type\": \"FailureTarget\"", "\"failed\": 1"]),
        Example(
            what: "parallelism 2, no completions, both exit 0", script: "exit 0", fields: "parallelism: 2",
            status: ["\"reason\": \"CompletionsReached\"", "\"type\": \"SuccessCriteriaMet\"", "\"succeeded\": 2"]),
    ]

    @Test("It ends as in Kubernetes", arguments: examples)
    func ends(example: Example) throws {
        let place = try Workplace()
        let text = manifest("example", example.script, example.fields)
            .replacing("  backoffLimit: 0\n", with: "", maxReplacements: 1)
            .replacing("restartPolicy: Never", with: "restartPolicy: \(example.restartPolicy)")
            .replacing(
                "      containers:",
                with: "      volumes: [{name: state, hostPath: {path: \(place.directory)}}]\n      containers:")
        let path = try place.file(
            "job.yaml", text + "\n        volumeMounts: [{name: state, mountPath: /state}]\n")
        // A restart too many must not come before the controller of a slow machine has ended the pod.
        let base = example.restartPolicy == "Never" ? "10ms" : "2s"
        let result = try place.berth("run", "-o", "json", "--backoff-base", base, "--backoff-cap", "10s", path)
        #expect(result.status == (example.status[0].contains("Complet") ? 0 : 1), "\(result.errors)")
        for line in example.status { #expect(result.output.contains(line), "\(line) in \(result.output)") }
        #expect(try place.leftovers() == [])
    }
}
