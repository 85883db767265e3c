// SPDX-License-Identifier: Apache-2.0

import CLinux
import PodPlan
import Testing

/// How containers and pods end.
@Suite(.enabled(if: isRoot, "needs root: runs real pods"), .serialized)
struct EndTests {
    @Test("An exit code arrives as it is", arguments: [0, 1, 42, 137, 255] as [Int32])
    func exitCodes(code: Int32) throws {
        let pod = try Starter().run("exit \(code)")
        let end = try #require(pod.end())
        #expect(pod.last.phase == (code == 0 ? .succeeded : .failed))
        #expect(end.exitCode == code)
        #expect(end.signal == 0)
        #expect(end.reason == (code == 0 ? "Completed" : "Error"))
        #expect(end.oomKills == 0)
        #expect(pod.last.startTime <= end.startedAt && end.startedAt <= end.finishedAt)
        #expect(pod.events.map(\.message) == ["Created container: c", "Started container c"])
        #expect(pod.last.containers[0].containerID == "\(pod.plan.uid)/c/0")
    }

    @Test("A signal from outside ends as 128 and its number")
    func signal() throws {
        let starter = try Starter()
        let pod = try starter.start(starter.plan("trap '' TERM; while :; do sleep 0.05; done"))
        try pod.waitUntilRunning()
        try pod.send(.terminate(gracePeriodSeconds: 0))
        try pod.finish()
        let end = try #require(pod.end())
        #expect(end.exitCode == 137)
        #expect(end.signal == 9)
        #expect(end.reason == "Error")
        #expect(pod.last.phase == .failed)
        #expect(pod.events.contains(PodEvent(warning: false, reason: "Killing", message: "Stopping container c")))
        #expect(try starter.leftovers(of: pod.plan) == [])
    }

    @Test("A container that fails at once and is started again at once doesn't keep its pod from being ended")
    func restlessStarts() throws {
        let starter = try Starter()
        var plan = starter.plan("")
        plan.containers[0].arguments = ["/no/such/program"]
        plan.restartPolicy = .always
        (plan.restartBackoffBaseMilliseconds, plan.restartBackoffCapMilliseconds) = (0, 0)
        let pod = try starter.start(plan)
        try pod.wait { if case .status(let state) = $0 { state.containers[0].restartCount > 0 } else { false } }
        try pod.send(.terminate(gracePeriodSeconds: 0))
        try pod.finish()
        #expect(pod.last.phase == .failed)
        #expect(try starter.leftovers(of: plan) == [])
    }

    @Test("A command that is not there ends as 128, StartError, with what was looked for")
    func missingCommand() throws {
        let starter = try Starter()
        var plan = starter.plan("")
        plan.containers[0].arguments = ["no-such-program"]
        let pod = try starter.run(plan)
        let end = try #require(pod.end())
        #expect(pod.last.phase == .failed)
        #expect(end.exitCode == 128)
        #expect(end.reason == "StartError")
        #expect(end.message.contains("no-such-program"))
        #expect(pod.events.contains { $0.warning && $0.reason == "Failed" && $0.message == "Error: \(end.message)" })
    }

    @Test("A container that its planner refused waits for ever, and the pod is Pending until it is ended")
    func refused() throws {
        let starter = try Starter()
        var plan = starter.plan("")
        plan.containers[0].waiting = .init(reason: "ErrImageNeverPull", message: "not present")
        let pod = try starter.start(plan)
        try pod.wait(state: { $0.containers[0].state == .waiting(reason: "ErrImageNeverPull", message: "not present") })
        #expect(pod.last.phase == .pending)
        try pod.send(.terminate(gracePeriodSeconds: 30))
        try pod.finish()
        #expect(pod.last.phase == .failed)
        #expect(try starter.leftovers(of: plan) == [])
    }

    @Test("What PID 1 leaves running is gone with it, and its open pipe holds up nothing")
    func orphans() throws {
        let pod = try Starter().run("(trap '' TERM HUP; sleep 600) & echo started; exit 5")
        #expect(pod.end()?.exitCode == 5)
        #expect(pod.output() == "started\n")
    }

    @Test("CPU time and peak memory are of the container's own cgroup")
    func usage() throws {
        let starter = try Starter()
        var plan = starter.plan(
            "dd if=/dev/zero of=/dev/shm/f bs=1M count=20 2>/dev/null; i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done"
        )
        plan.containers[0].resources.memoryBytes = 64 << 20
        let end = try #require(try starter.run(plan).end())
        #expect(end.exitCode == 0)
        #expect(end.peakMemoryBytes > 20 << 20 && end.peakMemoryBytes < 64 << 20)
        #expect(end.cpuMicroseconds > 0)
    }
}

/// Memory: judged by the counter of the container's own cgroup and nothing else.
@Suite(.enabled(if: isRoot, "needs root: runs real pods"), .serialized)
struct OOMTests {
    private func run(_ script: String, arguments: [String]? = nil) throws -> StartedPod {
        let starter = try Starter()
        var plan = starter.plan(script)
        if let arguments { plan.containers[0].arguments = arguments }
        plan.containers[0].resources.memoryBytes = 16 << 20
        return try starter.run(plan)
    }

    @Test("PID 1 killed for memory is OOMKilled, 137")
    func first() throws {
        let end = try #require(try run("", arguments: ["tail", "/dev/zero"]).end())
        #expect(end.exitCode == 137)
        #expect(end.signal == 9)
        #expect(end.reason == "OOMKilled")
        #expect(end.oomKills > 0)
        // What the container says and nothing else is its message.
        #expect(end.message.isEmpty)
    }

    @Test("A child killed for memory makes it OOMKilled when PID 1 fails for it")
    func child() throws {
        let end = try #require(try run("tail /dev/zero; exit 3").end())
        // cgroup v2 ends the whole container at once.
        #expect(end.exitCode == 3 || end.exitCode == 137)
        #expect(end.reason == "OOMKilled")
        #expect(end.oomKills > 0)
    }

    @Test("A child killed for memory that PID 1 gets over is told, but is no failure")
    func survived() throws {
        let pod = try run("tail /dev/zero; exit 0")
        let end = try #require(pod.end())
        #expect(end.oomKills > 0)
        if end.exitCode == 0 {
            #expect(end.reason == "OOMKilled")
            #expect(pod.last.phase == .succeeded)
        } else {
            #expect(end.exitCode == 137, "cgroup v2 ends the whole container at once")
        }
    }

    @Test("137 alone is no OOM kill")
    func innocent() throws {
        let end = try #require(try run("exit 137").end())
        #expect(end.reason == "Error")
        #expect(end.oomKills == 0)
        #expect(end.message == "")
    }
}
