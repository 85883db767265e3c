// SPDX-License-Identifier: Apache-2.0

import PodPlan
import Testing

@testable import PodSupervisor

/// What hooks and probes do to a container. See "Container Lifecycle Hooks" and "Probes" in Kubernetes's documentation.
struct HealthTests {
    private func pod(
        _ policy: PodPlan.RestartPolicy = .onFailure, _ change: (inout ContainerPlan) -> Void
    ) -> ScriptedPod { ScriptedPod(["a"], policy: policy) { change(&$0.containers[0]) } }

    @Test("A container without probes is started and ready when it runs")
    func bare() {
        var pod = pod { _ in }
        #expect(!pod.report("a").ready)
        _ = pod.begin()
        #expect(pod.report("a").started)
        #expect(pod.report("a").ready)
    }

    @Test("Until the startup probe has succeeded a container has neither started nor is it ready")
    func startup() {
        var pod = pod { $0.startupProbe = ProbePlan(.exec(["x"])) }
        _ = pod.begin()
        #expect(!pod.report("a").started)
        #expect(!pod.report("a").ready)
        _ = pod.probe(.startup, "a", true)
        #expect(pod.report("a").started)
        #expect(pod.report("a").ready)
    }

    @Test("Each attempt has to start by itself")
    func startupAgain() {
        var pod = pod { $0.startupProbe = ProbePlan(.exec(["x"])) }
        _ = pod.begin()
        _ = pod.probe(.startup, "a", true)
        #expect(pod.exit("a", 1) == ["start a"])
        #expect(!pod.report("a").started)
    }

    @Test("Readiness comes and goes, and ends nothing")
    func readiness() {
        var pod = pod { $0.readinessProbe = ProbePlan(.exec(["x"])) }
        _ = pod.begin()
        #expect(!pod.report("a").ready)
        for isReady in [true, false, true] {
            #expect(pod.probe(.readiness, "a", isReady) == [])
            #expect(pod.report("a").ready == isReady)
        }
    }

    @Test("A startup probe that has failed ends the container, within its own grace period if it has one")
    func failingStartup() {
        var pod = pod {
            $0.startupProbe = ProbePlan(.exec(["x"]))
            $0.startupProbe!.terminationGracePeriodSeconds = 3
        }
        _ = pod.begin()
        #expect(pod.probe(.startup, "a", false) == ["signal a"])
        #expect(pod.wait(3) == ["kill a"])
        #expect(pod.exit("a", 137) == ["start a"])
    }

    @Test("Liveness: the hook before the end runs here, too")
    func liveness() {
        var pod = pod {
            $0.livenessProbe = ProbePlan(.exec(["x"]))
            $0.preStop = .exec(["x"])
        }
        _ = pod.begin()
        #expect(pod.probe(.liveness, "a", false) == ["preStop a"])
        #expect(pod.hook(.preStop, "a") == ["signal a"])
        #expect(pod.exit("a", 143) == ["start a"])
    }

    @Test("A liveness probe that fails while the pod ends changes nothing")
    func livenessAtTheEnd() {
        var pod = pod(.always) { $0.livenessProbe = ProbePlan(.exec(["x"])) }
        _ = pod.begin()
        _ = pod.delete(grace: 30)
        #expect(pod.probe(.liveness, "a", false) == [])
        #expect(pod.exit("a", 0) == [])
        #expect(pod.phase == .succeeded)
    }

    @Test(
        "A postStart hook that fails ends its container, and the policy decides",
        arguments: [(.never, false), (.onFailure, true)] as [(PodPlan.RestartPolicy, Bool)])
    func failingPostStart(policy: PodPlan.RestartPolicy, restarts: Bool) {
        var pod = pod(policy) { $0.postStart = .exec(["x"]) }
        #expect(pod.begin() == ["start a", "postStart a"])
        #expect(pod.hook(.postStart, "a", fails: true) == ["signal a"])
        #expect(pod.report("a").state == .waiting(reason: "PostStartHookError", message: "it failed"))
        #expect(pod.exit("a", 143) == (restarts ? ["start a", "postStart a"] : []))
    }

    @Test("A hook ends with its container, and with its pod")
    func hooksEnd() {
        var pod = pod(.never) { $0.postStart = .exec(["x"]) }
        _ = pod.begin()
        #expect(pod.delete() == ["cancel postStart a", "signal a"])
        #expect(pod.exit("a", 0) == [])
        #expect(pod.phase == .succeeded)
    }

    @Test("What becomes of a hook of an attempt that is over is nobody's business")
    func lateHook() {
        var pod = pod(.always) { $0.postStart = .exec(["x"]) }
        _ = pod.begin()
        _ = pod.exit("a", 1)
        var life = pod.life
        life.hookEnded(HookID(container: 0, attempt: 0, kind: .postStart), "late", now: 0)
        #expect(life.containers[0].isInPostStart)
        #expect(life.containers[0].stop == nil)
    }
}
