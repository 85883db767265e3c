// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import OCI
import Testing

/// A bundle with busybox, and calls of the built `berth-runtime` with it. Without a cgroup: nothing here needs one.
final class RunFixture {
    let directory: String
    let id: String
    private var global: [String] { ["--root", "\(directory)/state", "--cgroup-manager", "disabled"] }

    init() throws {
        var template = Array("/tmp/berth-run-test.XXXXXX".utf8CString)
        directory = try template.withUnsafeMutableBufferPointer { buffer in
            try #require(mkdtemp(buffer.baseAddress!) != nil)
            return String(cString: buffer.baseAddress!)
        }
        id = String(directory.dropFirst("/tmp/".utf8.count))
        for name in ["", "/rootfs", "/rootfs/bin", "/rootfs/proc"] {
            try #require(mkdir("\(directory)/bundle\(name)", 0o755) == 0)
        }
        let busybox = try OwnedDescriptor.open("/bin/busybox", O_RDONLY).readAll(limit: 64 << 20)
        try write(busybox, "bundle/rootfs/bin/busybox", mode: 0o755)
        for applet in ["sh", "sleep", "cat", "echo", "mkdir", "true", "rm"] {
            try #require(symlink("busybox", "\(directory)/bundle/rootfs/bin/\(applet)") == 0)
        }
    }

    deinit {
        _ = try? Call(global + ["delete", "--force", id])
        if let parent = try? OwnedDescriptor.open("/tmp", O_RDONLY | O_DIRECTORY) { try? parent.removeTree(id) }
    }

    func write(_ bytes: [UInt8], _ name: String, mode: mode_t = 0o644) throws {
        try OwnedDescriptor.open("\(directory)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, mode: mode).writeAll(bytes)
    }

    func read(_ name: String) throws -> String {
        String(
            decoding: try OwnedDescriptor.open("\(directory)/\(name)", O_RDONLY).readAll(limit: 1 << 20), as: UTF8.self)
    }

    /// Writes `config.json` for a script of the container's shell.
    func configure(_ script: String, seccomp: String? = nil, hooks: String? = nil) throws {
        let linux = seccomp.map { ", \"seccomp\": \($0)" } ?? ""
        let hooks = hooks.map { ", \"hooks\": \($0)" } ?? ""
        let text = """
            {"ociVersion": "1.2.0", "root": {"path": "rootfs"},
             "process": {"args": ["sh", "-c", \(JSONValue.string(script).text())], "cwd": "/", "env": ["PATH=/bin"]},
             "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"}],
             "linux": {"namespaces": [{"type": "pid"}, {"type": "mount"}, {"type": "network"}]\(linux)}\(hooks)}
            """
        try write(Array(text.utf8), "bundle/config.json")
    }

    func call(_ command: String, _ arguments: [String]) throws -> Call { try Call(global + [command] + arguments) }

    func create() throws -> Call { try call("create", ["--bundle", "\(directory)/bundle", id]) }

    /// Runs a script from its beginning to its end.
    func run(_ script: String, seccomp: String? = nil, hooks: String? = nil) throws -> Call {
        try configure(script, seccomp: seccomp, hooks: hooks)
        return try call("run", ["--bundle", "\(directory)/bundle", id])
    }
}
