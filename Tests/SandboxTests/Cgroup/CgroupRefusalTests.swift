// SPDX-License-Identifier: Apache-2.0

import CLinux
import Testing

@testable import Linux
@testable import Sandbox

/// What the kernel doesn't do as it was told is an error.
@Suite(.enabled(if: CgroupLane.isAvailable, CgroupLane.reason), .serialized)
struct CgroupRefusalTests {
    private static func version(of controller: CgroupController) -> CgroupMount.Version? {
        do {
            switch try HostControllers.read()[controller] {
            case .v1: return .v1
            case .v2: return .v2
            case .absent: return nil
            }
        } catch {
            return nil
        }
    }

    @Test("A value that the kernel took but holds otherwise is an error")
    func readBack() throws {
        try CgroupLane.withHierarchy { hierarchy in
            let cgroup = try hierarchy.makeCgroup(named: "a", limits: CgroupLimits())
            let leaf = try #require(cgroup.leaves.first { $0.controllers.contains(.memory) })
            let file = leaf.version == .v2 ? "a/memory.max" : "a/memory.limit_in_bytes"
            // Pages and one byte: the byte is lost.
            let (whole, odd) = (String(16 * clinux_page_size()), String(16 * clinux_page_size() + 1))
            #expect(throws: CgroupError.notKept(path: "\(leaf.parent.path)/\(file)", written: odd, read: whole)) {
                try leaf.parent.set(file, to: odd)
            }
        }
    }

    @Test(
        "A controller that processes in the cgroup itself keep from its children is an error that says so",
        .enabled(if: version(of: .memory) == .v2, "needs the memory controller on cgroup v2"))
    func occupied() throws {
        try CgroupLane.withHierarchy { hierarchy in
            let cgroup = try hierarchy.makeCgroup(named: "a", limits: CgroupLimits())
            let shell = try JoinedShell("exec sleep 600", in: cgroup)
            try eventually("the processes joined") { try !cgroup.members().isEmpty }
            let leaf = try #require(cgroup.leaves.first { $0.version == .v2 })
            let directory = try leaf.parent.child("a")
            #expect(throws: CgroupError.occupied(path: directory.path, controller: .memory)) {
                try V2Setup.enable(.memory, in: directory)
            }
            #expect(shell.pid > 0)
            try cgroup.kill()
        }
    }

    @Test(
        "Device rules that the parent doesn't grant are an error that names them",
        .enabled(if: version(of: .devices) == .v1, "needs the devices controller on cgroup v1"))
    func devicesOfTheParent() throws {
        try CgroupLane.withHierarchy { hierarchy in
            let base = try #require(hierarchy.trees.first { $0.controllers.contains(.devices) }).base
            let parent = try base.childMade("poor")
            try parent.write("a", to: "devices.deny")
            try parent.write("c 1:3 rwm", to: "devices.allow")
            let child = try parent.childMade("child")
            #expect {
                try V1Devices.restrict(child)
            } throws: { error in
                guard case .deviceRulesDiffer(_, let missing, let unexpected) = error as? CgroupError else {
                    return false
                }
                return missing.contains("c 1:5 rwm") && !missing.contains("c 1:3 rwm") && unexpected.isEmpty
            }
        }
    }
}
