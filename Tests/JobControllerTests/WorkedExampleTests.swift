// SPDX-License-Identifier: Apache-2.0

import JobController
import KubernetesAPI
import Testing

/// Whole Jobs from start to end, as a user of Kubernetes sees them.
struct WorkedExampleTests {
    @Test("exit 1, backoffLimit 0: one failure, at once")
    func noRetry() {
        var cluster = Cluster.started { $0.backoffLimit = 0 }
        cluster.fail(0)
        #expect(cluster.verdict == "Failed: BackoffLimitExceeded")
        #expect(cluster.status.failed == 1)
        #expect(cluster.elapsed == 0)
    }

    @Test("exit 1, backoffLimit 2: three failures, 30 s")
    func twoRetries() {
        var cluster = Cluster.started { $0.backoffLimit = 2 }
        cluster.fail(0)
        cluster.advance(10)
        cluster.fail(1)
        cluster.advance(20)
        cluster.fail(2)
        #expect(cluster.verdict == "Failed: BackoffLimitExceeded")
        #expect(cluster.status.failed == 3)
        #expect(cluster.elapsed == 30)
    }

    @Test(
        "exit 1, OnFailure: backoffLimit 0 and 1 end with the first restart, one pod failed",
        arguments: [0, 1] as [Int32])
    func onFailure(limit: Int32) {
        var cluster = OnFailureTests.cluster(limit: limit)
        cluster.restart(0, times: 1)
        cluster.reap()
        #expect(cluster.verdict == "Failed: BackoffLimitExceeded")
        #expect(cluster.status.failed == 1)
    }

    @Test("fails once, then 0: Complete after 10 s, one success and one failure")
    func flaky() {
        var cluster = Cluster.started()
        cluster.fail(0)
        cluster.advance(10)
        cluster.succeed(1)
        #expect(cluster.verdict == "Complete: CompletionsReached")
        #expect(cluster.status.succeeded == 1)
        #expect(cluster.status.failed == 1)
        #expect(cluster.elapsed == 10)
    }

    @Test("sleep for ever, activeDeadlineSeconds 3, grace 1: one failure, 4 s")
    func deadline() {
        var cluster = Cluster.started { $0.activeDeadlineSeconds = 3 }
        cluster.run(0)
        cluster.advance(4)
        cluster.reap()
        #expect(cluster.verdict == "Failed: DeadlineExceeded")
        #expect(cluster.status.failed == 1)
        #expect(cluster.elapsed == 4)
    }

    @Test("parallelism 2, no completions, both exit 0: Complete with two successes")
    func workQueue() {
        var cluster = Cluster.started { $0.parallelism = 2 }
        cluster.succeed(0)
        cluster.succeed(1)
        #expect(cluster.verdict == "Complete: CompletionsReached")
        #expect(cluster.status.succeeded == 2)
    }

    @Test("exit 1, OnFailure, backoffLimit 2: one pod failed, with the restart that comes after 10 s")
    func onFailureTwice() {
        var cluster = OnFailureTests.cluster(limit: 2)
        cluster.restart(0, times: 1)
        cluster.advance(10)
        cluster.restart(0, times: 2)
        cluster.reap()
        #expect(cluster.verdict == "Failed: BackoffLimitExceeded")
        #expect(cluster.status.failed == 1)
    }

    @Test("Indexed 3, index 1 exits 1, backoffLimitPerIndex 0: FailedIndexes, two indexes completed")
    func failedIndex() {
        var cluster = IndexedTests.indexed(3, parallelism: 3) { $0.backoffLimitPerIndex = 0 }
        cluster.fail(1)
        cluster.succeed(0)
        cluster.succeed(2)
        #expect(cluster.verdict == "Failed: FailedIndexes")
        #expect(cluster.status.succeeded == 2)
        #expect(cluster.status.failed == 1)
        #expect(cluster.status.completedIndexes == "0,2")
        #expect(cluster.status.failedIndexes == "1")
    }

    @Test("Indexed 3, successPolicy index 0: Complete by SuccessPolicy")
    func successPolicy() {
        var rule = SuccessPolicyRule()
        rule.succeededIndexes = "0"
        var cluster = IndexedTests.indexed(3, parallelism: 3) {
            $0.successPolicy = SuccessPolicy()
            $0.successPolicy?.rules = [rule]
        }
        cluster.succeed(0)
        cluster.reap()
        #expect(cluster.verdict == "Complete: SuccessPolicy")
        #expect(cluster.status.succeeded == 1)
    }

    @Test("Ignore for the only exit code, backoffLimit 0: it never ends but for its deadline; no failure before that")
    func ignored() {
        var cluster = Cluster.started {
            $0.backoffLimit = 0; $0.activeDeadlineSeconds = 5000
            $0.podFailurePolicy = PodFailurePolicyTests.policy(PodFailurePolicyTests.rule(.ignore, .isIn, [1]))
        }
        for place in 0..<8 {
            cluster.fail(place)
            cluster.advance(600)
        }
        #expect(cluster.status.failed == 0)
        #expect(cluster.conditions == [])
        cluster.advance(600)
        cluster.reap()
        #expect(cluster.verdict == "Failed: DeadlineExceeded")
        #expect(cluster.status.failed == 1)
    }
}
