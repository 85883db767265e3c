// SPDX-License-Identifier: Apache-2.0

import JobController
import KubernetesAPI
import Testing

/// Times that passed while nobody looked: the machine slept, its clock was set, the CronJob was suspended.
struct CronJobMissedTests {
    @Test("Of the times that were missed only the latest is started, at once")
    func latest() {
        var cluster = CronCluster("*/10 * * * *")
        cluster.setClock("2026-02-01T12:34:56Z")
        #expect(cluster.starts == ["12:34:56"])
        #expect(cluster.lastScheduled == "2026-02-01T12:30:00Z")
        #expect(cluster.reasons == ["SuccessfulCreate"])
        #expect(cluster.wakesAt == "2026-02-01T12:40:00Z")
    }

    @Test(
        "A warning tells of more than 100 missed times; the latest starts all the same",
        arguments: [("2026-02-01T11:40:59Z", false), ("2026-02-01T11:41:00Z", true), ("2031-02-01T00:00:00Z", true)])
    func tooMany(time: String, warns: Bool) {
        var cluster = CronCluster("* * * * *")
        cluster.setClock(time)
        #expect(cluster.reasons == (warns ? ["TooManyMissedTimes", "SuccessfulCreate"] : ["SuccessfulCreate"]))
        #expect(cluster.lastScheduled == String(time.dropLast(3)) + "00Z")
        guard warns else { return }
        #expect(cluster.events[0].type == .warning)
        #expect(
            cluster.events[0].message
                == "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew")
    }

    @Test("With @every, too, and its pace is kept", arguments: [(1000, false), (1009, false), (1010, true)])
    func tooManyOfEvery(seconds: Int64, warns: Bool) {
        var cluster = CronCluster("@every 10s")
        cluster.now = cluster.now + .seconds(seconds)
        cluster.send(.resync)
        #expect(cluster.reasons.contains("TooManyMissedTimes") == warns)
        #expect(cluster.status.lastScheduleTime == CronCluster.start + .seconds(seconds / 10 * 10))
        #expect(cluster.wake == CronCluster.start + .seconds(seconds / 10 * 10 + 10))
    }

    @Test("Within startingDeadlineSeconds there are not too many")
    func window() {
        var cluster = CronCluster("* * * * *") { $0.startingDeadlineSeconds = 200 }
        cluster.setClock("2031-02-01T00:00:00Z")
        #expect(cluster.reasons == ["SuccessfulCreate"])
    }

    @Test(
        "The latest time is found where times are far apart and irregular",
        arguments: [
            ("* * 1-15 * *", "2026-03-31T12:00:00Z", "2026-03-15T23:59:00Z"),
            ("0-59 0 1 1 *", "2029-06-01T00:00:00Z", "2029-01-01T00:59:00Z"),
            ("30 6-16/4 * * 1-5", "2026-02-08T23:00:00Z", "2026-02-06T14:30:00Z"),
            ("0 0 29 2 *", "2031-01-01T00:00:00Z", "2028-02-29T00:00:00Z"),
            ("@monthly", "2026-02-28T23:59:59Z", nil),
        ])
    func irregular(schedule: String, time: String, expected: String?) {
        var cluster = CronCluster(schedule)
        cluster.setClock(time)
        #expect(cluster.lastScheduled == expected)
    }

    @Test("A clock that was set back starts nothing twice: the CronJob waits for the time after its last one")
    func setBack() {
        var cluster = CronCluster("* * * * *")
        cluster.advance(to: "2026-02-01T10:03:10Z")
        cluster.setClock("2026-02-01T09:00:00Z")
        #expect(cluster.wakesAt == "2026-02-01T10:04:00Z")
        cluster.advance(to: "2026-02-01T10:04:30Z")
        #expect(cluster.starts == ["10:01:00", "10:02:00", "10:03:00", "10:04:00"])
        #expect(Set(cluster.created.map(\.metadata.name)).count == 4)
    }

    @Test("A clock that was set back before the creation starts nothing before the first time after it")
    func beforeCreation() {
        var cluster = CronCluster("* * * * *")
        cluster.setClock("2026-01-01T00:00:00Z")
        #expect(cluster.created.isEmpty)
        #expect(cluster.wakesAt == "2026-02-01T10:01:00Z")
    }

    @Test("A wake-up that comes early is asked for again")
    func early() {
        var cluster = CronCluster("* * * * *")
        cluster.wake = nil
        cluster.advance(10)
        cluster.send(.resync)
        #expect(cluster.created.isEmpty)
        #expect(cluster.wakesAt == "2026-02-01T10:01:00Z")
    }
}
