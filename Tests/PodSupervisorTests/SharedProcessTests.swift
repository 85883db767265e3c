// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import PodPlan
import Sandbox
import Testing

/// Pods whose containers share one pid namespace.
@Suite(.enabled(if: isRoot, "needs root: runs real pods"), .serialized)
struct SharedProcessTests {
    private func plan(_ starter: Starter, _ scripts: (name: String, script: String)...) -> PodPlan {
        var plan = starter.plan("")
        plan.sharesProcesses = true
        plan.volumes = [VolumePlan()]
        plan.volumes[0].name = "v"
        var mount = MountPlan()
        mount.path = "/v"
        plan.containers = scripts.map { starter.container($0.name, $0.script) }
        for index in plan.containers.indices { plan.containers[index].mounts = [mount] }
        return plan
    }

    @Test(
        "Containers see and signal each other's processes; none is PID 1",
        arguments: [nil, IDRange(start: 1 << 20, count: 65536)])
    func sees(range: IDRange?) throws {
        let starter = try Starter()
        var plan = plan(
            starter,
            (
                "first",
                "trap 'echo told; exit 7' TERM; echo $$ >/v/pid.new; busybox mv /v/pid.new /v/pid; while :; do sleep 0.05; done"
            ),
            (
                "second",
                "until [ -e /v/pid ]; do sleep 0.01; done; busybox tr '\\0' ' ' </proc/1/cmdline; echo; grep Uid /proc/1/status; [ $$ != 1 ] && echo other; kill -TERM $(cat /v/pid)"
            ))
        plan.userNamespace = range
        let pod = try starter.run(plan)
        #expect(pod.output("first") == "told\n")
        #expect(pod.end("first")?.exitCode == 7)
        #expect(pod.output("second") == "pause \nUid:\t65535\t65535\t65535\t65535\nother\n")
        #expect(pod.last.phase == .failed)
    }

    @Test("PID 1 gives nothing of the host away, even to who may trace it", arguments: [false, true])
    func firstProcess(mayTrace: Bool) throws {
        let starter = try Starter()
        var plan = plan(
            starter,
            (
                "c",
                "ls -A /proc/1/root/ 2>/dev/null; ls -A /proc/1/fd 2>/dev/null; cat /proc/1/environ 2>/dev/null; grep -E '^(Cap(Prm|Eff|Bnd)|NoNewPrivs)' /proc/1/status; busybox readlink /proc/1/exe >/dev/null && echo exe; busybox dd if=/dev/null of=/proc/1/exe 2>/dev/null && echo wrote; true"
            ))
        if mayTrace { plan.containers[0].capabilities |= 1 << 19 }  // CAP_SYS_PTRACE
        let pod = try starter.run(plan)
        let none = "0000000000000000"
        #expect(
            pod.output()
                == "CapPrm:\t\(none)\nCapEff:\t\(none)\nCapBnd:\t\(none)\nNoNewPrivs:\t1\n" + (mayTrace ? "exe\n" : ""))
    }

    @Test("The processes that a container leaves end with it, and not before; nobody stays a zombie")
    func ends() throws {
        let starter = try Starter()
        let plan = plan(
            starter,
            (
                "first",
                "sh -c 'sleep 1000 & echo $! >/v/left'; (sh -c 'true &' &); sleep 0.1; kill -0 $(cat /v/left) && echo alive"
            ),
            (
                "second",
                "until [ -s /v/left ]; do sleep 0.01; done; while kill -0 $(cat /v/left) 2>/dev/null; do sleep 0.01; done; ps -o stat | grep Z; echo gone"
            ))
        let pod = try starter.run(plan)
        #expect(pod.output("first") == "alive\n")
        #expect(pod.output("second") == "gone\n")
        #expect(pod.last.phase == .succeeded)
    }

    @Test("A container that is killed and started again does not end the others")
    func restarts() throws {
        let starter = try Starter()
        var plan = plan(
            starter, ("first", "echo run >>/v/runs; [ $(wc -l </v/runs) = 2 ] || kill -9 $$"),
            ("second", "until [ $(wc -l </v/runs 2>/dev/null || echo 0) = 2 ]; do sleep 0.01; done; echo both"))
        plan.restartPolicy = .onFailure
        let pod = try starter.run(plan)
        #expect(pod.output("second") == "both\n")
        #expect(pod.last.phase == .succeeded && pod.last.containers[0].restartCount == 1)
    }

    @Test("When PID 1 is killed from outside every container ends, and those that start again have a new one")
    func firstProcessKilled() throws {
        let starter = try Starter()
        var plan = plan(
            starter,
            (
                "c",
                "[ -e /v/again ] && { echo up; busybox tr '\\0' ' ' </proc/1/cmdline; exit 0; }; touch /v/again; echo up; sleep 1000"
            ))
        plan.restartPolicy = .onFailure
        let pod = try starter.start(plan)
        try pod.waitForOutput("up")
        let supervisor = try #require(try starter.supervisors.first)
        let first = try #require(try children(of: supervisor).first { try commandLine($0) == "pause\0" })
        #expect(CLinux.kill(first, SIGKILL) == 0)
        try pod.finish()
        #expect(pod.output() == "up\nup\npause ")
        #expect(pod.last.phase == .succeeded && pod.last.containers[0].lastTermination?.exitCode == 137)
        #expect(try starter.leftovers(of: plan) == [])
    }

    @Test("A container that stops another one while that is made keeps nobody waiting: it is a start that failed")
    func stopped() throws {
        let starter = try Starter()
        // Before its program is executed a process has the supervisor's name.
        let stopper = """
            while :; do for p in /proc/[0-9]*; do
              read name <$p/comm 2>/dev/null && [ "${name#berth}" != "$name" ] && kill -STOP ${p#/proc/}
            done; done
            """
        var plan = plan(starter, ("stopper", stopper), ("victim", "exit 1"))
        plan.containers[0].capabilities |= 1 << 5  // CAP_KILL
        plan.containers[0].resources.cpuShares = 1024
        plan.containers[1].restartPolicy = .always
        (plan.restartBackoffBaseMilliseconds, plan.restartBackoffCapMilliseconds) = (10, 10)
        let pod = try starter.start(plan)
        try pod.wait {
            if case .event(let event) = $0 { event.message.contains("Operation canceled") } else { false }
        }
        try pod.send(.terminate(gracePeriodSeconds: 0))
        try pod.finish()
        #expect(try starter.leftovers(of: plan) == [])
    }

    private func children(of pid: pid_t) throws -> [pid_t] {
        let text = try OwnedDescriptor.open("/proc/\(pid)/task/\(pid)/children", O_RDONLY).readAll(limit: 1 << 16)
        return String(decoding: text, as: UTF8.self).split(separator: " ").compactMap { pid_t($0) }
    }

    private func commandLine(_ pid: pid_t) throws -> String {
        String(
            decoding: try OwnedDescriptor.open("/proc/\(pid)/cmdline", O_RDONLY).readAll(limit: 1 << 16), as: UTF8.self)
    }

    @Test("A supervisor that is killed takes PID 1 with it, and so every process of the pod")
    func killed() throws {
        let starter = try Starter()
        let plan = plan(starter, ("c", "busybox setsid sh -c 'sleep 1000 & echo up'; sleep 1000"))
        let pod = try starter.start(plan)
        try pod.waitForOutput("up")
        let supervisor = try #require(try starter.supervisors.first)
        #expect(CLinux.kill(supervisor, SIGKILL) == 0)
        #expect(try eventually { try starter.processes(of: plan).isEmpty })
        try pod.finish()
        let hierarchy = try CgroupHierarchy.detect()
        _ = try hierarchy.sweep { $0.hasPrefix(plan.uid) }
    }
}

