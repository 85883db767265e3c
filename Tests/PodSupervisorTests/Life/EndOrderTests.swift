// SPDX-License-Identifier: Apache-2.0

import PodPlan
import Testing

@testable import PodSupervisor

/// How a pod ends. See "Termination of Pods" and "Sidecar Containers" in Kubernetes's documentation.
struct EndOrderTests {
    @Test("Stop signals at once, SIGKILL after the grace period, neither before nor later")
    func grace() {
        var pod = ScriptedPod(["a", "b"])
        _ = pod.begin()
        #expect(pod.delete(grace: 30) == ["signal a", "signal b"])
        #expect(pod.exit("a", 143) == [])
        #expect(pod.wait(29) == [])
        #expect(pod.wait(1) == ["kill b"])
        #expect(pod.phase == .running)
        #expect(pod.exit("b", 137) == [])
        #expect(pod.phase == .failed)
    }

    @Test("Killed without any grace: SIGKILL at once, and no hook")
    func noGrace() {
        var pod = ScriptedPod(["a"]) { $0.containers[0].preStop = .exec(["x"]) }
        _ = pod.begin()
        #expect(pod.delete(grace: 0) == ["kill a"])
    }

    @Test("A grace period of 0 or 1 still has two seconds after the stop signal", arguments: [0, 1])
    func shortGrace(seconds: Int64) {
        var pod = ScriptedPod(["a"]) {
            $0.terminationGracePeriodSeconds = seconds
            $0.activeDeadlineSeconds = 60
        }
        _ = pod.begin()
        #expect(pod.wait(60) == ["signal a"])
        #expect(pod.wait(1) == [])
        #expect(pod.wait(1) == ["kill a"])
    }

    @Test("With a grace period of 0 a pod's hook has a second; that of a container that a probe ends isn't run")
    func shortGraceOfHooks() {
        var pod = ScriptedPod(["a", "b"], policy: .always) {
            for index in 0...1 { $0.containers[index].preStop = .exec(["x"]) }
            $0.terminationGracePeriodSeconds = 0
            $0.activeDeadlineSeconds = 60
            $0.containers[1].livenessProbe = ProbePlan(.exec(["x"]))
        }
        _ = pod.begin()
        #expect(pod.probe(.liveness, "b", false) == ["signal b"])
        #expect(pod.wait(1) == [])
        #expect(pod.wait(1) == ["kill b"])
        _ = pod.exit("b", 137)
        #expect(pod.wait(58).contains("preStop a"))
        #expect(pod.wait(1).contains("cancel preStop a"))
    }

    @Test("A second, shorter end counts; a longer one doesn't")
    func shorter() {
        var pod = ScriptedPod(["a"])
        _ = pod.begin()
        _ = pod.delete(grace: 30)
        #expect(pod.delete(grace: 100) == [])
        #expect(pod.delete(grace: 5) == [])
        #expect(pod.sleep == 5)
        #expect(pod.delete(grace: 0) == ["kill a"])
    }

    @Test("A pod has no more time because one of its containers is being ended already")
    func endWithinAnEnd() {
        var pod = ScriptedPod(["a"]) { $0.containers[0].livenessProbe = ProbePlan(.exec(["x"])) }
        _ = pod.begin()
        #expect(pod.probe(.liveness, "a", false) == ["signal a"])
        #expect(pod.delete(grace: 3) == [])
        #expect(pod.delete(grace: 30) == [])
        #expect(pod.sleep == 3)
        #expect(pod.wait(3) == ["kill a"])
    }

    @Test("preStop comes before the signal and counts as part of the grace period")
    func preStop() {
        var pod = ScriptedPod(["a"]) { $0.containers[0].preStop = .exec(["x"]) }
        _ = pod.begin()
        #expect(pod.delete(grace: 30) == ["preStop a"])
        #expect(pod.wait(20) == [])
        #expect(pod.hook(.preStop, "a") == ["signal a"])
        #expect(pod.wait(9) == [])
        #expect(pod.wait(1) == ["kill a"])
    }

