// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import Testing

@Suite(.enabled(if: isRoot, "needs root: runs real pods"), .serialized)
struct RunTests {
    @Test("The container's output is standard output, byte for byte; what Berth says is standard error")
    func streams() throws {
        let place = try Workplace()
        let result = try place.berth("run", try place.file("job.yaml", manifest("out", "printf 'a\\nb'; echo c >&2")))
        #expect(result.status == 0)
        #expect(result.output == "a\nb")
        #expect(result.errors.contains("c\n") && result.errors.contains("job/out complete"))
    }

    @Test("-o prints a List of the Job and its Pods, and nothing else on standard output", arguments: ["json", "yaml"])
    func prints(format: String) throws {
        let place = try Workplace()
        let result = try place.berth("run", "-o", format, try place.file("job.yaml", manifest("list", "echo no''ise")))
        #expect(result.status == 0)
        #expect(!result.output.contains("noise") && result.output.contains("List"))
        #expect(result.output.contains("Complete") && result.output.contains("exitCode"))
        #expect(result.output.hasPrefix(format == "json" ? "{" : "apiVersion: v1"))
        // It is a manifest again.
        let again = try place.berth("validate", try place.file("list.\(format)", result.output))
        #expect(again.status == 0 || again.errors.contains("not auto-generated"), "\(again.errors)")
    }

