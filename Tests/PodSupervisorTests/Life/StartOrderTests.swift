// SPDX-License-Identifier: Apache-2.0

import PodPlan
import Testing

@testable import PodSupervisor

/// Which container starts when. See "Init Containers" and "Sidecar Containers" in Kubernetes's documentation.
struct StartOrderTests {
    @Test("Init containers run one after another; then all regular ones start at once")
    func inits() {
        var pod = ScriptedPod(inits: ["a", "b"], ["c", "d"])
        #expect(pod.begin() == ["start a"])
        #expect(pod.exit("a", 0) == ["start b"])
        #expect(pod.phase == .pending)
        #expect(pod.exit("b", 0) == ["start c", "start d"])
        #expect(pod.phase == .running)
    }

    @Test(
        "An init container that fails is started again, or fails the pod",
        arguments: [(.never, false), (.onFailure, true), (.always, true)] as [(PodPlan.RestartPolicy, Bool)])
    func failingInit(policy: PodPlan.RestartPolicy, restarts: Bool) {
        var pod = ScriptedPod(inits: ["a"], ["c"], policy: policy)
        _ = pod.begin()
        #expect(pod.exit("a", 1) == (restarts ? ["start a"] : []))
        #expect(pod.phase == (restarts ? .pending : .failed))
        #expect(pod.report("c").state == .waiting(reason: "PodInitializing", message: ""))
    }

    @Test("An init container that is done is not started again, whatever the policy")
    func doneInit() {
        var pod = ScriptedPod(inits: ["a"], ["c"], policy: .always)
        _ = pod.begin()
        #expect(pod.exit("a", 0) == ["start c"])
        #expect(pod.wait(1000) == [])
        #expect(pod.report("a").ready)
    }

    @Test("A sidecar starts in its turn and goes on: the next does not wait for its end")
    func sidecars() {
        var pod = ScriptedPod(inits: ["a", "s", "b"], sidecars: ["s"], ["c"])
        #expect(pod.begin() == ["start a"])
        #expect(pod.exit("a", 0) == ["start s", "start b"])
        #expect(pod.exit("b", 0) == ["start c"])
        #expect(pod.report("s").started)
    }

    @Test("The next waits for a sidecar's startup probe, and for no readiness probe")
    func sidecarProbe() {
        var pod = ScriptedPod(inits: ["s", "b"], sidecars: ["s"], ["c"]) {
            $0.initContainers[0].startupProbe = ProbePlan(.exec(["x"]))
            $0.initContainers[0].readinessProbe = ProbePlan(.exec(["x"]))
        }
        #expect(pod.begin() == ["start s"])
        #expect(pod.wait(60) == [])
        #expect(pod.probe(.startup, "s", true) == ["start b"])
        #expect(!pod.report("s").ready)
        #expect(pod.exit("b", 0) == ["start c"])
    }

    @Test("A sidecar that ends while the next init container runs is started again, and nothing else is held up")
    func sidecarRestarts() {
        var pod = ScriptedPod(inits: ["s", "b"], sidecars: ["s"], ["c"])
        #expect(pod.begin() == ["start s", "start b"])
        #expect(pod.exit("s", 0) == ["start s"])
        #expect(pod.exit("s", 0) == [])
        #expect(pod.exit("b", 0) == ["start c"])
        #expect(pod.wait(10) == ["start s"])
        #expect(pod.report("s").restartCount == 2)
    }

    @Test("A sidecar that fails before it has started holds up the pod, under any policy")
    func failingSidecar() {
        var pod = ScriptedPod(inits: ["s"], sidecars: ["s"], ["c"]) {
            $0.initContainers[0].startupProbe = ProbePlan(.exec(["x"]))
        }
        #expect(pod.begin() == ["start s"])
        #expect(pod.exit("s", 1) == ["start s"])
        #expect(pod.phase == .pending)
        #expect(pod.exit("s", 1) == [])
        #expect(pod.sleep == 10)
    }

    @Test("postStart delays the next container; who has none starts the next at once")
    func postStart() {
        var pod = ScriptedPod(["a", "b", "c"]) { $0.containers[1].postStart = .exec(["x"]) }
        #expect(pod.begin() == ["start a", "start b", "postStart b"])
        #expect(pod.wait(100) == [])
        #expect(pod.phase == .pending)
        #expect(pod.hook(.postStart, "b") == ["start c"])
        #expect(pod.phase == .running)
    }

    @Test("While a hook runs after a start no other container is started again either")
    func postStartHoldsRestarts() {
        var pod = ScriptedPod(["a", "b"], policy: .always) { $0.containers[1].postStart = .exec(["x"]) }
        #expect(pod.begin() == ["start a", "start b", "postStart b"])
        #expect(pod.exit("a", 0) == [])
        #expect(pod.hook(.postStart, "b") == ["start a"])
    }

    @Test("A container that can never start keeps the pod Pending, and the others run")
    func blocked() {
        var pod = ScriptedPod(["a", "b"]) {
            $0.containers[0].waiting = .init(reason: "ErrImageNeverPull", message: "m")
        }
        #expect(pod.begin() == ["start b"])
        #expect(pod.phase == .pending)
        #expect(pod.exit("b", 1) == [])
        #expect(pod.phase == .pending)
        #expect(pod.report("a").state == .waiting(reason: "ErrImageNeverPull", message: "m"))
    }
}
