// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import PodPlan
import Sandbox
import Testing

/// What is left when one of the processes dies.
@Suite(.enabled(if: isRoot, "needs root: runs real pods"), .serialized)
struct CrashTests {
    @Test("When the control plane is gone, so is the pod: no process, cgroup or directory")
    func endOfFile() throws {
        let starter = try Starter()
        var plan = starter.plan("trap '' TERM; echo up; sleep 600")
        plan.containers.append(starter.container("d", "sleep 600"))
        plan.volumes = [VolumePlan()]
        plan.volumes[0].name = "v"
        plan.volumes[0].source = .memory(sizeBytes: 1 << 20)
        let pod = try starter.start(plan)
        try pod.waitUntilRunning()
        #expect(try starter.processes(of: plan).count >= 2)
        pod.hangUp()
        #expect(try eventually { try starter.leftovers(of: plan) == [] && starter.supervisors == [] })
    }

    @Test("At whatever instant the control plane goes, nothing of the pod is left")
    func endOfFileAnywhere() throws {
        let starter = try Starter()
        var plans: [PodPlan] = []
        for step in 0..<60 {
            var plan = starter.plan("sleep 0.003; echo x")
            plan.containers.append(starter.container("slow", "sleep 600"))
            let pod = try starter.start(plan)
            clinux_sleep_microseconds(UInt32(step) * 200)
            pod.hangUp()
            plans.append(plan)
        }
        #expect(try eventually { try plans.allSatisfy { try starter.leftovers(of: $0) == [] } })
        for plan in plans { #expect(try starter.leftovers(of: plan) == []) }
    }

    @Test("When the supervisor is killed, no process of the pod lives on, and the control plane sees the end of file")
    func supervisorKilled() throws {
        let starter = try Starter()
        let plan = starter.plan("trap '' TERM; echo up; sleep 600 & sleep 600")
        let pod = try starter.start(plan)
        try pod.waitForOutput("up")
        let supervisor = try #require(try starter.supervisors.first)
        #expect(kill(supervisor, SIGKILL) == 0)
        try pod.finish()
        #expect(pod.last.phase == .running)
        #expect(try eventually { try starter.processes(of: plan) == [] })
        #expect(access(plan.directory, F_OK) == 0, "the directory says that something was left")
        try removeCgroups(plan)
    }

    @Test("A supervisor that is asked to end takes its pod with it, tells its end, and leaves nothing")
    func supervisorTerminated() throws {
        let starter = try Starter()
        let plan = starter.plan("trap '' TERM; echo up; sleep 600")
        let pod = try starter.start(plan)
        try pod.waitForOutput("up")
        #expect(kill(try #require(try starter.supervisors.first), SIGTERM) == 0)
        try pod.finish()
        #expect(pod.last.phase == .failed)
        #expect(try starter.leftovers(of: plan) == [])
    }

    @Test("Supervisors at work go on when the zygote is killed")
    func zygoteKilled() throws {
        let starter = try Starter()
        let plan = starter.plan("echo up; while [ ! -e /h/go ]; do sleep 0.05; done; exit 4")
        var mounted = plan
        mounted.volumes = [VolumePlan()]
        mounted.volumes[0].name = "h"
        mounted.volumes[0].source = .hostPath("\(starter.directory)/host", .directory)
        var mount = MountPlan()
        mount.path = "/h"
        mounted.containers[0].mounts = [mount]
        let pod = try starter.start(mounted)
        try pod.waitForOutput("up")
        starter.expectsKill()
        try starter.child.process.send(signal: SIGKILL)
        _ = try OwnedDescriptor.open("\(starter.directory)/host/go", O_WRONLY | O_CREAT, mode: 0o644)
        try pod.finish()
        #expect(pod.end()?.exitCode == 4)
        #expect(try starter.leftovers(of: mounted) == [])
    }

    @Test("Bytes that are no message end the pod")
    func nonsense() throws {
        let starter = try Starter()
        let plan = starter.plan("sleep 600")
        let pod = try starter.start(plan)
        try pod.waitUntilRunning()
        try pod.sendRaw([3, 0, 0, 0, 9, 9, 9])
        try pod.finish()
        #expect(try eventually { try starter.leftovers(of: plan) == [] })
    }

    @Test("Ended supervisors are reaped, and the zygote holds nothing of theirs")
    func zygoteStaysClean() throws {
        let starter = try Starter()
        _ = try starter.run("true")
        let before = try starter.zygoteDescriptors
        for _ in 0..<10 { _ = try starter.run("true") }
        #expect(try eventually { try starter.supervisors == [] })
        #expect(try starter.zygoteDescriptors == before)
    }

    @Test("Started by hand, it says what it is and ends with 2")
    func byHand() throws {
        let child = try ChildProcess.start(Starter.executable, arguments: ["berth-pod"], descriptors: [])
        #expect(try child.reap(wait: true) == 2)
    }

    private func removeCgroups(_ plan: PodPlan) throws {
        let result = try CgroupHierarchy.detect().sweep { $0.hasPrefix(plan.uid) }
        #expect(result.errors.isEmpty)
        #expect(!result.removed.isEmpty)
    }
}
