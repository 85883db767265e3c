// SPDX-License-Identifier: Apache-2.0

import JobController
import Testing

@testable import KubernetesAPI

struct CronJobScheduleTests {
    @Test("A CronJob starts a Job at each time of its schedule, and none at its creation")
    func schedule() {
        var cluster = CronCluster("*/5 * * * *")
        #expect(cluster.created.isEmpty)
        #expect(cluster.wakesAt == "2026-02-01T10:05:00Z")
        cluster.advance(to: "2026-02-01T10:16:00Z")
        #expect(cluster.starts == ["10:05:00", "10:10:00", "10:15:00"])
        #expect(cluster.lastScheduled == "2026-02-01T10:15:00Z")
        #expect(cluster.wakesAt == "2026-02-01T10:20:00Z")
    }

    @Test("Created exactly at a time of its schedule, it starts with the next one")
    func createdOnTime() {
        var cluster = CronCluster("* * * * *", at: "2026-02-01T10:00:00Z")
        #expect(cluster.created.isEmpty)
        cluster.advance(60)
        #expect(cluster.starts == ["10:01:00"])
    }

    @Test("With a time zone its clocks decide, and the annotation has their time")
    func timeZone() {
        let zones = ["Asia/Kolkata": TimeZone(firstOffset: 19_800, transitions: [], rule: nil)]
        var cluster = CronCluster("0 17 * * *", zones: zones) { $0.timeZone = "Asia/Kolkata" }
        cluster.advance(to: "2026-02-02T10:00:00Z")
        #expect(cluster.starts == ["11:30:00"])
        let key = "batch.kubernetes.io/cronjob-scheduled-timestamp"
        #expect(cluster.created.first?.metadata.annotations[key] == "2026-02-01T17:00:00+05:30")
    }

    @Test("Nothing is started in a time zone that nobody knows, and that is told once")
    func unknownTimeZone() {
        var cluster = CronCluster("* * * * *") { $0.timeZone = "Nowhere/Town" }
        cluster.advance(600)
        #expect(cluster.created.isEmpty)
        #expect(cluster.events.map(\.reason) == ["UnknownTimeZone"])
        #expect(
            cluster.events.first?.message == "invalid timeZone: \"Nowhere/Town\": unknown time zone Nowhere/Town")
    }

    @Test("@every counts from the creation, and then from the time before")
    func every() {
        var cluster = CronCluster("@every 90m")
        cluster.advance(to: "2026-02-01T15:00:00Z")
        #expect(cluster.starts == ["11:30:30", "13:00:30", "14:30:30"])
    }

    @Test("The status has the Jobs that run, the last scheduled time and the last success")
    func status() {
        var cluster = CronCluster("* * * * *")
        cluster.advance(to: "2026-02-01T10:02:10Z")
        let (first, second) = (cluster.created[0], cluster.created[1])
        #expect(cluster.active == [first.metadata.name, second.metadata.name])
        let reference = cluster.status.active[0]
        #expect(reference.apiVersion == "batch/v1" && reference.kind == "Job" && reference.namespace == "default")
        #expect(reference.uid == first.metadata.uid)
        cluster.complete(second.metadata.name)
        #expect(cluster.active == [first.metadata.name])
        #expect(cluster.status.lastSuccessfulTime?.rfc3339 == "2026-02-01T10:02:10Z")
        cluster.advance(5)
        cluster.fail(first.metadata.name)
        #expect(cluster.active.isEmpty)
        #expect(cluster.status.lastSuccessfulTime?.rfc3339 == "2026-02-01T10:02:10Z", "a failure is no success")
    }

    @Test("The last success is the latest one, not the one seen last")
    func lastSuccess() {
        var cluster = CronCluster("* * * * *")
        cluster.advance(to: "2026-02-01T10:02:10Z")
        var old = cluster.jobs[0]
        cluster.complete(cluster.names[1])
        old.status.conditions = [JobCondition(type: .complete)]
        old.status.completionTime = Timestamp(rfc3339: "2026-02-01T10:01:30Z")
        cluster.send(.jobChanged(old))
        #expect(cluster.status.lastSuccessfulTime?.rfc3339 == "2026-02-01T10:02:10Z")
    }

    @Test("Events tell of creation and completion, in Kubernetes's words")
    func events() {
        var cluster = CronCluster("* * * * *")
        cluster.advance(to: "2026-02-01T10:02:10Z")
        cluster.complete("report-29499001")
        cluster.fail("report-29499002")
        #expect(
            cluster.messages == [
                "SuccessfulCreate: Created job report-29499001",
                "SuccessfulCreate: Created job report-29499002",
                "SawCompletedJob: Saw completed job: report-29499001, condition: Complete",
                "SawCompletedJob: Saw completed job: report-29499002, condition: Failed",
            ])
        let event = cluster.events[0]
        #expect(event.involvedKind == "CronJob" && event.involvedName == "report")
        #expect(event.source == "cronjob-controller" && event.type == .normal)
    }

    @Test("A day that no month has gives an event and no wake-up")
    func impossible() {
        var cluster = CronCluster("59 23 31 2 *")
        #expect(cluster.reasons == ["InvalidSchedule"])
        #expect(
            cluster.events[0].message
                == "invalid schedule: 59 23 31 2 * : time difference between two schedules is less than 1 second")
        #expect(cluster.wake == nil)
        cluster.send(.resync)
        #expect(cluster.events.count == 1)
    }

    @Test(
        "What is no schedule gives an event, once",
        arguments: [
            ("every day", ["UnparseableSchedule"]),
            ("TZ=Europe/Berlin 0 1 * * *", ["UnsupportedSchedule", "UnparseableSchedule"]),
        ])
    func unparseable(schedule: String, reasons: [String]) {
        var cluster = CronCluster(schedule)
        cluster.send(.resync)
        #expect(cluster.reasons == reasons)
        #expect(cluster.wake == nil)
    }

    @Test("A new schedule counts from now on: what it would have missed is not made up for")
    func newSchedule() {
        var cluster = CronCluster("0 0 1 1 *")
        cluster.advance(3600)
        cluster.change { $0.schedule = "*/10 * * * *" }
        #expect(cluster.created.isEmpty)
        #expect(cluster.wakesAt == "2026-02-01T11:10:00Z")
        cluster.advance(600)
        #expect(cluster.starts == ["11:10:00"])
    }
}
