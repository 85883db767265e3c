// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import PodPlan
import Testing

/// Several containers in one pod, and their order.
@Suite(.enabled(if: isRoot, "needs root: runs real pods"), .serialized)
struct PodTests {
    @Test("Containers of a pod share the network, the host name, /dev/shm and an emptyDir")
    func shared() throws {
        let starter = try Starter()
        var plan = starter.plan("")
        var volume = VolumePlan()
        volume.name = "v"
        plan.volumes = [volume]
        var mount = MountPlan()
        mount.path = "/v"
        plan.containers = [
            starter.container(
                "server",
                "echo shm >/dev/shm/f; echo disk >/v/f; while [ ! -e /v/done ]; do echo hi | nc -l -p 8000; done; touch /v/over"
            ),
            starter.container(
                "client",
                "until nc 127.0.0.1 8000 </dev/null 2>/dev/null | grep hi; do sleep 0.05; done; cat /dev/shm/f /v/f; hostname; touch /v/done; "
                    + "until [ -e /v/over ]; do nc 127.0.0.1 8000 </dev/null >/dev/null 2>&1; sleep 0.05; done"),
        ]
        for index in 0...1 { plan.containers[index].mounts = [mount] }
        let pod = try starter.run(plan)
        #expect(pod.last.phase == .succeeded)
        #expect(pod.output("client").hasPrefix("hi\nshm\ndisk\npod\n"))
    }

