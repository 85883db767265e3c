// SPDX-License-Identifier: Apache-2.0

import JobController
import KubernetesAPI
import Testing

struct DeadlineTests {
    @Test("A Job that is active for activeDeadlineSeconds fails, and its running pods are counted as failed")
    func deadline() {
        var cluster = Cluster.started {
            $0.activeDeadlineSeconds = 3; $0.parallelism = 2; $0.completions = 2
        }
        #expect(cluster.wakesAt == 3)
        cluster.run(0)
        cluster.advance(2.999)
        cluster.send(.resync)
        #expect(cluster.conditions == [])
        cluster.advance(0.001)
        #expect(cluster.conditions == ["FailureTarget: DeadlineExceeded"])
        #expect(cluster.status.conditions[0].message == "Job was active longer than specified deadline")
        #expect(cluster.status.failed == 2)
        #expect(cluster.status.active == 0)
        #expect(cluster.status.terminating == 2)
        #expect(cluster.controller.nextWake == nil)
        cluster.advance(1)
        cluster.reap()
        #expect(cluster.conditions == ["FailureTarget: DeadlineExceeded", "Failed: DeadlineExceeded"])
        #expect(cluster.status.failed == 2)
        #expect(cluster.status.terminating == 0)
        #expect(cluster.status.completionTime == nil)
    }

    @Test("A deadline of 0 fails the Job in its first sync, without a pod")
    func zero() {
        let cluster = Cluster.started { $0.activeDeadlineSeconds = 0 }
        #expect(cluster.verdict == "Failed: DeadlineExceeded")
        #expect(cluster.pods.isEmpty)
        #expect(cluster.status.startTime == Cluster.start)
    }

    @Test("The deadline goes on during back-off and beats retries that are left")
    func duringBackoff() {
        var cluster = Cluster.started { $0.activeDeadlineSeconds = 5 }
        cluster.fail(0)
        #expect(cluster.wakesAt == 5)
        cluster.advance(60)
        #expect(cluster.verdict == "Failed: DeadlineExceeded")
        #expect(cluster.status.failed == 1)
        #expect(cluster.pods.count == 1)
    }

    @Test("Too many failures are told before the deadline when both are seen at once")
    func order() {
        var cluster = Cluster.started {
            $0.activeDeadlineSeconds = 5; $0.backoffLimit = 0
        }
        cluster.now = cluster.now + .seconds(5)
        cluster.fail(0)
        #expect(cluster.verdict == "Failed: BackoffLimitExceeded")
    }

    @Test("A success that is seen after the deadline comes too late")
    func tooLate() {
        var cluster = Cluster.started { $0.activeDeadlineSeconds = 5 }
        cluster.now = cluster.now + .seconds(5)
        cluster.succeed(0)
        #expect(cluster.verdict == "Failed: DeadlineExceeded")
        #expect(cluster.status.succeeded == 1)
    }

    @Test("The deadline can be set and moved while the Job runs")
    func changed() {
        var cluster = Cluster.started()
        #expect(cluster.wakesAt == nil)
        cluster.advance(4)
        cluster.change { $0.activeDeadlineSeconds = 10 }
        #expect(cluster.wakesAt == 10)
        cluster.change { $0.activeDeadlineSeconds = 4 }
        #expect(cluster.conditions == ["FailureTarget: DeadlineExceeded"])
    }

    @Test("The longest deadline that can be written never comes")
    func longest() {
        let cluster = Cluster.started { $0.activeDeadlineSeconds = .max }
        #expect(cluster.wakesAt == nil)
        #expect(cluster.status.active == 1)
    }

    @Test("With no parallelism the deadline runs all the same")
    func paused() {
        var cluster = Cluster.started {
            $0.activeDeadlineSeconds = 3; $0.parallelism = 0; $0.completions = 1
        }
        #expect(cluster.controller.stall == nil)
        cluster.advance(3)
        #expect(cluster.verdict == "Failed: DeadlineExceeded")
    }
}
