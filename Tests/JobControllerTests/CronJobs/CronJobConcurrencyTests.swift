// SPDX-License-Identifier: Apache-2.0

import JobController
import KubernetesAPI
import Testing

struct CronJobConcurrencyTests {
    @Test("Allow: Jobs run at the same time")
    func allow() {
        var cluster = CronCluster("* * * * *")
        cluster.advance(180)
        #expect(cluster.active == ["report-29499001", "report-29499002", "report-29499003"])
    }

    @Test("Forbid: no Job starts while one runs, which is told once for each time")
    func forbid() {
        var cluster = CronCluster("* * * * *") { $0.concurrencyPolicy = .forbid }
        cluster.advance(90)
        cluster.send(.jobChanged(cluster.jobs[0]))
        #expect(cluster.names == ["report-29499001"])
        #expect(
            cluster.messages.last
                == "JobAlreadyActive: Not starting job because prior execution is running and concurrency policy is Forbid"
        )
        #expect(cluster.events.last?.type == .normal)
        #expect(cluster.reasons == ["SuccessfulCreate", "JobAlreadyActive"])
        cluster.advance(60)
        #expect(cluster.reasons == ["SuccessfulCreate", "JobAlreadyActive", "JobAlreadyActive"])
        #expect(cluster.lastScheduled == "2026-02-01T10:01:00Z", "a time that did not start was not scheduled")
    }

    @Test("Forbid: the latest time that was left out starts when the Job before it ends")
    func forbidMakesUp() {
        var cluster = CronCluster("* * * * *") { $0.concurrencyPolicy = .forbid }
        cluster.advance(to: "2026-02-01T10:03:20Z")
        cluster.complete("report-29499001")
        #expect(cluster.starts == ["10:01:00", "10:03:20"])
        #expect(cluster.active == ["report-29499003"])
    }

    @Test("Forbid: unless it is too late by then")
    func forbidDeadline() {
        var cluster = CronCluster("* * * * *") {
            $0.concurrencyPolicy = .forbid
            $0.startingDeadlineSeconds = 10
        }
        cluster.advance(to: "2026-02-01T10:03:20Z")
        cluster.complete("report-29499001")
        #expect(cluster.starts == ["10:01:00"])
        cluster.advance(60)
        #expect(cluster.starts == ["10:01:00", "10:04:00"])
    }

    @Test("Replace: the Job that runs is deleted, and then the new one created")
    func replace() {
        var cluster = CronCluster("* * * * *") { $0.concurrencyPolicy = .replace }
        cluster.advance(120)
        #expect(cluster.names == ["report-29499002"])
        #expect(cluster.active == ["report-29499002"])
        #expect(
            cluster.messages == [
                "SuccessfulCreate: Created job report-29499001",
                "SuccessfulDelete: Deleted job report-29499001",
                "SuccessfulCreate: Created job report-29499002",
            ])
    }

    @Test("Replace: what has finished stays")
    func replaceFinished() {
        var cluster = CronCluster("* * * * *") { $0.concurrencyPolicy = .replace }
        cluster.advance(60)
        cluster.complete("report-29499001")
        cluster.advance(60)
        #expect(cluster.names == ["report-29499001", "report-29499002"])
    }

    @Test("A Job that somebody deleted is in nobody's way")
    func missing() {
        var cluster = CronCluster("* * * * *") { $0.concurrencyPolicy = .forbid }
        cluster.advance(60)
        cluster.vanish("report-29499001")
        #expect(cluster.messages.last == "MissingJob: Active job went missing: report-29499001")
        #expect(cluster.active.isEmpty)
        cluster.advance(60)
        #expect(cluster.starts == ["10:01:00", "10:02:00"])
    }

    @Test("A Job that the controller did not create is told of, is in the history, and keeps nothing from starting")
    func unexpected() {
        var cluster = CronCluster("* * * * *") {
            $0.concurrencyPolicy = .forbid
            $0.successfulJobsHistoryLimit = 0
        }
        var job = cluster.controller.cronJob.makeManualJob(named: "by-hand")
        job.metadata.uid = "0b8e4f0e-6a4b-4c83-9a0b-000000000009"
        cluster.jobs.append(job)
        cluster.send(.jobChanged(job))
        cluster.send(.jobChanged(job))
        #expect(
            cluster.messages == ["UnexpectedJob: Saw a job that the controller did not create or forgot: by-hand"])
        #expect(cluster.events[0].type == .warning)
        #expect(cluster.active.isEmpty)
        cluster.advance(60)
        #expect(cluster.created.count == 1)
        cluster.complete("by-hand")
        #expect(cluster.deleted == ["by-hand"])
        #expect(cluster.status.lastSuccessfulTime == cluster.now)
    }

    @Test("A Job of another owner is not looked at")
    func stranger() {
        var cluster = CronCluster("* * * * *")
        var job = cluster.controller.cronJob.makeManualJob(named: "other")
        job.metadata.ownerReferences[0].uid = "another"
        cluster.send(.jobChanged(job))
        job.metadata.ownerReferences = []
        cluster.send(.jobChanged(job))
        #expect(cluster.events.isEmpty)
    }

    @Test("A Job that could not be created is told of, and its time is not tried again")
    func refused() {
        var cluster = CronCluster("* * * * *")
        cluster.advance(60)
        cluster.send(.jobCreateFailed(uid: cluster.created[0].metadata.uid, message: "no room"))
        #expect(cluster.messages.last == "FailedCreate: Error creating job: no room")
        #expect(cluster.active.isEmpty)
        cluster.advance(60)
        #expect(cluster.created.map(\.metadata.name) == ["report-29499001", "report-29499002"])
    }
}
