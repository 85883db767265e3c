// SPDX-License-Identifier: Apache-2.0

import JobController
import KubernetesAPI
import Testing

struct SuccessPolicyTests {
    private static func rule(_ indexes: String?, _ count: Int32?) -> SuccessPolicyRule {
        var rule = SuccessPolicyRule()
        rule.succeededIndexes = indexes
        rule.succeededCount = count
        return rule
    }

    private static func cluster(_ rules: SuccessPolicyRule..., edit: (inout JobSpec) -> Void = { _ in }) -> Cluster {
        IndexedTests.indexed(5, parallelism: 5) {
            $0.successPolicy = SuccessPolicy()
            $0.successPolicy?.rules = rules
            edit(&$0)
        }
    }

    @Test("When a rule is met, the criteria are first, then the other pods go, uncounted, and then the Job is Complete")
    func order() {
        var cluster = Self.cluster(Self.rule("0", nil))
        cluster.succeed(3)
        #expect(cluster.conditions == [])
        cluster.succeed(0)
        #expect(cluster.conditions == ["SuccessCriteriaMet: SuccessPolicy"])
        #expect(cluster.status.conditions[0].message == "Matched rules at index 0")
        #expect(cluster.deleted.count == 3)
        #expect(cluster.status.active == 0)
        #expect(cluster.status.terminating == 3)
        #expect(cluster.status.completionTime == nil)
        cluster.advance(2)
        cluster.reap()
        #expect(cluster.conditions == ["SuccessCriteriaMet: SuccessPolicy", "Complete: SuccessPolicy"])
        #expect(cluster.status.completionTime == cluster.now)
        #expect(cluster.status.succeeded == 2)
        #expect(cluster.status.failed == 0)
        #expect(cluster.status.completedIndexes == "0,3")
        #expect(cluster.reasons.last == "Completed")
    }

    /// Indexes that succeed one after another, and after how many of them the rule is met.
    @Test(
        "When a rule is met",
        arguments: [
            (rule("1-3", nil), [1, 2, 0, 3], 4), (rule(nil, 2), [4, 0, 1], 2), (rule("0,2-4", 2), [1, 0, 4], 3),
            (rule("0-1", 2), [0, 2, 3, 1], 4), (rule(nil, 0), [3], 1),
            // No index at all is never met.
            (rule("", nil), [0, 1, 2, 3], nil), (rule("", 0), [0, 1], nil),
        ] as [(SuccessPolicyRule, [Int], Int?)])
    func met(rule: SuccessPolicyRule, succeed: [Int], after: Int?) {
        var cluster = Self.cluster(rule)
        for (count, index) in succeed.enumerated() {
            #expect(cluster.conditions == [])
            cluster.succeed(index)
            guard count + 1 != after else { break }
        }
        #expect((cluster.conditions == ["SuccessCriteriaMet: SuccessPolicy"]) == (after != nil))
    }

    @Test("The message names the first rule that is met")
    func which() {
        var cluster = Self.cluster(Self.rule("4", nil), Self.rule(nil, 2), Self.rule("0-1", 2))
        cluster.succeed(0)
        cluster.succeed(1)
        #expect(cluster.status.conditions[0].message == "Matched rules at index 1")
    }

    @Test("When all indexes are completed a rule that is met is the reason")
    func allCompleted() {
        var cluster = Self.cluster(Self.rule("0-4", nil))
        for index in 0..<5 { cluster.succeed(index) }
        #expect(cluster.verdict == "Complete: SuccessPolicy")
        var unmet = Self.cluster(Self.rule("", nil))
        for index in 0..<5 { unmet.succeed(index) }
        #expect(unmet.verdict == "Complete: CompletionsReached")
    }

    @Test("What fails the Job is asked first")
    func failureFirst() {
        var cluster = Self.cluster(Self.rule(nil, 1)) { $0.activeDeadlineSeconds = 5 }
        cluster.now = cluster.now + .seconds(5)
        cluster.succeed(0)
        cluster.reap()
        #expect(cluster.verdict == "Failed: DeadlineExceeded")
        #expect(cluster.status.completedIndexes == "0")
    }

    @Test("Once the criteria are met nothing makes the Job fail, and nothing is created")
    func final() {
        var cluster = Self.cluster(Self.rule("0", nil)) { $0.backoffLimit = 0 }
        cluster.succeed(0)
        cluster.end(1, .failed, exitCode: 1)
        cluster.succeed(2)
        cluster.change { $0.activeDeadlineSeconds = 0 }
        cluster.reap()
        #expect(cluster.verdict == "Complete: SuccessPolicy")
        #expect(cluster.status.failed == 0)
        #expect(cluster.status.completedIndexes == "0")
        #expect(cluster.pods.count == 5)
    }

    @Test("With failed indexes a policy can still be met")
    func withFailedIndexes() {
        var cluster = Self.cluster(Self.rule("0", nil)) { $0.backoffLimitPerIndex = 0 }
        cluster.fail(1)
        cluster.succeed(0)
        cluster.reap()
        #expect(cluster.verdict == "Complete: SuccessPolicy")
        #expect(cluster.status.failedIndexes == "1")
    }
}
