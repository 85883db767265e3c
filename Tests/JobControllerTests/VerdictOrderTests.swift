// SPDX-License-Identifier: Apache-2.0

import JobController
import KubernetesAPI
import Testing

/// What ends a Job when several things that could are seen in the same sync: the first of podFailurePolicy, backoffLimit,
/// restarts, activeDeadlineSeconds, maxFailedIndexes, all indexes decided, successPolicy, completions.
struct VerdictOrderTests {
    /// An Indexed Job of two whose deadline has passed when its first pod is heard of.
    private func late(_ edit: (inout JobSpec) -> Void) -> Cluster {
        var cluster = IndexedTests.indexed(2, parallelism: 2) {
            $0.activeDeadlineSeconds = 5
            edit(&$0)
        }
        cluster.now = cluster.now + .seconds(5)
        return cluster
    }

    private func decided(_ cluster: Cluster) -> String? { cluster.status.conditions.first?.reason }

    @Test("podFailurePolicy before backoffLimit and the deadline")
    func policy() {
        var cluster = late {
            $0.backoffLimit = 0
            $0.podFailurePolicy = PodFailurePolicyTests.policy(PodFailurePolicyTests.rule(.failJob, .isIn, [1]))
        }
        cluster.fail(0)
        #expect(decided(cluster) == "PodFailurePolicy")
    }

    @Test("backoffLimit before the deadline")
    func backoffLimit() {
        var cluster = late { $0.backoffLimit = 0 }
        cluster.fail(0)
        #expect(decided(cluster) == "BackoffLimitExceeded")
    }

    @Test("Restarts before the deadline")
    func restarts() {
        var cluster = late {
            $0.backoffLimit = 1
            $0.template.spec.restartPolicy = .onFailure
        }
        cluster.restart(0, times: 1)
        #expect(decided(cluster) == "BackoffLimitExceeded")
    }

    @Test("The deadline before maxFailedIndexes")
    func deadline() {
        var cluster = late {
            $0.backoffLimitPerIndex = 0; $0.maxFailedIndexes = 0
        }
        cluster.fail(0)
        #expect(decided(cluster) == "DeadlineExceeded")
        #expect(cluster.status.failedIndexes == "0")
    }

    @Test("maxFailedIndexes before all indexes being decided")
    func maxFailedIndexes() {
        var cluster = IndexedTests.indexed(2, parallelism: 2) {
            $0.backoffLimitPerIndex = 0; $0.maxFailedIndexes = 0
        }
        cluster.succeed(1)
        cluster.fail(0)
        #expect(decided(cluster) == "MaxFailedIndexesExceeded")
    }

    @Test("All indexes decided, one of them failed, before a successPolicy that is met with the last")
    func failedIndexes() {
        var cluster = IndexedTests.indexed(2, parallelism: 2) {
            $0.backoffLimitPerIndex = 0
            var rule = SuccessPolicyRule()
            rule.succeededCount = 1
            $0.successPolicy = SuccessPolicy()
            $0.successPolicy?.rules = [rule]
        }
        cluster.fail(0)
        cluster.succeed(1)
        #expect(decided(cluster) == "FailedIndexes")
    }

    @Test("A successPolicy before all completions being reached")
    func successPolicy() {
        var cluster = IndexedTests.indexed(1) {
            var rule = SuccessPolicyRule()
            rule.succeededIndexes = "0"
            $0.successPolicy = SuccessPolicy()
            $0.successPolicy?.rules = [rule]
        }
        cluster.succeed(0)
        #expect(cluster.conditions == ["SuccessCriteriaMet: SuccessPolicy", "Complete: SuccessPolicy"])
    }
}
