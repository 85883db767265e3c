// SPDX-License-Identifier: Apache-2.0

import Manifest
import Testing

@testable import KubernetesAPI

struct CronJobTests {
    private static let template =
        "{spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}}}"

    private func text(_ spec: String, name: String = "tick", template: String = template) -> String {
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: \(name)}\nspec:\n  jobTemplate: \(template)\n  \(spec)\n"
    }

    @Test("A CronJob has the defaults of the API server, and is written as it was read")
    func defaults() throws {
        let reading = readManifests(text("schedule: '@hourly'"), fileName: "")
        #expect(reading.faults == [])
        guard case .cronJob(let cronJob) = reading.objects.first else { throw Fault(.notFound(value: "CronJob")) }
        let spec = cronJob.spec
        #expect(spec.concurrencyPolicy == .allow && spec.suspend == false)
        #expect(spec.successfulJobsHistoryLimit == 3 && spec.failedJobsHistoryLimit == 1)
        #expect(spec.jobTemplate.spec.template.spec.dnsPolicy != nil && spec.jobTemplate.spec.parallelism == nil)
        #expect(readManifests(cronJob.write().yaml, fileName: "").objects == reading.objects)
    }

    @Test(
        "Faults are those of the API server",
        arguments: [
            ("suspend: true", "spec.schedule: Required value"),
            ("schedule: '* *'", "spec.schedule: Invalid value: \"* *\": expected exactly 5 fields, found 2: [* *]"),
            (
                "schedule: 'TZ=UTC * * * * *'",
                "spec.schedule: Invalid value: \"TZ=UTC * * * * *\": cannot use TZ or CRON_TZ in schedule, use timeZone field instead"
            ),
            (
                "schedule: '@daily'\n  timeZone: ''",
                "spec.timeZone: Invalid value: \"\": timeZone must be nil or non-empty string"
            ),
            (
                "schedule: '@daily'\n  timeZone: local",
                "spec.timeZone: Invalid value: \"local\": timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"
            ),
            (
                "schedule: '@daily'\n  startingDeadlineSeconds: -1",
                "spec.startingDeadlineSeconds: Invalid value: -1: must be greater than or equal to 0"
            ),
            (
                "schedule: '@daily'\n  failedJobsHistoryLimit: -1",
                "spec.failedJobsHistoryLimit: Invalid value: -1: must be greater than or equal to 0"
            ),
            (
                "schedule: '@daily'\n  successfulJobsHistoryLimit: -2",
                "spec.successfulJobsHistoryLimit: Invalid value: -2: must be greater than or equal to 0"
            ),
            (
                "schedule: '@daily'\n  concurrencyPolicy: Never",
                "spec.concurrencyPolicy: Unsupported value: \"Never\": supported values: \"Allow\", \"Forbid\", \"Replace\""
            ),
        ])
    func faults(_ spec: String, _ fault: String) {
        let found = readManifests(text(spec), fileName: "").faults.map { fault in
            var fault = fault
            fault.line = 0
            return fault.description
        }
        #expect(found == [fault])
    }

    @Test(
        "A time zone is called as places of the tz database can be",
        arguments: [
            ("Europe/Berlin", true), ("America/Argentina/Buenos_Aires", true), ("Etc/GMT+12", true), ("UTC", true),
            ("Local", false), ("local", false), ("/etc/localtime", false), ("../Berlin", false),
            ("Europe/./Berlin", false),
            ("Europe//Berlin", false), ("Europe/", false), ("-x", false), ("a b", false), ("Zürich", false),
            ("a\0", false),
            ("Abcdefghijklmn", true), ("Abcdefghijklmno", false), ("[", false), ("@", false),
        ])
    func timeZoneName(_ name: String, _ isValid: Bool) {
        #expect(TimeZone.canBeInDatabase(name) == isValid)
    }

    @Test("A schedule that names a zone and is none has both faults; a zone's name that can't be is unknown")
    func severalFaults() {
        let manifest = text("schedule: 'CRON_TZ=UTC 61 * * * *'\n  timeZone: Europe//Berlin")
        #expect(
            readManifests(manifest, fileName: "").faults.map { "\($0)" }.sorted() == [
                "line 6: spec.schedule: Invalid value: \"CRON_TZ=UTC 61 * * * *\": cannot use TZ or CRON_TZ in schedule, use timeZone field instead",
                "line 6: spec.schedule: Invalid value: \"CRON_TZ=UTC 61 * * * *\": end of range (61) above maximum (59): 61",
                "line 7: spec.timeZone: Invalid value: \"Europe//Berlin\": unknown time zone Europe//Berlin",
            ])
    }

    @Test(
        "The Job template is held to a Job's rules, and its selector is not the user's",
        arguments: [
            ("parallelism: -1", "parallelism: Invalid value: -1: must be greater than or equal to 0"),
            (
                "selector: {matchLabels: {a: b}}",
                "selector: Invalid value: {\"a\":\"b\"}: `selector` will be auto-generated"
            ),
            ("manualSelector: true", "manualSelector: Unsupported value: true: supported values: \"nil\", \"false\""),
        ])
    func template(_ field: String, _ fault: String) {
        let template =
            "{spec: {\(field), template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}}}"
        let found = readManifests(text("schedule: '@daily'", template: template), fileName: "").faults
        #expect(found.map { "\($0.path): \($0)" }.allSatisfy { $0.hasSuffix("spec.jobTemplate.spec.\(fault)") })
        #expect(found.count == 1)
    }

    @Test("A generated name has, too", arguments: [(47, true), (48, false), (200, false)])
    func generatedName(_ length: Int, _ isValid: Bool) {
        let name = String(repeating: "a", count: length)
        let manifest = text("schedule: '@daily'").replacing("{name: tick}", with: "{generateName: \(name)}")
        let found = readManifests(manifest, fileName: "").faults
        #expect(found.contains { $0.description.hasSuffix("must be no more than 52 characters") } != isValid)
    }

    @Test("A name has room for the time behind it", arguments: [(52, true), (53, false)])
    func name(_ length: Int, _ isValid: Bool) {
        let name = String(repeating: "a", count: length)
        let found = readManifests(text("schedule: '@daily'", name: name), fileName: "").faults
        #expect(found.isEmpty == isValid)
        #expect(found.allSatisfy { $0.description.hasSuffix("must be no more than 52 characters") })
    }
}
