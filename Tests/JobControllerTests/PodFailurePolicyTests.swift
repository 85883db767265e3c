// SPDX-License-Identifier: Apache-2.0

import JobController
import KubernetesAPI
import Testing

struct PodFailurePolicyTests {
    static func rule(
        _ action: PodFailurePolicyRule.Action, _ operator: PodFailurePolicyOnExitCodesRequirement.Operator,
        _ values: [Int32], container: String? = nil
    ) -> PodFailurePolicyRule {
        var codes = PodFailurePolicyOnExitCodesRequirement()
        codes.operator = `operator`
        codes.values = values
        codes.containerName = container
        var rule = PodFailurePolicyRule()
        rule.action = action
        rule.onExitCodes = codes
        return rule
    }

    static func rule(
        _ action: PodFailurePolicyRule.Action, condition: String, _ status: ConditionStatus? = nil
    ) -> PodFailurePolicyRule {
        var pattern = PodFailurePolicyOnPodConditionsPattern()
        pattern.type = condition
        pattern.status = status
        var rule = PodFailurePolicyRule()
        rule.action = action
        rule.onPodConditions = [pattern]
        return rule
    }

    static func policy(_ rules: PodFailurePolicyRule...) -> PodFailurePolicy {
        var policy = PodFailurePolicy()
        policy.rules = rules
        return policy
    }

    @Test("FailJob ends the whole Job at once: the matching pod and its killed siblings are counted")
    func failJob() {
        var cluster = Cluster.started {
            $0.parallelism = 3; $0.completions = 9
            $0.podFailurePolicy = Self.policy(Self.rule(.ignore, .isIn, [7]), Self.rule(.failJob, .isIn, [42]))
        }
        cluster.run(1)
        cluster.fail(0, exitCode: 42)
        #expect(cluster.conditions == ["FailureTarget: PodFailurePolicy"])
        let name = cluster.pods[0].metadata.name
        let message = "Container main for pod default/\(name) failed with exit code 42 matching FailJob rule at index 1"
        #expect(cluster.status.conditions[0].message == message)
        #expect(cluster.deleted.count == 2)
        #expect(cluster.status.failed == 3)
        #expect(cluster.status.terminating == 2)
        cluster.advance(1)
        cluster.reap()
        #expect(cluster.conditions == ["FailureTarget: PodFailurePolicy", "Failed: PodFailurePolicy"])
        #expect(cluster.status.conditions[1].message == message)
        #expect(cluster.status.failed == 3)
        #expect(cluster.reasons.last == "PodFailurePolicy")
    }