    @Test("A preStop hook that hangs is cut off with the grace period; the signal comes then, and two seconds more")
    func hangingPreStop() {
        var pod = ScriptedPod(["a"]) { $0.containers[0].preStop = .exec(["x"]) }
        _ = pod.begin()
        _ = pod.delete(grace: 30)
        #expect(pod.wait(30) == ["cancel preStop a", "signal a"])
        #expect(pod.wait(1) == [])
        #expect(pod.wait(1) == ["kill a"])
    }

    @Test("preStop does not run when a container ends by itself")
    func noPreStop() {
        var pod = ScriptedPod(["a"]) { $0.containers[0].preStop = .exec(["x"]) }
        _ = pod.begin()
        #expect(pod.exit("a", 0) == [])
        #expect(pod.phase == .succeeded)
    }

    @Test("Sidecars never keep a pod from ending: when the others are done they end, the last one first")
    func sidecars() {
        var pod = ScriptedPod(inits: ["s", "t"], sidecars: ["s", "t"], ["c"])
        #expect(pod.begin() == ["start s", "start t", "start c"])
        #expect(pod.exit("c", 0) == ["signal t"])
        #expect(pod.phase == .running)
        #expect(pod.exit("t", 143) == ["signal s"])
        #expect(pod.exit("s", 1) == [])
        #expect(pod.phase == .succeeded)
    }

    @Test("Told to end, sidecars wait for the regular containers, within the one grace period")
    func sidecarsLast() {
        var pod = ScriptedPod(inits: ["s", "t"], sidecars: ["s", "t"], ["c"])
        _ = pod.begin()
        #expect(pod.delete(grace: 10) == ["signal c"])
        #expect(pod.wait(10) == ["signal s", "signal t", "kill c"])
        #expect(pod.wait(2) == ["kill s", "kill t"])
    }

    @Test("Hooks before the end of sidecars run at once, whoever else still runs")
    func sidecarHooks() {
        var pod = ScriptedPod(inits: ["s"], sidecars: ["s"], ["c"]) { $0.initContainers[0].preStop = .exec(["x"]) }
        _ = pod.begin()
        #expect(pod.delete() == ["preStop s", "signal c"])
        #expect(pod.hook(.preStop, "s") == [])
        #expect(pod.exit("c", 0) == ["signal s"])
    }

    @Test("A sidecar that would start again in the moment in which the pod is done does not start")
    func noRestartAtTheEnd() {
        var pod = ScriptedPod(inits: ["s"], sidecars: ["s"], ["c"])
        _ = pod.begin()
        #expect(pod.exit([("s", 1), ("c", 0)]) == [])
        #expect(pod.phase == .succeeded)
        #expect(pod.report("s").restartCount == 0)
    }

    @Test("Nothing is started once a pod is ending, and a restart that was waited for never comes")
    func noRestart() {
        var pod = ScriptedPod(["a", "b"], policy: .always)
        _ = pod.begin()
        _ = pod.exit("a", 1)
        _ = pod.exit("a", 1)
        #expect(pod.delete() == ["signal b"])
        #expect(pod.wait(29) == [])
        #expect(pod.exit("b", 0) == [])
        #expect(pod.phase == .failed)
    }

    @Test("The deadline ends a pod with its grace period, and fails it whatever its exit codes")
    func deadline() {
        var pod = ScriptedPod(["a"]) { $0.activeDeadlineSeconds = 60 }
        _ = pod.begin()
        #expect(pod.wait(59) == [])
        #expect(pod.wait(1) == ["signal a"])
        #expect(pod.exit("a", 0) == [])
        #expect(pod.phase == .failed)
        #expect(pod.life.state.reason == "DeadlineExceeded")
    }

    @Test("One failed container under Never leaves the others alone")
    func others() {
        var pod = ScriptedPod(["a", "b"])
        _ = pod.begin()
        #expect(pod.exit("a", 1) == [])
        #expect(pod.wait(10_000) == [])
        #expect(pod.phase == .running)
        #expect(pod.exit("b", 0) == [])
        #expect(pod.phase == .failed)
    }
}
