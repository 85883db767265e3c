// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import OCI
import Sandbox
import Testing

@testable import ContainerRuntime

@Suite(
    "Files of a cgroup", .enabled(if: ContainerFixture.canRun, "needs root: cgroups are made"), .timeLimit(.minutes(1)))
struct CgroupFilesTests {
    @Test("One that is taken away by somebody else while it is looked at is gone, and no error")
    func vanishes() throws {
        let mounts = try HostControllers.readMounts().filter { !$0.readOnly && $0.root == "/" }
        let mount = try #require(mounts.first { $0.version == .v2 } ?? mounts.first { $0.controllers == ["pids"] })
        let path = "\(mount.mountPoint)/berth-test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        defer { rmdir(path) }
        // Another process makes and removes it, until we have seen both often enough.
        let script = "while :; do mkdir \(path); rmdir \(path); done"
        let other = try spawn("/bin/busybox", ["sh", "-c", script], ["PATH=/usr/bin:/bin"])
        defer {
            kill(other, SIGKILL)
            waitpid(other, nil, 0)
        }
        let files = CgroupFiles(path: path)
        let setting = mount.version == .v2 ? "cgroup.freeze" : "cgroup.clone_children"
        var (present, absent) = (0, 0)
        while present < 1000 || absent < 1000 {
            if try files.readIfPresent("cgroup.procs") == nil { absent += 1 } else { present += 1 }
            #expect(try files.processes().isEmpty)
            try files.writeUnlessGone("0", to: setting)
        }
    }
}
