// SPDX-License-Identifier: Apache-2.0

import PodPlan
import Testing

@testable import PodSupervisor

/// Who is started again, and when. See "Pod Lifecycle" in Kubernetes's documentation, and KEP-5307 for rules.
struct RestartTests {
    private typealias Policy = PodPlan.RestartPolicy

    @Test(
        "The policy decides by the exit code",
        arguments: [
            (.always, 0, true), (.always, 1, true), (.onFailure, 0, false), (.onFailure, 1, true), (.never, 0, false),
            (.never, 1, false),
        ] as [(PodPlan.RestartPolicy, Int32, Bool)])
    func policies(policy: PodPlan.RestartPolicy, code: Int32, restarts: Bool) {
        var pod = ScriptedPod(["a"], policy: policy)
        _ = pod.begin()
        #expect(pod.exit("a", code) == (restarts ? ["start a"] : []))
        #expect(pod.phase == (restarts ? .running : code == 0 ? .succeeded : .failed))
    }

    @Test(
        "A container's own policy goes before the pod's",
        arguments: [(.always, .never, false), (.never, .onFailure, true), (.never, .always, true)]
            as [(PodPlan.RestartPolicy, PodPlan.RestartPolicy, Bool)])
    func ownPolicy(pod: PodPlan.RestartPolicy, own: PodPlan.RestartPolicy, restarts: Bool) {
        var pod = ScriptedPod(["a"], policy: pod) { $0.containers[0].restartPolicy = own }
        _ = pod.begin()
        #expect(pod.exit("a", 3) == (restarts ? ["start a"] : []))
    }

    @Test(
        "A rule that matches goes before the policy; none that matches leaves it to the policy",
        arguments: [
            ([42], false, 42, true), ([42], false, 41, false), ([42], true, 42, false), ([42], true, 41, true),
            ([0], false, 0, true), ([137, 143], false, 143, true),
        ] as [([Int32], Bool, Int32, Bool)])
    func rules(codes: [Int32], negated: Bool, code: Int32, restarts: Bool) {
        var pod = ScriptedPod(["a"]) {
            $0.containers[0].restartPolicy = .never
            $0.containers[0].restartRules = [RestartRulePlan(exitCodes: codes, negated: negated)]
        }
        _ = pod.begin()
        #expect(pod.exit("a", code) == (restarts ? ["start a"] : []))
    }

    @Test(
        "RestartAllContainers: all that runs is killed, without hooks, and the pod starts over from its init containers"
    )
    func restartAll() {
        var pod = ScriptedPod(inits: ["i", "s"], sidecars: ["s"], ["a", "b"]) {
            $0.containers[0].restartPolicy = .never
            $0.containers[0].restartRules = [RestartRulePlan(.restartAll, exitCodes: [42], negated: false)]
            $0.containers[1].preStop = .exec(["x"])
        }
        #expect(pod.begin() == ["start i"])
        #expect(pod.exit("i", 0) == ["start s", "start a", "start b"])
        #expect(pod.exit("a", 42) == ["kill s", "kill b"])
        #expect(pod.life.state.isRestarting && pod.phase == .running)
        #expect(pod.exit("s", 137) == [])
        #expect(pod.exit("b", 137) == ["start i"])
        #expect(!pod.life.state.isRestarting && pod.phase == .running)
        #expect(pod.report("b").state == .waiting(reason: "RestartingAllContainers", message: ""))
        #expect(pod.exit("i", 0) == ["start s", "start a", "start b"])
        #expect(["i", "s", "a", "b"].map { pod.report($0).restartCount } == [1, 1, 1, 1])
        // The second time it waits, as any container that fails again.
        #expect(pod.exit("a", 42) == ["kill s", "kill b"])
        #expect(pod.exit([("s", 137), ("b", 137)]) == [])
        #expect(pod.sleep == 10)
        #expect(pod.wait(10) == ["start i"])
        #expect(pod.exit("i", 1) == [])
        #expect(pod.phase == .failed)
    }

