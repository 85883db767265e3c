// SPDX-License-Identifier: Apache-2.0

import JobController
import KubernetesAPI
import Testing

struct CronJobHistoryTests {
    @Test("Three successful Jobs and a failed one are kept by default")
    func defaults() {
        var cluster = CronCluster("* * * * *")
        for minute in 1...8 {
            cluster.advance(60)
            if minute % 3 == 0 { cluster.fail(cluster.last) } else { cluster.complete(cluster.last) }
        }
        #expect(cluster.names == ["report-29499005", "report-29499006", "report-29499007", "report-29499008"])
        #expect(cluster.deleted == ["report-29499001", "report-29499003", "report-29499002", "report-29499004"])
    }

    @Test("The one that started first goes first, whenever it ended")
    func order() {
        var cluster = CronCluster("* * * * *") { $0.successfulJobsHistoryLimit = 1 }
        cluster.advance(180)
        cluster.complete("report-29499003")
        cluster.complete("report-29499001")
        #expect(cluster.deleted == ["report-29499001"])
        cluster.complete("report-29499002")
        #expect(cluster.deleted == ["report-29499001", "report-29499002"])
    }

    @Test("A Job is deleted before the one that replaces it in the history is noted")
    func events() {
        var cluster = CronCluster("* * * * *") { $0.failedJobsHistoryLimit = 1 }
        cluster.advance(120)
        cluster.fail("report-29499001")
        cluster.fail("report-29499002")
        #expect(
            Array(cluster.messages.suffix(2)) == [
                "SuccessfulDelete: Deleted job report-29499001",
                "SawCompletedJob: Saw completed job: report-29499002, condition: Failed",
            ])
    }

    @Test("With a limit of 0 a Job goes as it ends; its success is noted all the same")
    func zero() {
        var cluster = CronCluster("* * * * *") {
            $0.successfulJobsHistoryLimit = 0
            $0.failedJobsHistoryLimit = 0
        }
        cluster.advance(60)
        cluster.complete(cluster.last)
        #expect(cluster.jobs.isEmpty && cluster.active.isEmpty)
        #expect(cluster.status.lastSuccessfulTime == cluster.now)
        #expect(cluster.reasons == ["SuccessfulCreate", "SuccessfulDelete"])
        cluster.advance(60)
        cluster.fail(cluster.last)
        #expect(cluster.jobs.isEmpty)
    }

    @Test("A Job that runs is never deleted for the history")
    func running() {
        var cluster = CronCluster("* * * * *") { $0.successfulJobsHistoryLimit = 0 }
        cluster.advance(600)
        #expect(cluster.jobs.count == 10)
    }

    @Test("A lower limit takes effect at once")
    func lowered() {
        var cluster = CronCluster("* * * * *")
        for _ in 1...3 {
            cluster.advance(60)
            cluster.complete(cluster.last)
        }
        cluster.change { $0.successfulJobsHistoryLimit = 1 }
        #expect(cluster.names == ["report-29499003"])
    }
}
