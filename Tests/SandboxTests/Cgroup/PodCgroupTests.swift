// SPDX-License-Identifier: Apache-2.0

import CLinux
import Testing

@testable import Linux
@testable import Sandbox

@Suite(.enabled(if: CgroupLane.isAvailable, CgroupLane.reason), .serialized)
struct PodCgroupTests {
    private static let eater = "exec dd if=/dev/zero of=/dev/null bs=24M count=400 2>/dev/null"

    private func limits(memory: Int64, allDevices: Bool = false) -> CgroupLimits {
        var limits = CgroupLimits()
        limits.memoryMax = memory
        limits.allDevices = allDevices
        return limits
    }

    @Test("Two containers below their own limits are too much for their pod; the counter is the victim's")
    func sharedMemory() throws {
        try CgroupLane.withHierarchy { hierarchy in
            let pod = try hierarchy.makePodCgroup(
                named: "uid.pod", limits: limits(memory: 36 << 20), allDevices: false)
            let one = try hierarchy.makeCgroup(named: "uid.a.0", limits: limits(memory: 36 << 20), in: pod)
            let two = try hierarchy.makeCgroup(named: "uid.b.0", limits: limits(memory: 36 << 20), in: pod)
            let first = try JoinedShell(Self.eater, in: one)
            let second = try JoinedShell(Self.eater, in: two)
            let ends = [try first.wait(), try second.wait()]
            let kills = try [one, two].map { try $0.statistics().oomKills }
            #expect(kills.contains { $0 > 0 })
            for (end, count) in zip(ends, kills) { #expect((end == 128 + SIGKILL) == (count > 0)) }
            try one.remove()
            try two.remove()
            try pod.remove()
        }
    }

    @Test("Beside a container that may use all devices, the others of the pod may not")
    func devices() throws {
        try CgroupLane.withHierarchy { hierarchy in
            let pod = try hierarchy.makePodCgroup(named: "uid.pod", limits: limits(memory: 64 << 20), allDevices: true)
            let open = "test -e /dev/kmsg && exec 9</dev/kmsg"
            let free = try hierarchy.makeCgroup(
                named: "uid.a.0", limits: limits(memory: 32 << 20, allDevices: true), in: pod)
            let bound = try hierarchy.makeCgroup(named: "uid.b.0", limits: limits(memory: 32 << 20), in: pod)
            #expect(try JoinedShell(open, in: free).wait() == 0)
            #expect(try JoinedShell(open, in: bound).wait() != 0)
            #expect(try JoinedShell("exec 9</dev/null", in: bound).wait() == 0)
        }
    }

    @Test("A sweep removes a pod's cgroup with those in it")
    func swept() throws {
        try CgroupLane.withHierarchy { hierarchy in
            let pod = try hierarchy.makePodCgroup(named: "uid.pod", limits: limits(memory: 64 << 20), allDevices: false)
            _ = try hierarchy.makeCgroup(named: "uid.a.0", limits: limits(memory: 32 << 20), in: pod)
            let result = try hierarchy.sweep { $0.hasPrefix("uid") }
            #expect(result.errors.isEmpty && result.removed.contains("uid.pod"))
            #expect(throws: Never.self) { try pod.remove() }
        }
    }
}
