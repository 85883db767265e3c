// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import Testing

/// CronJobs through the built `berth run`. Kubernetes takes schedules of seconds (`@every 1s`), too. Where a test needs two
/// Jobs, its clock is just before a full minute: names of Jobs tell minutes apart.
@Suite(.enabled(if: isRoot, "needs root: runs real pods"), .serialized)
struct CronJobTests {
    private func manifest(_ script: String, _ fields: String...) -> String {
        """
        apiVersion: batch/v1
        kind: CronJob
        metadata: {name: tick}
        spec:
          schedule: "@every 1s"
        \(fields.map { "  " + $0 + "\n" }.joined())\
          jobTemplate:
            spec:
              backoffLimit: 0
              template:
                metadata: {labels: {app: tick}}
                spec:
                  restartPolicy: Never
                  terminationGracePeriodSeconds: 1
                  containers: [{name: main, image: busybox, command: [sh, -c, "\(script)"]}]
        """
    }

    private func start(_ place: Workplace, _ manifest: String, _ options: String...) throws -> Workplace.Started {
        try place.start(["run"] + options + [try place.file("cronjob.yaml", manifest)])
    }

    /// Starts at 3.5 seconds before a full minute of the CronJob's clock.
    private func startBeforeMinute(
        _ place: Workplace, _ manifest: String, _ options: String...
    ) throws -> Workplace.Started {
        let milliseconds = WallClock().now / 1_000_000 % 60_000
        let ahead = (56_500 - milliseconds + 60_000) % 60_000
        return try place.start(
            ["run", "--cron-clock-ahead", "\(ahead)ms"] + options + [try place.file("cronjob.yaml", manifest)])
    }

    private func interrupt(_ place: Workplace, _ started: Workplace.Started, _ signal: CInt) throws -> Workplace.Result
    {
        #expect(kill(started.pid, signal) == 0)
        let result = try place.finish(started)
        #expect(result.status == 128 + signal, "\(result.errors)")
        #expect(try place.leftovers() == [])
        return result
    }

    private func count(_ text: String, in whole: String) -> Int { whole.ranges(of: text).count }