    @Test("--exit-code passes the container's own on", arguments: [0, 3, 77])
    func exitCode(code: Int) throws {
        let place = try Workplace()
        #expect(
            try place.berth("run", "--exit-code", "--image", "busybox", "--", "sh", "-c", "exit \(code)").status
                == CInt(code))
    }

    @Test(
        "--exit-code is no success for a Job that has failed, and asks no sidecar",
        arguments: [
            // Without a handler PID 1 ignores the stop signal, and ends well by itself.
            ("activeDeadlineSeconds: 1", "", "sleep 3", 1),
            (
                "backoffLimit: 0",
                "initContainers: [{name: s, image: busybox, restartPolicy: Always, command: [sh, -c, 'while :; do sleep 1; done']}], terminationGracePeriodSeconds: 1",
                "true", 0
            ),
        ])
    func exitCodeAndVerdict(job: String, pod: String, script: String, status: CInt) throws {
        let place = try Workplace()
        let text = """
            apiVersion: batch/v1
            kind: Job
            metadata: {name: verdict}
            spec:
              \(job)
              template:
                spec: {restartPolicy: Never, containers: [{name: m, image: busybox, command: [sh, -c, "\(script)"]}], \(pod)}
            """
        let result = try place.berth("run", "--exit-code", try place.file("job.yaml", text))
        #expect(result.status == status, "\(result.errors)")
    }

    @Test("A pod may have all the grace there is, and a deadline ends it all the same")
    func longestGrace() throws {
        let place = try Workplace()
        let text = manifest("long", "sleep 3", "activeDeadlineSeconds: 1").replacing(
            "PeriodSeconds: 1", with: "PeriodSeconds: 9223372036854775807")
        let result = try place.berth("run", try place.file("job.yaml", text))
        #expect(result.status == 1 && result.errors.contains("DeadlineExceeded"), "\(result.errors)")
    }

    @Test("Without a grace period the stop signal still comes first")
    func noGrace() throws {
        let place = try Workplace()
        let script = "trap 'echo told; exit 0' TERM; echo up; while :; do sleep 0.1; done"
        let text = manifest("short", script).replacing("PeriodSeconds: 1", with: "PeriodSeconds: 0")
        let run = try place.start(["run", try place.file("job.yaml", text)])
        try place.wait(run, \.output) { $0.contains("up") }
        kill(run.pid, SIGINT)
        #expect(try place.finish(run).output == "up\ntold\n")
    }

    @Test("Lines that end in CR LF are told as lines")
    func carriageReturns() throws {
        let place = try Workplace()
        let result = try place.berth(
            "run", "--junit", "\(place.directory)/report.xml", "--image", "busybox", "--", "sh", "-c",
            "printf 'one\\r\\ntwo\\r\\n'; exit 3")
        #expect(result.status == 1)
        #expect(try !place.contents("\(place.directory)/report.xml").contains("stdout F"))
        #expect(!result.errors.contains("stdout F"))
    }

    @Test("In a root that can't be written to a container may still write its /etc/hosts")
    func hostsOfReadOnlyRoot() throws {
        let place = try Workplace()
        let text = manifest(
            "hosts", "echo 192.0.2.1 added >>/etc/hosts && tail -n 1 /etc/hosts; touch /new || echo kept"
        )
        .replacing(
            "image: busybox", with: "image: busybox\n        securityContext: {readOnlyRootFilesystem: true}")
        let result = try place.berth("run", try place.file("job.yaml", text))
        #expect(result.output == "192.0.2.1 added\nkept\n", "\(result.errors)")
    }

    @Test("However often it is interrupted, a run prints what came of it", arguments: [0, 500, 1000, 2000])
    func interruptedTwice(pause: UInt32) throws {
        let place = try Workplace()
        let text =
            "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: c}\nspec:\n  schedule: '0 0 1 1 *'\n  jobTemplate:"
            + "\n    spec: {template: {spec: {restartPolicy: Never, containers: [{name: m, image: busybox}]}}}\n"
        let run = try place.start(["run", "-o", "json", try place.file("cron.yaml", text)])
        while access("\(place.directory)/state/runs", F_OK) != 0 { usleep(1000) }
        for _ in 0..<2 {
            kill(run.pid, SIGINT)
            usleep(pause)
        }
        let result = try place.finish(run)
        #expect(result.status == 130)
        #expect(result.output.hasPrefix("{"))
    }

    @Test("A Job from flags has its directory, its environment and its limit")
    func flags() throws {
        let place = try Workplace()
        _ = try place.file("input", "from the host")
        let result = try place.berth(
            "run", "--image", "busybox", "--memory", "64Mi", "--env", "NAME=a $(b)", "--volume",
            "\(place.directory):/work",
            "--workdir", "/work", "--", "sh", "-c", "pwd; cat input; echo; echo \"$NAME\"; echo made > made")
        #expect(result.output == "/work\nfrom the host\na $(b)\n")
        #expect(try place.contents("\(place.directory)/made") == "made\n")
    }

    @Test("--dry-run prints a manifest that is valid, and runs nothing")
    func dryRun() throws {
        let place = try Workplace()
        let result = try place.berth(
            "run", "--image", "busybox", "--memory", "64Mi", "--dry-run", "--", "echo", "hello")
        #expect(result.status == 0)
        #expect(try place.berth("validate", try place.file("made.yaml", result.output)).status == 0)
        #expect(!result.output.contains("hello\n\n"))
    }

    @Test(
        "A Job that makes no progress by itself is said at once, with status 4",
        arguments: ["suspend: true", "parallelism: 0"])
    func stalls(field: String) throws {
        let place = try Workplace()
        let result = try place.berth("run", try place.file("job.yaml", manifest("stall", "true", field)))
        #expect(result.status == 4)
        #expect(result.errors.contains("makes no progress"))
    }

    @Test("An image that can't be had ends the Job with its reason, after some tries")
    func missingImage() throws {
        let place = try Workplace()
        // A port of the host on which nobody listens.
        let text = manifest("lost", "true").replacing("image: busybox", with: "image: 127.0.0.1:1/no/such:1")
        let result = try place.berth(
            "run", "--backoff-base", "10ms", "--backoff-cap", "10ms", try place.file("job.yaml", text))
        #expect(result.status == 1)
        #expect(result.errors.contains("ErrImagePull") && result.errors.contains("127.0.0.1"), "\(result.errors)")
    }

    @Test("A JUnit report has a case for each attempt")
    func junit() throws {
        let place = try Workplace()
        let text = manifest("twice", "echo why; exit 3").replacing("backoffLimit: 0", with: "backoffLimit: 1")
        let report = "\(place.directory)/report.xml"
        let result = try place.berth(
            "run", "--backoff-base", "10ms", "--junit", report, try place.file("job.yaml", text))
        #expect(result.status == 1)
        let xml = try place.contents(report)
        #expect(xml.contains("tests=\"2\" failures=\"2\"") && xml.contains("exit code 3") && xml.contains("why"))
    }

    @Test("Where GITHUB_ACTIONS is set, a failure is an annotation")
    func annotations() throws {
        let place = try Workplace()
        let path = try place.file("job.yaml", manifest("red", "exit 3"))
        #expect(
            try place.berth("run", path, environment: ["GITHUB_ACTIONS=true"]).errors.contains(
                "::error title=job/red failed::"))
        #expect(try !place.berth("run", path).errors.contains("::error"))
    }

    @Test("An interrupt ends the pods within their grace period and leaves nothing")
    func interrupt() throws {
        let place = try Workplace()
        let path = try place.file(
            "job.yaml", manifest("long", "trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.05; done"))
        let started = try place.start(["run", path])
        while try !place.contents(started.output).contains("up") { usleep(10_000) }
        #expect(kill(started.pid, SIGINT) == 0)
        let result = try place.finish(started)
        #expect(result.status == 130)
        #expect(result.output == "up\nbye\n")
        #expect(try place.leftovers() == [])
    }

    @Test("Logs of failed attempts are kept, those of good ones are not")
    func keepsLogs() throws {
        let place = try Workplace()
        let result = try place.berth("run", try place.file("bad.yaml", manifest("bad", "echo evidence; exit 1")))
        let path = try #require(
            result.errors.split(separator: "(").last { $0.contains("/0.log") }?.split(separator: ")").first)
        #expect(try place.contents(String(path)).contains("stdout F evidence"))
        _ = try place.berth("run", try place.file("good.yaml", manifest("good", "echo nothing")))
        let kept = try OwnedDescriptor.open("\(place.directory)/state/logs/pods", O_RDONLY | O_DIRECTORY).names()
        #expect(kept.count == 1 && kept[0].contains("bad"))
    }

    @Test("Two Jobs and a Pod in one file all run")
    func severalObjects() throws {
        let place = try Workplace()
        let pod = """
            apiVersion: v1
            kind: Pod
            metadata: {name: bare}
            spec:
              restartPolicy: Never
              containers: [{name: main, image: busybox, command: [echo, three]}]
            """
        let text = [manifest("one", "echo one"), manifest("two", "echo two"), pod].joined(separator: "\n---\n")
        let result = try place.berth("run", try place.file("all.yaml", text))
        #expect(result.status == 0, "\(result.errors)")
        for word in ["one", "two", "three"] { #expect(result.output.contains("] \(word)\n")) }
    }
}