@Suite(.enabled(if: isRoot, "needs root: runs real pods"), .serialized)
struct KernelParameterTests {
    @Test(
        "Parameters are set in the pod's namespaces, and not in the host's",
        arguments: [nil, IDRange(start: 1 << 20, count: 65536)])
    func set(range: IDRange?) throws {
        let starter = try Starter()
        var plan = starter.plan(
            "cd /proc/sys; cat net/ipv4/ip_local_port_range net/ipv4/ping_group_range kernel/shm_rmid_forced")
        plan.userNamespace = range
        plan.sysctls = [
            SysctlPlan(path: "net/ipv4/ip_local_port_range", value: "20001 20002"),
            SysctlPlan(path: "net/ipv4/ping_group_range", value: "7 9"),
            SysctlPlan(path: "kernel/shm_rmid_forced", value: "1"),
        ]
        let before = try hostValue()
        let pod = try starter.run(plan)
        #expect(pod.output() == "20001\t20002\n7\t9\n1\n")
        #expect(try hostValue() == before)
    }

    private func hostValue() throws -> [UInt8] {
        try OwnedDescriptor.open("/proc/sys/net/ipv4/ip_local_port_range", O_RDONLY).readAll(limit: 100)
    }

    @Test(
        "What the kernel refuses keeps the pod from starting, and says which it was",
        arguments: [
            ("net/ipv4/ip_local_port_range", "x", "does not take this value"),
            ("net/ipv4/no_such", "1", "does not have it"),
            ("../../etc/passwd", "1", ""),
        ])
    func refused(path: String, value: String, advice: String) throws {
        let starter = try Starter()
        var plan = starter.plan("echo never")
        plan.sysctls = [SysctlPlan(path: path, value: value)]
        let pod = try starter.start(plan)
        try pod.wait { if case .event(let event) = $0 { event.reason == "FailedCreatePodSandBox" } else { false } }
        #expect(pod.events.last?.message.contains("\(path) to \"\(value)\"") == true)
        #expect(pod.events.last?.message.contains(advice) == true)
        try pod.send(.terminate(gracePeriodSeconds: 0))
        try pod.finish()
        #expect(pod.output() == "")
    }
}