    @Test("Jobs start when they are due, each told as it starts and ends, until the run is interrupted")
    func ticks() throws {
        let place = try Workplace()
        let report = "\(place.directory)/report.xml"
        let started = try startBeforeMinute(
            place, manifest("echo tick", "successfulJobsHistoryLimit: 1"), "--junit", report)
        try place.wait(started) { count("complete after", in: $0) == 2 }
        let result = try interrupt(place, started, SIGINT)
        #expect(count("] tick\n", in: result.output) == 2)
        for text in [
            "cronjob/tick starts its first Job at 2", "cronjob/tick was interrupted",
            "Schedule:                      @every 1s",
            "Created job tick-", "Deleted job tick-", "Saw completed job: tick-", "Last Successful Time:",
            "berth: stopping\n",
        ] { #expect(result.errors.contains(text), "\(text) in \(result.errors)") }
        // The other one is gone from what is kept.
        #expect(try count("<testsuite name=\"tick-", in: place.contents(report)) == 1)
    }

    @Test("With -o the CronJob is printed with its status, and the Jobs that it keeps")
    func output() throws {
        let place = try Workplace()
        let started = try startBeforeMinute(
            place, manifest("echo no; exit 3", "failedJobsHistoryLimit: 2", "concurrencyPolicy: Forbid"), "-o", "yaml")
        let logs = "\(place.directory)/state/logs/pods"
        // The second Job starts only after the first has ended.
        try place.wait(started) { _ in
            access(logs, F_OK) == 0 && (try? OwnedDescriptor.open(logs, O_RDONLY | O_DIRECTORY).names().count) ?? 0 >= 2
        }
        let result = try interrupt(place, started, SIGTERM)
        for text in [
            "kind: CronJob", "lastScheduleTime: ", "reason: BackoffLimitExceeded", "kind: Job\n", "kind: Pod\n",
            "batch.kubernetes.io/cronjob-scheduled-timestamp: ", "blockOwnerDeletion: true", "schedule: '@every 1s'",
        ] { #expect(result.output.contains(text), "\(text) in \(result.output)") }
    }

    @Test("Forbid leaves a time out while a Job runs, and says so")
    func forbid() throws {
        let place = try Workplace()
        let started = try startBeforeMinute(place, manifest("echo up; exec sleep 1000", "concurrencyPolicy: Forbid"))
        try place.wait(started) { $0.contains("! cronjob/tick JobAlreadyActive: Not starting job because prior") }
        let result = try interrupt(place, started, SIGTERM)
        #expect(count("] up\n", in: result.output) == 1)
    }

    @Test("Replace deletes the Job that runs; its pod has its grace")
    func replace() throws {
        let place = try Workplace()
        let script = "trap 'echo bye; exit' TERM; echo up; while :; do sleep 0.05; done"
        let started = try startBeforeMinute(place, manifest(script, "concurrencyPolicy: Replace"))
        try place.wait(started, \.output) { count("] up\n", in: $0) == 2 && count("] bye\n", in: $0) == 1 }
        let result = try interrupt(place, started, SIGTERM)
        #expect(count("] bye\n", in: result.output) == 2, "the second one has its grace at the run's end")
        #expect(count(" deleted\n", in: result.errors) == 1)
    }

    @Test("What a run that was killed left is removed by the next one")
    func killed() throws {
        let place = try Workplace()
        let started = try start(place, manifest("echo up; exec sleep 1000"))
        try place.wait(started, \.output) { $0.contains("up") }
        #expect(kill(started.pid, SIGKILL) == 0)
        _ = try place.finish(started)
        // Its supervisors end their pods by themselves; how soon is up to the machine.
        var left = ["?"]
        while left != [] {
            _ = try place.berth("run", "--image", "busybox", "--", "true")
            left = try place.leftovers()
        }
    }

    @Test("--from runs one Job at once, with its own exit status, and nothing else of the file")
    func from() throws {
        let place = try Workplace()
        let other = "\n---\n" + IntegrationTests.manifest("other", "echo other")
        let good = try place.file("good.yaml", manifest("echo $(hostname)", "suspend: true") + other)
        let result = try place.berth("run", "--from", "cronjob/tick", good)
        #expect(result.status == 0)
        #expect(result.output.hasPrefix("tick-manual-") && result.output.split(separator: "\n").count == 1)
        let named = try place.berth("run", "--from", "cj/tick", "--name", "now", "-o", "yaml", good)
        for text in ["name: now\n", "cronjob.kubernetes.io/instantiate: manual", "kind: CronJob"] {
            #expect(named.output.contains(text), "\(text) in \(named.output)")
        }
        let bad = try place.file("bad.yaml", manifest("exit 3"))
        #expect(try place.berth("run", "--from", "cronjob/tick", bad).status == 1)
        #expect(try place.berth("run", "--from", "cronjob/tick", "--exit-code", bad).status == 3)
    }

    @Test(
        "--from that means nothing is bad input",
        arguments: [
            (["--from", "job/tick"], "write cronjob/NAME"), (["--from", "cronjob/tock"], "there is cronjob/tick"),
            (["--from", "cronjob/tick", "--name", "No"], "metadata.name: Invalid value: \"No\""),
            (["--from", "cronjob/tick", "--memory", "1Mi"], "--memory goes with --image"),
        ])
    func badFrom(options: [String], message: String) throws {
        let place = try Workplace()
        let path = try place.file("cronjob.yaml", manifest("true"))
        let result = try place.finish(try place.start(["run"] + options + [path]))
        #expect(result.status == 2)
        #expect(result.errors.contains(message), "\(result.errors)")
    }

    @Test("A suspended CronJob makes no progress, as a suspended Job")
    func suspended() throws {
        let place = try Workplace()
        let result = try place.berth("run", try place.file("cronjob.yaml", manifest("true", "suspend: true")))
        #expect(result.status == 4)
        #expect(result.errors.contains("CronJob tick makes no progress: the CronJob is suspended"))
    }

    @Test("The example's Job can be run at once")
    func example() throws {
        let place = try Workplace()
        let result = try place.berth("run", "--from", "cronjob/hello", "\(project)/examples/cronjob.yaml")
        #expect(result.status == 0)
        #expect(result.output.hasSuffix("Hello from Berth\n"))
    }
}
