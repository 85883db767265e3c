// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import Testing

/// Bad input gets a line a fault, exit status 2, and starts nothing.
@Suite(.enabled(if: isRoot, "needs root, as berth does"))
struct BadInputTests {
    private static let base = manifest("fine", "true")

    @Test("A CronJob is checked, with its schedule and its Jobs")
    func cronJob() throws {
        let place = try Workplace()
        let template =
            "{spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: busybox}]}}}}"
        let text =
            "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: tick}\nspec: {schedule: '@every 2s', jobTemplate: \(template)}\n"
        let path = try place.file("cron.yaml", text)
        let checked = try place.berth("validate", path)
        #expect(checked.status == 0 && checked.output == "cronjob.batch/tick is valid\n", "\(checked.errors)")
        let wrong = text.replacing("@every 2s", with: "61 * * * *").replacing("Never", with: "Always")
        let result = try place.berth("run", try place.file("wrong.yaml", wrong))
        #expect(result.status == 2)
        #expect(result.errors.contains("spec.schedule: Invalid value") && result.errors.contains("restartPolicy"))
    }

    @Test(
        "A fault is told with its line and its field",
        arguments: [
            ("restartPolicy: Never", "restartPolicy: Always", "spec.template.spec.restartPolicy"),
            ("backoffLimit: 0", "backoffLimit: -1", "job.yaml:6: spec.backoffLimit: Invalid value: -1"),
            (
                "backoffLimit: 0", "backofflimit: 0",
                "unknown field \"spec.backofflimit\" (did you mean \"backoffLimit\"?)"
            ),
            ("name: fine", "name: Not_Fine", "metadata.name"),
            ("image: busybox", "image: [a]", "spec.template.spec.containers[0].image"),
            (
                "image: busybox", "image: busybox\n        resources: {limits: {memory: 1Q}}",
                "containers[0].resources.limits"
            ),
            ("kind: Job", "kind: Deployment", "kind"),
            ("apiVersion: batch/v1", "apiVersion: batch/v1beta1", "apiVersion"),
            ("backoffLimit: 0", "backoffLimit: 0\n  backoffLimit: 1", "backoffLimit"),
            ("kind: Job", "kind: Job\n\tx: y", "job.yaml:3"),
        ])
    func refuses(old: String, new: String, said: String) throws {
        let place = try Workplace()
        let path = try place.file("job.yaml", Self.base.replacing(old, with: new))
        for command in ["validate", "run"] {
            let result = try place.berth(command, path)
            #expect(result.status == 2)
            #expect(result.errors.contains(said), "\(result.errors)")
            #expect(result.output == "")
        }
        #expect(access("\(place.directory)/state/runs", F_OK) == -1)
    }

    @Test(
        "A time zone that this host doesn't have is told at its field, before anything runs",
        .enabled(if: access("/usr/share/zoneinfo/Europe/Berlin", F_OK) == 0, "needs Debian's package tzdata"))
    func timeZone() throws {
        let place = try Workplace()
        let text = """
            apiVersion: batch/v1
            kind: CronJob
            metadata: {name: tick}
            spec:
              schedule: '@daily'
              timeZone: Europe/Berlin
              jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: busybox}]}}}}
            """
        #expect(try place.berth("validate", try place.file("right.yaml", text)).status == 0)
        let wrong = try place.file("wrong.yaml", text.replacing("Berlin", with: "Pariss"))
        for command in ["validate", "run"] {
            let result = try place.berth(command, wrong)
            #expect(result.status == 2)
            #expect(
                result.errors
                    == "berth: cronjob/tick: spec.timeZone: Invalid value: \"Europe/Pariss\": unknown time zone Europe/Pariss\n"
            )
        }
    }

    @Test(
        "Objects of one name are refused, whether they say the namespace or not; generated names are all different",
        arguments: [
            ("{name: a}", "{name: a}", "configmap/a is there more than once"),
            ("{name: a, namespace: default}", "{name: a}", "configmap/a is there more than once"),
            ("{name: a, namespace: x}", "{name: a, namespace: x}", "x/configmap/a is there more than once"),
            ("{name: a, namespace: x}", "{name: a}", nil), ("{generateName: a-}", "{generateName: a-}", nil),
        ])
    func sameNames(first: String, second: String, said: String?) throws {
        let place = try Workplace()
        let text = [first, second].map { "apiVersion: v1\nkind: ConfigMap\nmetadata: \($0)\n" }.joined(
            separator: "---\n")
        let result = try place.berth("validate", try place.file("maps.yaml", text))
        #expect(result.status == (said == nil ? 0 : 2), "\(result.errors)")
        if let said { #expect(result.errors.contains(said), "\(result.errors)") }
    }

    @Test("Every fault comes at once")
    func allAtOnce() throws {
        let place = try Workplace()
        let text = Self.base.replacing("backoffLimit: 0", with: "backoffLimit: -1\n  parallelism: -2\n  nonsense: 1")
        let result = try place.berth("validate", try place.file("job.yaml", text))
        for word in ["spec.backoffLimit", "spec.parallelism", "spec.nonsense"] { #expect(result.errors.contains(word)) }
        #expect(result.errors.split(separator: "\n").count == 3)
    }

    @Test(
        "A wrong command line ends with 2 and names the flag",
        arguments: [
            (["run"], "nothing to run"), (["run", "/no/such/file"], "/no/such/file: No such file or directory"),
            (["run", "--cpu", "1", "x.yaml"], "--cpu goes with --image"),
            (["run", "--image", "busybox", "--memory", "1Q"], "--memory 1Q"),
            (["run", "--backoff-base", "soon", "x.yaml"], "--backoff-base soon"), (["frobnicate"], "frobnicate"),
        ])
    func commandLine(arguments: [String], said: String) throws {
        let place = try Workplace()
        let result = try place.finish(try place.start(arguments))
        #expect(result.status == 2)
        #expect(result.errors.contains(said), "\(result.errors)")
    }

    @Test("An alias bomb and a deep nesting are refused")
    func bombs() throws {
        let place = try Workplace()
        var bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
        for level in 1..<9 {
            bomb += "a\(level): &a\(level) [\((0..<10).map { _ in "*a\(level - 1)" }.joined(separator: ","))]\n"
        }
        for text in [bomb, String(repeating: "[", count: 5000)] {
            #expect(try place.berth("validate", try place.file("bomb.yaml", text)).status == 2)
        }
    }

    @Test("doctor finds what this machine has, and help has examples")
    func doctorAndHelp() throws {
        let place = try Workplace()
        let doctor = try place.berth("doctor")
        #expect(doctor.status == 0, "\(doctor.output)")
        #expect(doctor.output.contains("cgroup memory") && doctor.output.contains("seccomp"))
        for command in [["--help"], ["run", "--help"], ["image", "import", "--help"], ["validate", "--help"]] {
            let result = try place.finish(try place.start(command))
            #expect(result.status == 0 && result.output.contains("EXAMPLES"))
        }
    }
}
