// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import PodPlan
import Testing

/// Pods that share namespaces of the host. Seen from inside.
@Suite(.enabled(if: isRoot, "needs root: runs real pods"), .serialized)
struct HostNamespaceTests {
    private static let look = "for n in net uts ipc pid user mnt cgroup; do busybox readlink /proc/self/ns/$n; done"

    private func ours(_ name: String) -> String {
        var target = [UInt8](repeating: 0, count: 64)
        let count = readlink("/proc/self/ns/\(name)", &target, target.count)
        return String(decoding: target[..<max(0, count)], as: UTF8.self)
    }

    @Test(
        "A pod is in the host's namespaces that it asks for, and in no others",
        arguments: [
            (PodPlan.HostNamespaces(), [String]()), (.init(network: true), ["net", "uts"]), (.init(ipc: true), ["ipc"]),
            (.init(processes: true), ["pid"]),
            (.init(network: true, processes: true, ipc: true), ["net", "uts", "ipc", "pid"]),
        ])
    func namespaces(shared: PodPlan.HostNamespaces, expected: [String]) throws {
        let starter = try Starter()
        var plan = starter.plan(Self.look)
        plan.sharesHost = shared
        let pod = try starter.run(plan)
        let seen = Set(pod.output().split(separator: "\n").map(String.init))
        #expect(seen.count == 7)
        for name in ["net", "uts", "ipc", "pid", "mnt", "cgroup"] {
            #expect(seen.contains(ours(name)) == expected.contains(name), "\(name)")
        }
    }

    @Test("In the host's network /sys shows the host's interfaces, read-only, and the name is the host's")
    func network() throws {
        let starter = try Starter()
        var plan = starter.plan(
            "ls /sys/class/net; echo; hostname; echo 1 >/sys/kernel/mm/transparent_hugepage/enabled || echo ro")
        plan.sharesHost.network = true
        plan.hostname = "not-used"
        let pod = try starter.run(plan)
        let parts = pod.output("c", .standardOutput).split(separator: "\n", omittingEmptySubsequences: false)
        let interfaces = try OwnedDescriptor.open("/sys/class/net", O_RDONLY | O_DIRECTORY).names()
        #expect(
            Set(parts.prefix { !$0.isEmpty }.map(String.init)).isSuperset(
                of: interfaces.filter { $0 == "lo" || $0 == "eth0" }))
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, 255)
        #expect(
            parts.suffix(3).first.map(String.init) == name.withUnsafeBufferPointer { String(cString: $0.baseAddress!) })
        #expect(parts.suffix(2).first == "ro")
    }

    @Test("In the host's ipc namespace /dev/shm is the host's")
    func sharedMemory() throws {
        let starter = try Starter()
        var plan = starter.plan("busybox stat -c %d:%i /dev/shm")
        plan.sharesHost.ipc = true
        let pod = try starter.run(plan)
        let status = try OwnedDescriptor.open("/dev/shm", O_PATH | O_DIRECTORY).status()
        #expect(pod.output() == "\(status.st_dev):\(status.st_ino)\n")
    }

    /// Leaves a process that has parted from its parent and its session, and tells its number.
    private static let daemon = "busybox setsid sh -c 'sleep 1000 >/dev/null 2>&1 & echo $!'"

    @Test("With the host's processes a container's daemon dies with its container, and with the pod")
    func daemonOfAnEnd() throws {
        let starter = try Starter()
        var plan = starter.plan("\(Self.daemon) >/v/pid; kill -0 $(cat /v/pid) && echo there; exit 3")
        plan.sharesHost.processes = true
        plan.restartPolicy = .never
        plan.volumes = [VolumePlan()]
        plan.volumes[0].name = "v"
        var mount = MountPlan()
        mount.path = "/v"
        plan.containers.append(
            starter.container(
                "watch",
                "until [ -s /v/pid ]; do sleep 0.01; done; while kill -0 $(cat /v/pid) 2>/dev/null; do sleep 0.01; done; echo gone"
            ))
        for index in plan.containers.indices { plan.containers[index].mounts = [mount] }
        let pod = try starter.run(plan)
        #expect(pod.output("c") == "there\n")
        #expect(pod.output("watch") == "gone\n")
        #expect(pod.end()?.exitCode == 3)
    }

    @Test("With the host's processes a daemon of a pod that is killed dies, too", arguments: [true, false])
    func daemonOfAKill(hangsUp: Bool) throws {
        let starter = try Starter()
        var plan = starter.plan("\(Self.daemon); sleep 1000")
        plan.sharesHost.processes = true
        let pod = try starter.start(plan)
        try pod.waitForOutput("\n")
        let pid = try #require(pid_t(pod.output().prefix { $0 != "\n" }))
        let daemon = PidFD(adopting: OwnedDescriptor(adopting: try retrying { clinux_pidfd_open(pid, 0) }), pid: pid)
        if hangsUp { pod.hangUp() } else { try pod.send(.terminate(gracePeriodSeconds: 0)) }
        try pod.finish()
        #expect(try eventually { try starter.leftovers(of: plan).isEmpty })
        var entry = pollfd(fd: daemon.descriptor.rawValue, events: Int16(POLLIN), revents: 0)
        #expect(poll(&entry, 1, 60_000) == 1)
    }

    @Test("A container that sees the host's processes reads nothing of the supervisor's")
    func supervisor() throws {
        let starter = try Starter()
        var plan = starter.plan(
            "for p in $(busybox pidof berth-pod); do ls /proc/$p/root/ /proc/$p/cwd/; busybox readlink /proc/$p/fd/3; cat /proc/$p/environ; cat /proc/$p/fd/0; head -c 1 /proc/$p/mem; done 2>/dev/null; busybox pidof berth-pod | wc -w | grep -q '^[1-9]' && echo done"
        )
        plan.sharesHost.processes = true
        let pod = try starter.run(plan)
        #expect(pod.output() == "done\n")
    }
}