    @Test("A condition of the pod can fail the Job, too")
    func failJobByCondition() {
        var cluster = Cluster.started {
            $0.podFailurePolicy = Self.policy(Self.rule(.failJob, condition: "DisruptionTarget"))
        }
        cluster.disrupt(0)
        let name = cluster.pods[0].metadata.name
        #expect(
            cluster.status.conditions[0].message
                == "Pod default/\(name) has condition DisruptionTarget matching FailJob rule at index 0")
    }

    @Test("Ignored failures are in no count and use up no limit, but each makes the back-off longer")
    func ignore() {
        var cluster = Cluster.started {
            $0.backoffLimit = 0
            $0.podFailurePolicy = Self.policy(Self.rule(.ignore, condition: "DisruptionTarget"))
        }
        cluster.disrupt(0)
        #expect(cluster.status.failed == 0)
        cluster.advance(10)
        cluster.disrupt(1)
        cluster.advance(20)
        #expect(cluster.creations == [0, 10, 30])
        #expect(cluster.status.failed == 0)
        #expect(cluster.conditions == [])
        cluster.fail(2)
        #expect(cluster.verdict == "Failed: BackoffLimitExceeded")
        #expect(cluster.status.failed == 1)
    }

    @Test("A disruption without a rule for it counts as any failure")
    func noRule() {
        var cluster = Cluster.started {
            $0.backoffLimit = 0
            $0.podFailurePolicy = Self.policy(Self.rule(.ignore, .isIn, [3]))
        }
        cluster.disrupt(0)
        #expect(cluster.verdict == "Failed: BackoffLimitExceeded")
    }

    @Test("The first rule that matches decides; Count keeps a failure from the rules after it")
    func order() {
        var cluster = Cluster.started {
            $0.podFailurePolicy = Self.policy(Self.rule(.count, .isIn, [42]), Self.rule(.failJob, .isNotIn, [0]))
        }
        cluster.fail(0, exitCode: 42)
        #expect(cluster.conditions == [])
        #expect(cluster.status.failed == 1)
        cluster.advance(10)
        cluster.fail(1, exitCode: 43)
        #expect(cluster.verdict == "Failed: PodFailurePolicy")
    }

    /// Exit codes of the regular containers a and b, then of the init container i; nil: not ended.
    @Test(
        "Which exit codes match",
        arguments: [
            (rule(.failJob, .isIn, [5]), [5, 0], nil, true), (rule(.failJob, .isIn, [5]), [0, 5], nil, true),
            (rule(.failJob, .isIn, [5]), [4, 0], nil, false), (rule(.failJob, .isIn, [5]), [nil, nil], 5, true),
            // Containers that ended with 0 are never looked at.
            (rule(.failJob, .isNotIn, [5]), [0, 5], nil, false), (rule(.failJob, .isNotIn, [5]), [5, 6], nil, true),
            (rule(.failJob, .isNotIn, [0]), [0, 1], nil, true),
            // Only the container that is named.
            (rule(.failJob, .isIn, [5], container: "b"), [5, 0], nil, false),
            (rule(.failJob, .isIn, [5], container: "b"), [0, 5], nil, true),
            (rule(.failJob, .isIn, [5], container: "i"), [5, 5], 5, true),
            (rule(.failJob, .isNotIn, [5], container: "i"), [6, 6], 5, false),
        ] as [(PodFailurePolicyRule, [Int32?], Int32?, Bool)])
    func exitCodes(rule: PodFailurePolicyRule, codes: [Int32?], initCode: Int32?, matches: Bool) {
        var cluster = Cluster.started { $0.podFailurePolicy = Self.policy(rule) }
        func status(_ name: String, _ code: Int32?) -> ContainerStatus {
            var container = ContainerStatus()
            container.name = name
            if let code {
                var end = ContainerStateTerminated()
                end.exitCode = code
                end.finishedAt = cluster.now
                container.state = .terminated(end)
            }
            return container
        }
        cluster.pods[0].status.containerStatuses = zip(["a", "b"], codes).map { status($0, $1) }
        cluster.pods[0].status.initContainerStatuses = [status("i", initCode)]
        cluster.pods[0].status.phase = .failed
        cluster.send(.podChanged(cluster.pods[0]))
        #expect((cluster.verdict == "Failed: PodFailurePolicy") == matches)
    }

    @Test(
        "A pattern means type and status, which is True unless it says otherwise",
        arguments: [
            (nil, ConditionStatus.true, true), (nil, .false, false), (.false, .false, true), (.unknown, .true, false),
        ]
            as [(ConditionStatus?, ConditionStatus, Bool)])
    func conditions(pattern: ConditionStatus?, actual: ConditionStatus, matches: Bool) {
        var cluster = Cluster.started {
            $0.podFailurePolicy = Self.policy(Self.rule(.failJob, condition: "ConfigIssue", pattern))
        }
        cluster.pods[0].status.conditions = [PodCondition(type: "ConfigIssue", status: actual)]
        cluster.pods[0].status.phase = .failed
        cluster.send(.podChanged(cluster.pods[0]))
        #expect((cluster.verdict == "Failed: PodFailurePolicy") == matches)
    }

    @Test("The policy looks at a pod only when it is in phase Failed")
    func onlyFailed() {
        var cluster = Cluster.started {
            $0.podFailurePolicy = Self.policy(Self.rule(.failJob, condition: "DisruptionTarget"))
        }
        cluster.pods[0].status.conditions = [PodCondition(type: "DisruptionTarget", status: .true)]
        cluster.deleteByUser(0)
        #expect(cluster.conditions == [])
        #expect(cluster.status.failed == 0)
        cluster.succeed(0)
        #expect(cluster.verdict == "Complete: CompletionsReached")
    }

    @Test("The policy is asked before backoffLimit and deadline")
    func first() {
        var cluster = Cluster.started {
            $0.backoffLimit = 0; $0.activeDeadlineSeconds = 5
            $0.podFailurePolicy = Self.policy(Self.rule(.failJob, .isIn, [42]))
        }
        cluster.now = cluster.now + .seconds(5)
        cluster.fail(0, exitCode: 42)
        #expect(cluster.verdict == "Failed: PodFailurePolicy")
    }

    @Test("Of several containers that match, the message names a regular one before an init container")
    func named() {
        var cluster = Cluster.started { $0.podFailurePolicy = Self.policy(Self.rule(.failJob, .isIn, [5])) }
        var end = ContainerStateTerminated()
        end.exitCode = 5
        var first = ContainerStatus()
        first.name = "first"
        first.state = .terminated(end)
        cluster.pods[0].status.initContainerStatuses = [first]
        cluster.fail(0, exitCode: 5)
        #expect(cluster.status.conditions[0].message.hasPrefix("Container main for pod default/"))
    }
}
