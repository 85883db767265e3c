// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import OCI
import Testing

/// A state root and a bundle with busybox in it, for containers of one test.
final class ContainerFixture {
    private let scratch: Scratch
    let bundle: String

    static var canRun: Bool { geteuid() == 0 && access("/bin/busybox", X_OK) == 0 }

    /// systemd is the machine's first process, and can hold devices back for good: on cgroup v2.
    static var hasSystemd: Bool {
        access("/run/systemd/system", F_OK) == 0 && access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0
    }

    /// - Parameters:
    ///   - script: what the container's shell does.
    ///   - change: of the configuration, before it is written.
    init(_ script: String, _ change: (inout JSONValue) -> Void = { _ in }) throws {
        scratch = try Scratch()
        bundle = scratch.path + "/bundle"
        for path in ["", "/rootfs", "/rootfs/bin", "/rootfs/proc", "/rootfs/dev", "/rootfs/own", "/rootfs/hosts"] {
            mkdir(bundle + path, 0o755)
        }
        let program = try OwnedDescriptor.open("/bin/busybox", O_RDONLY).readAll(limit: 16 << 20)
        try OwnedDescriptor.open(bundle + "/rootfs/bin/sh", O_WRONLY | O_CREAT, mode: 0o755).writeAll(program)
        for name in ["true", "sleep", "cat", "echo", "kill", "mount"] {
            try retrying { link(bundle + "/rootfs/bin/sh", bundle + "/rootfs/bin/" + name) }
        }
        var config: JSONValue = [
            "ociVersion": "1.2.0", "root": ["path": "rootfs"],
            "process": ["args": ["/bin/sh", "-c", .string(script)], "env": ["PATH=/bin"], "cwd": "/"],
            "mounts": [["destination": "/proc", "type": "proc", "source": "proc"]],
            "linux": ["namespaces": [["type": "pid"], ["type": "mount"], ["type": "ipc"]]],
        ]
        change(&config)
        try OwnedDescriptor.open(bundle + "/config.json", O_WRONLY | O_CREAT, mode: 0o644)
            .writeAll(Array(config.text().utf8))
    }

    /// Its containers' IDs are the test's own: cgroups are the whole machine's.
    let id = "test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"

    func call(_ arguments: String...) throws -> Call { try Call(self.arguments(arguments)) }

    /// Those of a call on this fixture's state.
    func arguments(_ arguments: [String]) -> [String] { ["--root", scratch.path + "/root"] + arguments }

    func status() throws -> State.Status? {
        let call = try call("state", id)
        return call.code == 0 ? try State(json: Array(call.output.utf8)).status : nil
    }

    /// Waits until the container has that status; its processes take their time. One that has ended comes to no other.
    func await(_ wanted: State.Status) throws {
        for _ in 0..<5000 {
            let status = try #require(try status(), "it is gone")
            if status == wanted { return }
            try #require(status != .stopped, "it has ended and will not be \(wanted.rawValue)")
            usleep(2000)
        }
        Issue.record("the container did not become \(wanted.rawValue)")
    }

    func path(_ name: String) -> String { scratch.path + "/" + name }

    /// What goes whatever the test found.
    deinit { _ = try? call("delete", "--force", id) }
}
