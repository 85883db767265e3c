// SPDX-License-Identifier: Apache-2.0

import JobController
import KubernetesAPI
import Testing

struct CronJobSuspendTests {
    @Test("A suspended CronJob starts nothing and asks for nothing")
    func suspended() {
        var cluster = CronCluster("* * * * *") { $0.suspend = true }
        #expect(cluster.wake == nil)
        cluster.setClock("2026-02-01T11:00:00Z")
        #expect(cluster.created.isEmpty)
        #expect(cluster.events.isEmpty)
    }

    @Test("Suspending lets Jobs go on; their end is still noted, and the history kept short")
    func running() {
        var cluster = CronCluster("* * * * *") { $0.successfulJobsHistoryLimit = 1 }
        cluster.advance(120)
        cluster.change { $0.suspend = true }
        #expect(cluster.active.count == 2)
        cluster.complete("report-29499001")
        cluster.complete("report-29499002")
        #expect(cluster.active.isEmpty)
        #expect(cluster.names == ["report-29499002"])
        cluster.advance(600)
        #expect(cluster.created.count == 2)
    }

    @Test("Resumed without a deadline, the latest missed time starts at once")
    func resumed() {
        var cluster = CronCluster("*/10 * * * *") { $0.suspend = true }
        cluster.advance(to: "2026-02-01T10:25:00Z")
        cluster.change { $0.suspend = false }
        #expect(cluster.starts == ["10:25:00"])
        #expect(cluster.lastScheduled == "2026-02-01T10:20:00Z")
    }

    @Test("Resumed with one, only what is not too late starts")
    func resumedLate() {
        var cluster = CronCluster("*/10 * * * *") {
            $0.suspend = true
            $0.startingDeadlineSeconds = 60
        }
        cluster.advance(to: "2026-02-01T10:25:00Z")
        cluster.change { $0.suspend = false }
        #expect(cluster.created.isEmpty)
        cluster.advance(300)
        #expect(cluster.starts == ["10:30:00"])
    }
}
