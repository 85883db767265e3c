// SPDX-License-Identifier: Apache-2.0

import Linux
import Sandbox
import Testing

/// A container in its cgroup, by whichever way this host has, and what it sees of it.
@Suite(.enabled(if: CgroupLane.isAvailable, CgroupLane.reason))
struct CgroupViewTests {
    private static let limit: Int64 = 64 << 20

    /// The view of the hierarchy that limits memory, and where its limit is to be read.
    private func view(_ hierarchy: CgroupHierarchy) -> (view: CgroupView, directory: String, file: String) {
        if case .v2 = hierarchy.controllers[.memory] { return (.unified, "/sys/fs/cgroup", "memory.max") }
        return (.legacy(controllers: "memory"), "/sys/fs/cgroup/memory", "memory.limit_in_bytes")
    }

    @Test("Born in its cgroup, it is at the root of all that it sees, reads its limit and can write nothing")
    func seesOwnCgroup() throws {
        try CgroupLane.withHierarchy { hierarchy in
            let fixture = try LaunchFixture()
            var limits = CgroupLimits()
            limits.memoryMax = Self.limit
            limits.pidsMax = 64
            let cgroup = try hierarchy.makeCgroup(named: "view", limits: limits)
            let (view, directory, file) = view(hierarchy)
            var spec = fixture.spec(
                """
                cut -d: -f3 /proc/self/cgroup | grep -v '^/$'
                cat \(directory)/\(file)
                echo 1 >\(directory)/\(file); mkdir \(directory)/new /sys/fs/cgroup/other
                """)
            spec.cgroupMounts = [view]
            let result = try fixture.run(spec, in: cgroup.join)
            try cgroup.remove()
            #expect(result.lines.first == "\(Self.limit)")
            #expect(result.lines.count == 4)
            #expect(result.lines.dropFirst().allSatisfy { $0.contains("Read-only file system") })
        }
    }

    @Test("In a user namespace as well")
    func seesOwnCgroupWhenMapped() throws {
        try CgroupLane.withHierarchy { hierarchy in
            let fixture = try LaunchFixture()
            var limits = CgroupLimits()
            limits.memoryMax = Self.limit
            let cgroup = try hierarchy.makeCgroup(named: "view", limits: limits)
            let (_, _, file) = view(hierarchy)
            let namespaces = try UserNamespace.make(
                mapping: UserMapping(hostStart: 200_000, count: 65_536), hostname: "mapped")
            var spec = fixture.spec("cut -d: -f3 /proc/self/cgroup | grep -v '^/$'; cat /sys/fs/cgroup/\(file) || true")
            (spec.joinedNamespaces, spec.inUserNamespace, spec.namespaces) = (namespaces.descriptors, true, [.cgroup])
            // v1 hierarchies cannot be mounted there: the kernel wants its own root for that.
            if case .v2 = hierarchy.controllers[.memory] { spec.cgroupMounts = [.unified] }
            let result = try fixture.run(spec, in: cgroup.join)
            try cgroup.remove()
            #expect(result.lines.count == 1)
            if !spec.cgroupMounts.isEmpty { #expect(result.lines.first == "\(Self.limit)") }
        }
    }
}
