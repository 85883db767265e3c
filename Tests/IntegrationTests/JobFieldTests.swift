// SPDX-License-Identifier: Apache-2.0

import CLinux
import Testing

/// Fields of a Job that decide how it ends, through the built `berth run`.
@Suite(.enabled(if: isRoot, "needs root: runs real pods"), .serialized)
struct JobFieldTests {
    private func run(_ script: String, _ fields: String, _ options: String...) throws -> Workplace.Result {
        let place = try Workplace()
        var text = manifest("policy", script, fields)
        if fields.contains("backoffLimitPerIndex") { text = text.replacing("  backoffLimit: 0\n", with: "") }
        let path = try place.file("job.yaml", text)
        let all = ["run", "--backoff-base", "10ms", "--backoff-cap", "10ms"] + options + [path]
        let result = try place.finish(try place.start(all))
        #expect(try place.leftovers() == [])
        return result
    }

    private static let indexed = "completionMode: Indexed\n  completions: 3\n  parallelism: 3\n  "

    @Test("Each index fails by itself: the others complete, and the Job fails with FailedIndexes at last")
    func perIndex() throws {
        let result = try run(
            "[ $JOB_COMPLETION_INDEX != 1 ]", Self.indexed + "backoffLimitPerIndex: 1", "-o", "yaml")
        #expect(result.status == 1)
        for line in [
            "completedIndexes: 0,2", "failedIndexes: \"1\"", "reason: FailedIndexes", "succeeded: 2", "failed: 2",
            "batch.kubernetes.io/job-index-failure-count: \"1\"",
        ] { #expect(result.output.contains(line), "\(line) in \(result.output)") }
    }

    @Test("Too many failed indexes end the Job while others run")
    func maxFailedIndexes() throws {
        let fields = "backoffLimitPerIndex: 0\n  maxFailedIndexes: 0"
        let result = try run("[ $JOB_COMPLETION_INDEX = 2 ] && exit 1; exec sleep 100", Self.indexed + fields)
        #expect(result.status == 1)
        #expect(result.errors.contains("MaxFailedIndexesExceeded"))
        #expect(result.errors.contains("Failed Indexes:"))
    }

    @Test("An exit code that fails the Job does so at once, whatever retries are left")
    func failJob() throws {
        let rules = "[{action: FailJob, onExitCodes: {operator: In, values: [42]}}]"
        let result = try run("exit 42", "podFailurePolicy: {rules: \(rules)}")
        #expect(result.status == 1)
        #expect(result.errors.contains("PodFailurePolicy: Container main for pod default/policy-"))
        #expect(result.errors.contains("failed with exit code 42 matching FailJob rule at index 0"))
    }

    @Test("The exit code of an init container reaches the policy, too")
    func initContainer() throws {
        let place = try Workplace()
        let rules = "[{action: FailJob, onExitCodes: {containerName: first, operator: In, values: [3]}}]"
        let text = manifest("policy", "true", "podFailurePolicy: {rules: \(rules)}").replacing(
            "      containers:",
            with: "      initContainers: [{name: first, image: busybox, command: [sh, -c, exit 3]}]\n      containers:")
        let result = try place.berth("run", try place.file("job.yaml", text))
        #expect(result.status == 1)
        #expect(result.errors.contains("PodFailurePolicy: Container first"))
    }

    @Test("Failures that are ignored use up no retry; the deadline ends what would go on for ever")
    func ignore() throws {
        let rules = "[{action: Ignore, onExitCodes: {operator: In, values: [7]}}]"
        let result = try run(
            "exit 7", "activeDeadlineSeconds: 3\n  podFailurePolicy: {rules: \(rules)}", "-o", "json")
        #expect(result.status == 1)
        #expect(result.output.contains("\"reason\": \"DeadlineExceeded\""))
        #expect(!result.output.contains("BackoffLimitExceeded"))
        // The Job has no retry to use up.
        #expect(result.output.components(of: "\"kind\": \"Pod\"") > 1)
    }

    @Test("A success policy that is met ends the other pods, uncounted, and the Job is Complete")
    func successPolicy() throws {
        let fields = Self.indexed + "successPolicy: {rules: [{succeededIndexes: '1'}]}"
        let result = try run("[ $JOB_COMPLETION_INDEX = 1 ] || exec sleep 100", fields, "-o", "yaml")
        #expect(result.status == 0)
        for line in ["completedIndexes: \"1\"", "reason: SuccessPolicy", "message: Matched rules at index 0"] {
            #expect(result.output.contains(line), "\(line) in \(result.output)")
        }
        #expect(!result.output.contains("\n    failed: "))
    }

    @Test("Pods that a success policy makes needless are no failures in what is reported")
    func needless() throws {
        let place = try Workplace()
        let fields = Self.indexed + "successPolicy: {rules: [{succeededCount: 1}]}"
        let script = "[ $JOB_COMPLETION_INDEX = 0 ] || exec sleep 100; sleep 0.3"
        let path = try place.file("job.yaml", manifest("needless", script, fields))
        let report = "\(place.directory)/report.xml"
        let started = try place.start(["run", "--junit", report, path], environment: ["GITHUB_ACTIONS=true"])
        let result = try place.finish(started)
        #expect(result.status == 0)
        #expect(try place.contents(report).contains("tests=\"3\" failures=\"0\" errors=\"0\" skipped=\"2\""))
        #expect(!result.errors.contains("::error") && !result.errors.contains("---\u{20}pod/"))
    }

    @Test(
        "A Job that no one will start is said at once, with status 4 and why",
        arguments: [
            ("suspend: true", "the Job is suspended (spec.suspend: true)"),
            ("managedBy: acme.io/foo", "the Job is left to another controller (spec.managedBy: acme.io/foo)"),
        ])
    func notStarted(field: String, why: String) throws {
        let result = try run("echo never", field)
        #expect(result.status == 4)
        #expect(result.errors.contains("makes no progress: \(why)"))
        #expect(!result.output.contains("never"))
    }

    @Test("A suspended Job beside another doesn't keep that from running")
    func suspendedBesideAnother() throws {
        let place = try Workplace()
        let text = manifest("waits", "echo no", "suspend: true") + "\n---\n" + manifest("works", "echo yes")
        let result = try place.berth("run", try place.file("jobs.yaml", text))
        #expect(result.status == 4)
        #expect(result.output.contains("yes") && !result.output.contains("no\n"))
        #expect(result.errors.contains("Suspended: JobSuspended"))
    }
}

extension String {
    fileprivate func components(of part: String) -> Int {
        split(separator: part, omittingEmptySubsequences: false).count - 1
    }
}
