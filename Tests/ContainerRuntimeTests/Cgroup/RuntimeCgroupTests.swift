// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import OCI
import Sandbox
import Testing

@testable import ContainerRuntime

/// Where the host's hierarchies are mounted.
enum HostControllersOfTests {
    static func mountPoints() throws -> [String] { try HostControllers.read().mounts.map(\.mountPoint) }
}

/// On whatever hierarchies the host has: v1 natively here, v2 in the virtual machine.
@Suite(
    "Cgroups of the runtime", .serialized, .enabled(if: ContainerFixture.canRun, "needs root and /bin/busybox"),
    .timeLimit(.minutes(2)))
struct RuntimeCgroupTests {
    private let id = "test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"

    private func resources(_ text: String) throws -> LinuxResources { try LinuxResources(json: Array(text.utf8)) }

    private func made(_ text: String) throws -> RuntimeCgroup {
        try RuntimeCgroup.make(
            id: id, path: "/berth-test/\(id)", manager: .cgroupfs, resources: try resources(text), warn: { _ in }
        ) { _ in }
    }

    private func remove(_ cgroup: RuntimeCgroup) throws {
        try cgroup.remove()
        for branch in cgroup.place.branches {
            #expect(access(branch.directory, F_OK) != 0)
            rmdir("\(branch.mountPoint)/berth-test")
        }
    }

    @Test("Limits are what was asked for; an update changes only what it names")
    func limits() throws {
        let cgroup = try made(
            #"{"memory":{"limit":67108864},"pids":{"limit":50},"cpu":{"shares":512,"quota":50000,"period":100000}}"#)
        #expect(try cgroup.statistics().memoryLimit == 67_108_864)
        #expect(try cgroup.statistics().pidsLimit == 50)
        try cgroup.apply(try resources(#"{"pids":{"limit":20}}"#), warn: { _ in })
        #expect(try cgroup.statistics().memoryLimit == 67_108_864)
        #expect(try cgroup.statistics().pidsLimit == 20)
        try remove(cgroup)
    }

    @Test("Its place survives being written down")
    func place() throws {
        let cgroup = try made("{}")
        let text = cgroup.place.json.text()
        #expect(try CgroupPlace(json: Array(text.utf8)) == cgroup.place)
        try remove(RuntimeCgroup(reopening: cgroup.place))
    }

    @Test("A limit that the host can't keep is an error that names it, and the cgroup goes again")
    func impossible() throws {
        #expect {
            _ = try made(#"{"unified":{"no.such.file":"1"}}"#)
        } throws: { "\($0)".contains("linux.resources.unified") }
        for mount in try HostControllersOfTests.mountPoints() {
            #expect(access("\(mount)/berth-test/\(id)", F_OK) != 0)
            rmdir("\(mount)/berth-test")
        }
    }

    @Test("A paused container is listed, and killed as a whole with what it started")
    func pausedAndKilled() throws {
        let container = try ContainerFixture("sleep 1000 & sleep 1000")
        #expect(try container.call("run", "-d", "--bundle", container.bundle, container.id).code == 0)
        try container.await(.running)
        #expect(try container.call("pause", container.id).code == 0)
        #expect(try container.status() == .paused)
        let pids = try JSONValue(parsing: Array(try container.call("ps", "--format", "json", container.id).output.utf8))
        guard case .array(let list) = pids else { throw Errno(EINVAL) }
        #expect(list.count >= 2)
        #expect(try container.call("kill", "--all", container.id, "KILL").code == 0)
        try container.await(.stopped)
        #expect(try container.call("delete", container.id).code == 0)
    }

    @Test(
        "systemd's cgroups are refused where it can't make them, and nothing is left",
        .enabled(if: !ContainerFixture.hasSystemd, "systemd is here: see SystemdCgroupTests"))
    func systemd() throws {
        let container = try ContainerFixture("true")
        let call = try container.call("--systemd-cgroup", "run", "--bundle", container.bundle, container.id)
        #expect(call.code == 1 && call.error.contains("--systemd-cgroup"))
        #expect(try container.call("list", "-q").output.isEmpty)
    }
}
