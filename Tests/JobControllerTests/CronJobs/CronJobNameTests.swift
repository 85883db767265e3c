// SPDX-License-Identifier: Apache-2.0

import JobController
import KubernetesAPI
import Testing

/// What a Job has from its CronJob.
struct CronJobNameTests {
    @Test("A Job has the CronJob's name with the minute, the scheduled time as an annotation, and its owner")
    func job() throws {
        var cluster = CronCluster("*/15 * * * *") {
            $0.jobTemplate.metadata.labels = ["app": "report"]
            $0.jobTemplate.metadata.annotations = ["note": "daily"]
            $0.jobTemplate.metadata.name = "not-used"
            $0.jobTemplate.spec.backoffLimit = 2
        }
        cluster.advance(to: "2026-02-01T10:15:20Z")
        let job = try #require(cluster.created.first)
        #expect(
            job.metadata.name == "report-\(Timestamp(rfc3339: "2026-02-01T10:15:00Z")!.nanoseconds / 60_000_000_000)")
        #expect(job.metadata.namespace == "default")
        #expect(job.metadata.labels == ["app": "report"])
        #expect(
            job.metadata.annotations == [
                "note": "daily", "batch.kubernetes.io/cronjob-scheduled-timestamp": "2026-02-01T10:15:00Z",
            ])
        #expect(job.spec == cluster.controller.cronJob.spec.jobTemplate.spec)
        let owner = try #require(job.metadata.ownerReferences.first)
        #expect(owner.apiVersion == "batch/v1" && owner.kind == "CronJob" && owner.name == "report")
        #expect(owner.uid == cluster.controller.cronJob.metadata.uid)
        #expect(owner.controller == true && owner.blockOwnerDeletion == true)
        #expect(job.metadata.uid.utf8.count == 36)
    }

    @Test("Two times of one minute have one Job, as long as it is there")
    func oneMinute() {
        var cluster = CronCluster("@every 10s")
        cluster.advance(10)
        #expect(cluster.names == ["report-29499000"])
        cluster.advance(10)
        #expect(cluster.lastScheduled == "2026-02-01T10:00:40Z", "its Job runs")
        cluster.complete("report-29499000")
        #expect(cluster.lastScheduled == "2026-02-01T10:00:50Z", "its Job is there")
        #expect(cluster.reasons == ["SuccessfulCreate", "SawCompletedJob"])
        cluster.advance(10)
        #expect(cluster.names == ["report-29499000", "report-29499001"])
    }

    @Test("A Job that is gone has left its name to the next time of its minute")
    func nameIsFree() {
        var cluster = CronCluster("@every 10s") { $0.successfulJobsHistoryLimit = 0 }
        cluster.advance(10)
        cluster.complete("report-29499000")
        cluster.advance(10)
        #expect(cluster.starts == ["10:00:40", "10:00:50"])
        #expect(cluster.created[0].metadata.name == cluster.created[1].metadata.name)
        #expect(cluster.created[0].metadata.uid != cluster.created[1].metadata.uid)
    }

    @Test("A Job made by hand says so, unless its template says something else")
    func manual() {
        var cronJob = CronCluster("@hourly") { $0.jobTemplate.metadata.annotations = ["note": "daily"] }
            .controller.cronJob
        let job = cronJob.makeManualJob(named: "now")
        #expect(job.metadata.name == "now")
        #expect(job.metadata.annotations == ["note": "daily", "cronjob.kubernetes.io/instantiate": "manual"])
        #expect(job.metadata.ownerReferences.map(\.controller) == [true])
        #expect(job.metadata.ownerReferences.map(\.blockOwnerDeletion) == [nil])
        cronJob.spec.jobTemplate.metadata.annotations[CronJobKey.instantiate] = "by me"
        #expect(cronJob.makeManualJob(named: "now").metadata.annotations[CronJobKey.instantiate] == "by me")
    }
}
