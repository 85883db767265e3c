// SPDX-License-Identifier: Apache-2.0

import JobController
import KubernetesAPI
import Testing

struct SuspendTests {
    @Test("A Job created suspended has no pod, no start time, a condition and an event")
    func createdSuspended() {
        let cluster = Cluster.started {
            $0.suspend = true; $0.activeDeadlineSeconds = 1
        }
        #expect(cluster.pods.isEmpty)
        #expect(cluster.status.startTime == nil)
        #expect(cluster.conditions == ["Suspended: JobSuspended"])
        #expect(cluster.status.conditions[0].message == "Job suspended")
        #expect(cluster.reasons == ["Suspended"])
        #expect(cluster.wakesAt == nil)
        #expect(cluster.controller.stall == .suspended)
    }

    @Test("Suspending deletes active pods without counting them, and keeps what was counted")
    func suspend() {
        var cluster = Cluster.started {
            $0.parallelism = 2; $0.completions = 4
        }
        cluster.succeed(0)
        cluster.advance(1)
        cluster.fail(1)
        cluster.advance(10)
        cluster.change { $0.suspend = true }
        #expect(cluster.status.active == 0)
        #expect(cluster.status.terminating == 2)
        #expect(cluster.controller.stall == nil, "two pods are ending")
        cluster.succeed(2)  // while it terminates: too late to be counted
        cluster.reap()
        #expect(cluster.status.succeeded == 1)
        #expect(cluster.status.failed == 1)
        #expect(cluster.status.startTime == Cluster.start)
        #expect(cluster.controller.stall == .suspended)
    }

    @Test("Resuming starts the clock and the deadline anew; the failures stay counted")
    func resume() {
        var cluster = Cluster.started {
            $0.activeDeadlineSeconds = 20; $0.backoffLimit = 1
        }
        cluster.fail(0)
        cluster.advance(1)
        cluster.change { $0.suspend = true }
        cluster.advance(100)
        #expect(cluster.conditions == ["Suspended: JobSuspended"])
        cluster.change { $0.suspend = false }
        #expect(cluster.conditions == ["!Suspended: JobResumed"])
        #expect(cluster.status.conditions[0].message == "Job resumed")
        #expect(cluster.status.startTime == cluster.now)
        #expect(cluster.wakesAt == 121)
        #expect(cluster.creations == [0, 101])
        cluster.fail(1)
        #expect(cluster.verdict == "Failed: BackoffLimitExceeded")
        #expect(
            cluster.reasons == [
                "SuccessfulCreate", "Suspended", "SuccessfulCreate", "Resumed", "BackoffLimitExceeded",
            ])
    }

    @Test("A Job that was never suspended has no condition about it")
    func never() {
        var cluster = Cluster.started { $0.suspend = false }
        cluster.send(.resync)
        #expect(cluster.conditions == [])
    }

    @Test("Suspended again, the same condition is changed in its place")
    func again() {
        var cluster = Cluster.started()
        for suspend in [true, false, true] {
            cluster.advance(1)
            cluster.change { $0.suspend = suspend }
        }
        #expect(cluster.conditions == ["Suspended: JobSuspended"])
        #expect(cluster.status.conditions[0].lastTransitionTime == Cluster.start + .seconds(3))
    }

    @Test("A Job that has all its completions becomes Complete even while it is suspended")
    func completesSuspended() {
        let empty = Cluster.started {
            $0.suspend = true; $0.completions = 0; $0.parallelism = 1
        }
        #expect(empty.conditions == ["SuccessCriteriaMet: CompletionsReached", "Complete: CompletionsReached"])
        var queue = Cluster.started { $0.parallelism = 2 }
        queue.succeed(0)
        queue.change { $0.suspend = true }
        #expect(queue.conditions == ["SuccessCriteriaMet: CompletionsReached"])
        queue.reap()
        #expect(queue.verdict == "Complete: CompletionsReached")
        #expect(queue.status.failed == 0)
    }

    @Test("A deadline of 0 on a suspended Job waits for it to be resumed")
    func zeroDeadline() {
        var cluster = Cluster.started {
            $0.suspend = true; $0.activeDeadlineSeconds = 0
        }
        cluster.change { $0.suspend = false }
        #expect(cluster.verdict == "Failed: DeadlineExceeded")
        #expect(cluster.pods.isEmpty)
    }
}
