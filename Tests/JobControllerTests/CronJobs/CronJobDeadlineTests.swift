// SPDX-License-Identifier: Apache-2.0

import JobController
import KubernetesAPI
import Testing

/// `startingDeadlineSeconds`: a Job that can't start in time is left out.
struct CronJobDeadlineTests {
    @Test(
        "A time may be started until its deadline has passed",
        arguments: [(0, true), (59, true), (60, false), (100, false)])
    func deadline(late: Int64, starts: Bool) {
        var cluster = CronCluster("0 * * * *") { $0.startingDeadlineSeconds = 60 }
        cluster.now = Timestamp(rfc3339: "2026-02-01T11:00:00Z")! + .seconds(late)
        cluster.send(.resync)
        #expect(cluster.created.count == (starts ? 1 : 0))
        #expect(cluster.reasons == [starts ? "SuccessfulCreate" : "MissSchedule"])
        #expect(cluster.wakesAt == "2026-02-01T12:00:00Z")
        #expect(cluster.lastScheduled == (starts ? "2026-02-01T11:00:00Z" : nil))
    }

    @Test("A missed time is told once, with its date in UTC")
    func missed() {
        var cluster = CronCluster("0 * * * *") { $0.startingDeadlineSeconds = 60 }
        cluster.setClock("2026-02-01T11:30:00Z")
        cluster.send(.resync)
        cluster.setClock("2026-02-01T12:30:00Z")
        #expect(
            cluster.messages == [
                "MissSchedule: Missed scheduled time to start a job: Sun, 01 Feb 2026 11:00:00 +0000",
                "MissSchedule: Missed scheduled time to start a job: Sun, 01 Feb 2026 12:00:00 +0000",
            ])
        #expect(cluster.events[0].type == .warning)
    }

    @Test("Of 0 seconds nothing ever starts, as in Kubernetes")
    func zero() {
        var cluster = CronCluster("* * * * *") { $0.startingDeadlineSeconds = 0 }
        cluster.advance(600)
        #expect(cluster.created.isEmpty)
    }

    @Test("Without one a missed time starts however late it is")
    func none() {
        var cluster = CronCluster("0 * * * *")
        cluster.setClock("2026-02-01T11:59:59Z")
        #expect(cluster.lastScheduled == "2026-02-01T11:00:00Z")
    }

    @Test("One that is shorter than the interval of @every does not keep it from starting")
    func every() {
        var cluster = CronCluster("@every 1h") { $0.startingDeadlineSeconds = 10 }
        cluster.advance(3 * 3600)
        #expect(cluster.starts == ["11:00:30", "12:00:30", "13:00:30"])
    }

    @Test("The longest one that can be written is like none")
    func longest() {
        var cluster = CronCluster("0 * * * *") { $0.startingDeadlineSeconds = .max }
        cluster.setClock("2026-02-01T11:59:59Z")
        #expect(cluster.created.count == 1)
    }
}
