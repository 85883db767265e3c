// SPDX-License-Identifier: Apache-2.0

import JobController
import KubernetesAPI
import Testing

struct CompletionTests {
    @Test("A Job is Complete when as many pods have succeeded as it wants; the interim condition comes first")
    func complete() {
        var cluster = Cluster.started {
            $0.parallelism = 2; $0.completions = 3
        }
        #expect(cluster.status.active == 2)
        #expect(cluster.status.startTime == Cluster.start)
        cluster.advance(5)
        cluster.succeed(0)
        #expect(cluster.pods.count == 3)
        cluster.succeed(1)
        #expect(cluster.pods.count == 3)
        cluster.advance(2)
        cluster.succeed(2)
        #expect(cluster.conditions == ["SuccessCriteriaMet: CompletionsReached", "Complete: CompletionsReached"])
        for condition in cluster.status.conditions {
            #expect(condition.message == "Reached expected number of succeeded pods")
            #expect(condition.lastTransitionTime == cluster.now)
            #expect(condition.lastProbeTime == cluster.now)
        }
        #expect(cluster.status.completionTime == cluster.now)
        #expect(cluster.status.succeeded == 3)
        #expect(cluster.status.active == 0)
        #expect(cluster.status.ready == 0)
        #expect(cluster.status.terminating == 0)
        #expect(cluster.status.uncountedTerminatedPods == UncountedTerminatedPods())
        #expect(cluster.controller.nextWake == nil)
    }

    @Test("completions 0: Complete in the first sync, without a pod")
    func zero() {
        let cluster = Cluster.started {
            $0.completions = 0; $0.parallelism = 3
        }
        #expect(cluster.verdict == "Complete: CompletionsReached")
        #expect(cluster.pods.isEmpty)
        #expect(cluster.reasons == ["Completed"])
    }

    @Test("Without completions and parallelism it is one pod")
    func defaults() {
        var cluster = Cluster.started()
        #expect(cluster.pods.count == 1)
        cluster.succeed(0)
        #expect(cluster.verdict == "Complete: CompletionsReached")
    }

    @Test(
        "Never more pods than are still missing", arguments: [(5, 2, 2), (2, 5, 2), (0, 4, 0)] as [(Int32, Int32, Int)])
    func wanted(parallelism: Int32, completions: Int32, pods: Int) {
        let cluster = Cluster.started {
            $0.parallelism = parallelism; $0.completions = completions
        }
        #expect(cluster.pods.count == pods)
    }

    @Test("The terminal condition waits for the last pod to end; the verdict doesn't")
    func waits() {
        var cluster = Cluster.started {
            $0.parallelism = 2; $0.completions = 2; $0.backoffLimit = 0
        }
        cluster.run(1)
        cluster.fail(0)
        #expect(cluster.conditions == ["FailureTarget: BackoffLimitExceeded"])
        #expect(cluster.status.conditions[0].message == "Job has reached the specified backoff limit")
        #expect(cluster.status.failed == 2)
        #expect(cluster.status.terminating == 1)
        cluster.advance(30)
        cluster.succeed(1)  // it is counted as failed already
        #expect(cluster.conditions == ["FailureTarget: BackoffLimitExceeded", "Failed: BackoffLimitExceeded"])
        #expect(cluster.status.conditions[1].lastTransitionTime == cluster.now)
        #expect(cluster.status.succeeded == 0)
        #expect(cluster.status.failed == 2)
    }

    @Test("Complete waits for pods that are being deleted, too")
    func completeWaits() {
        var cluster = Cluster.started {
            $0.parallelism = 2; $0.completions = 3
        }
        cluster.run(0)
        cluster.change { $0.parallelism = 1 }
        #expect(cluster.deleted == [cluster.pods[1].metadata.uid])
        cluster.succeed(0)
        cluster.succeed(2)
        cluster.succeed(3)
        #expect(cluster.conditions == ["SuccessCriteriaMet: CompletionsReached"])
        #expect(cluster.status.completionTime == nil)
        cluster.reap()
        #expect(cluster.verdict == "Complete: CompletionsReached")
        #expect(cluster.status.completionTime == cluster.now)
    }

    @Test("Failure beats success when both are seen at once")
    func failureFirst() {
        var cluster = Cluster.started {
            $0.backoffLimit = 0; $0.parallelism = 1; $0.completions = 2
        }
        cluster.succeed(0)
        cluster.fail(1)
        #expect(cluster.verdict == "Failed: BackoffLimitExceeded")
        #expect(cluster.status.succeeded == 1)
    }

    @Test("A verdict stays, whatever the spec becomes", arguments: [true, false])
    func stays(terminating: Bool) {
        var cluster = Cluster.started {
            $0.backoffLimit = 0; $0.parallelism = 2; $0.completions = 2
        }
        cluster.fail(0)
        if !terminating { cluster.reap() }
        cluster.change {
            $0.backoffLimit = 9; $0.suspend = true; $0.parallelism = 7
        }
        cluster.change {
            $0.suspend = false; $0.activeDeadlineSeconds = 1
        }
        cluster.advance(100)
        cluster.reap()
        #expect(cluster.conditions == ["FailureTarget: BackoffLimitExceeded", "Failed: BackoffLimitExceeded"])
        #expect(cluster.pods.count == 2)
        #expect(cluster.controller.job.spec.parallelism == 7)
    }

    @Test("After the end nothing is said any more")
    func silent() {
        var cluster = Cluster.started()
        cluster.succeed(0)
        let status = cluster.status
        cluster.succeed(0)
        #expect(cluster.last.isEmpty)
        cluster.vanish(0)
        #expect(cluster.last.isEmpty)
        cluster.send(.resync)
        #expect(cluster.last.isEmpty)
        #expect(cluster.status == status)
    }

    @Test("A lower backoffLimit takes effect at once")
    func lowered() {
        var cluster = Cluster.started()
        cluster.fail(0)
        cluster.change { $0.backoffLimit = 0 }
        #expect(cluster.verdict == "Failed: BackoffLimitExceeded")
    }
}