    @Test("The first rule that matches decides, and an end while the pod ends restarts nothing")
    func firstRule() {
        var pod = ScriptedPod(["a", "b"]) {
            $0.containers[0].restartRules = [
                RestartRulePlan(exitCodes: [1], negated: false),
                RestartRulePlan(.restartAll, exitCodes: [0], negated: true),
            ]
        }
        _ = pod.begin()
        #expect(pod.exit("a", 1) == ["start a"])
        #expect(pod.exit("a", 2) == ["kill b"])
        #expect(pod.delete() == [])
        #expect(pod.exit("b", 137) == [])
        #expect(pod.phase == .failed)
        var ending = ScriptedPod(["a", "b"]) {
            $0.containers[0].restartRules = [RestartRulePlan(.restartAll, exitCodes: [143], negated: false)]
        }
        _ = ending.begin()
        _ = ending.delete()
        #expect(ending.exit([("a", 143), ("b", 0)]) == [])
        #expect(ending.phase == .failed)
    }

    @Test("One container's restarts leave the others alone, and each has its own delays")
    func apart() {
        var pod = ScriptedPod(["a", "b"], policy: .onFailure)
        _ = pod.begin()
        #expect(pod.exit("a", 1) == ["start a"])
        #expect(pod.exit("a", 1) == [])
        #expect(pod.exit("b", 1) == ["start b"])
        #expect(pod.wait(9) == [])
        #expect(pod.wait(1) == ["start a"])
        #expect(pod.report("a").restartCount == 2)
        #expect(pod.report("b").restartCount == 1)
    }

    @Test("Waiting for a restart is told with the delay, and the end is in lastState")
    func told() {
        var pod = ScriptedPod(["a"], policy: .onFailure)
        _ = pod.begin()
        _ = pod.exit("a", 1)
        _ = pod.wait(5)
        _ = pod.exit("a", 7)
        let report = pod.report("a")
        #expect(
            report.state
                == .waiting(
                    reason: "CrashLoopBackOff", message: "back-off 10s restarting failed container=a pod=p_n(u)"))
        #expect(report.lastTermination?.exitCode == 7)
        #expect(report.restartCount == 1)
        #expect(pod.phase == .running)
    }

    @Test("A container that ran for twice the longest delay starts afresh", arguments: [(600, false), (601, true)])
    func afresh(seconds: Int64, isAfresh: Bool) {
        var pod = ScriptedPod(["a"], policy: .always)
        _ = pod.begin()
        _ = pod.exit("a", 1)
        _ = pod.exit("a", 1)
        #expect(pod.wait(10) == ["start a"])
        #expect(pod.wait(seconds) == [])
        #expect(pod.exit("a", 1) == (isAfresh ? ["start a"] : []))
        if !isAfresh { #expect(pod.sleep == 20) }
    }

    @Test(
        "A failed liveness probe restarts by the policy, whatever the exit code",
        arguments: [(.always, true), (.onFailure, true), (.never, false)] as [(PodPlan.RestartPolicy, Bool)])
    func liveness(policy: PodPlan.RestartPolicy, restarts: Bool) {
        var pod = ScriptedPod(["a"], policy: policy) { $0.containers[0].livenessProbe = ProbePlan(.exec(["x"])) }
        _ = pod.begin()
        #expect(pod.probe(.liveness, "a", false) == ["signal a"])
        #expect(pod.exit("a", 0) == (restarts ? ["start a"] : []))
    }

    @Test("Restarts for liveness wait as others do")
    func livenessDelay() {
        var pod = ScriptedPod(["a"], policy: .always) { $0.containers[0].livenessProbe = ProbePlan(.exec(["x"])) }
        _ = pod.begin()
        for delay in [0, 10, 20] as [Int64] {
            _ = pod.probe(.liveness, "a", false)
            let words = pod.exit("a", 143)
            #expect(words == (delay == 0 ? ["start a"] : []))
            if delay > 0 { #expect(pod.wait(delay) == ["start a"]) }
        }
    }
}