    @Test("Init containers run one after another, then all containers")
    func order() throws {
        let starter = try Starter()
        var plan = starter.plan("echo main >>/v/log; cat /v/log")
        plan.volumes = [VolumePlan()]
        plan.volumes[0].name = "v"
        var mount = MountPlan()
        mount.path = "/v"
        plan.initContainers = [
            starter.container("one", "sleep 0.1; echo one >>/v/log"), starter.container("two", "echo two >>/v/log"),
        ]
        for index in 0...1 { plan.initContainers[index].mounts = [mount] }
        plan.containers[0].mounts = [mount]
        let pod = try starter.run(plan)
        #expect(pod.last.phase == .succeeded)
        #expect(pod.output("c") == "one\ntwo\nmain\n")
        #expect(
            pod.states.allSatisfy { $0.phase != .running || $0.initContainers.allSatisfy { $0.state.isTerminated } })
    }

    @Test("Never: an init container that fails ends the pod, and nothing else of it runs")
    func initFailure() throws {
        let starter = try Starter()
        var plan = starter.plan("echo never")
        plan.initContainers = [starter.container("one", "exit 9"), starter.container("two", "echo never")]
        let pod = try starter.run(plan)
        #expect(pod.last.phase == .failed)
        #expect(pod.end("one")?.exitCode == 9)
        #expect(pod.output() == "")
        #expect(pod.last.containers[0].state == .waiting(reason: "PodInitializing", message: ""))
    }

    @Test("Never: the pod waits for the other containers after one has failed")
    func waitsForOthers() throws {
        let starter = try Starter()
        var plan = starter.plan("exit 1")
        plan.containers.append(starter.container("slow", "sleep 0.3; echo done"))
        let pod = try starter.run(plan)
        #expect(pod.last.phase == .failed)
        #expect(pod.output("slow") == "done\n")
        #expect(pod.end("slow")?.exitCode == 0)
    }

    @Test("OnFailure: what fails is started again, at once and then later and later; what is in an emptyDir stays")
    func restarts() throws {
        let starter = try Starter()
        var plan = starter.plan("echo x >>/v/n; test $(wc -l </v/n) -ge 4 || exit 6")
        plan.restartPolicy = .onFailure
        plan.restartBackoffBaseMilliseconds = 20
        plan.restartBackoffCapMilliseconds = 10_000
        plan.volumes = [VolumePlan()]
        plan.volumes[0].name = "v"
        var mount = MountPlan()
        mount.path = "/v"
        plan.containers[0].mounts = [mount]
        let pod = try starter.run(plan)
        #expect(pod.last.phase == .succeeded)
        let report = pod.last.containers[0]
        #expect(report.restartCount == 3)
        #expect(report.containerID == "\(plan.uid)/c/3")
        #expect(report.lastTermination?.exitCode == 6)
        let pauses = pod.states.compactMap { state -> String? in
            guard case .waiting("CrashLoopBackOff", let message) = state.containers[0].state else { return nil }
            return message
        }
        let rest = "restarting failed container=c pod=pod_default(\(plan.uid))"
        #expect(pauses == ["back-off 20ms \(rest)", "back-off 40ms \(rest)"])
        #expect(pod.events.filter { $0.reason == "BackOff" }.count == 2)
        #expect(pod.states.allSatisfy { $0.phase != .failed })
    }

    @Test("A pod that is active too long fails with DeadlineExceeded")
    func deadline() throws {
        let starter = try Starter()
        var plan = starter.plan("trap 'exit 0' TERM; while :; do sleep 0.05; done")
        plan.activeDeadlineSeconds = 1
        plan.terminationGracePeriodSeconds = 30
        let pod = try starter.run(plan)
        #expect(pod.last.phase == .failed)
        #expect(pod.last.reason == "DeadlineExceeded")
        #expect(pod.last.message == "Pod was active on the node longer than the specified deadline")
        #expect(pod.end()?.exitCode == 0)
        #expect(pod.events.contains { $0.reason == "DeadlineExceeded" })
    }

    @Test("The stop signal comes first, and the exit code counts")
    func graceful() throws {
        let starter = try Starter()
        let pod = try starter.start(starter.plan("trap 'exit 7' TERM; echo up; while :; do sleep 0.05; done"))
        try pod.waitForOutput("up")
        try pod.send(.terminate(gracePeriodSeconds: 60))
        try pod.finish()
        #expect(pod.end()?.exitCode == 7)
        #expect(pod.end()?.signal == 0)
    }

    @Test("A signal that PID 1 has no handler for does nothing, and SIGKILL comes after the grace period")
    func killed() throws {
        let starter = try Starter()
        let pod = try starter.start(starter.plan("echo up; sleep 600"))
        try pod.waitForOutput("up")
        try pod.send(.terminate(gracePeriodSeconds: 1))
        try pod.finish()
        let end = try #require(pod.end())
        #expect(end.exitCode == 137)
        #expect(end.signal == 9)
    }

    @Test("A shorter grace period overrides, a longer one does not")
    func shorter() throws {
        let starter = try Starter()
        let pod = try starter.start(starter.plan("echo up; sleep 600"))
        try pod.waitForOutput("up")
        try pod.send(.terminate(gracePeriodSeconds: 3600))
        try pod.send(.terminate(gracePeriodSeconds: 0))
        try pod.send(.terminate(gracePeriodSeconds: 3600))
        try pod.finish()
        #expect(pod.end()?.exitCode == 137)
    }

    @Test("Memory of running containers is told as often as asked for")
    func memory() throws {
        let starter = try Starter()
        let pod = try starter.start(starter.plan("sleep 600"))
        try pod.send(.watchMemory(milliseconds: 10))
        try pod.wait(state: { $0.containers[0].memoryBytes > 0 })
        try pod.send(.terminate(gracePeriodSeconds: 0))
        try pod.finish()
        #expect(pod.last.containers[0].memoryBytes == 0)
    }

    @Test("A pod in a user namespace runs as its own root, which is nobody on the host")
    func userNamespace() throws {
        let starter = try Starter()
        var plan = starter.plan("id -u; cat /proc/self/uid_map; echo x >/v/f && stat -c %u /v/f; hostname")
        plan.userNamespace = IDRange(start: 1_900_000_000, count: 65536)
        plan.volumes = [VolumePlan()]
        plan.volumes[0].name = "v"
        var mount = MountPlan()
        mount.path = "/v"
        plan.containers[0].mounts = [mount]
        let pod = try starter.run(plan)
        #expect(pod.last.phase == .succeeded, "\(pod.last) \(pod.output())")
        #expect(pod.output().split(whereSeparator: \.isWhitespace) == ["0", "0", "1900000000", "65536", "0", "pod"])
    }
}

extension ContainerReport.State {
    var isTerminated: Bool { if case .terminated = self { true } else { false } }
}
