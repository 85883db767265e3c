// SPDX-License-Identifier: Apache-2.0

import CLinux
import ContainerRuntime
import Linux
import OCI
import Testing

/// A running container with busybox, made by the built `berth-runtime`, and calls of its `exec`.
final class ExecFixture {
    let directory: String
    let id: String
    var root: String { "\(directory)/state" }
    var rootfs: String { "\(directory)/bundle/rootfs" }

    /// - Parameters:
    ///   - process: members of `process` beside args, cwd and env.
    ///   - namespaces: further ones.
    ///   - linux: further members of `linux`.
    init(process: String = "", namespaces: String = "", linux: String = "") throws {
        var template = Array("/tmp/berth-exec-test.XXXXXX".utf8CString)
        directory = try template.withUnsafeMutableBufferPointer { buffer in
            try #require(mkdtemp(buffer.baseAddress!) != nil)
            return String(cString: buffer.baseAddress!)
        }
        id = String(directory.dropFirst("/tmp/".utf8.count))
        try #require(chmod(directory, 0o755) == 0)
        for name in ["", "/rootfs", "/rootfs/bin", "/rootfs/etc", "/rootfs/tmp", "/rootfs/proc", "/rootfs/dev"] {
            try #require(mkdir("\(directory)/bundle\(name)", 0o755) == 0)
        }
        try #require(chmod("\(rootfs)/tmp", 0o1777) == 0)
        let busybox = try OwnedDescriptor.open("/bin/busybox", O_RDONLY).readAll(limit: 64 << 20)
        try write(busybox, "bundle/rootfs/bin/busybox", mode: 0o755)
        for applet in [
            "sh", "sleep", "cat", "id", "ls", "env", "stty", "tty", "head", "ionice", "uname", "mkdir", "true", "echo",
            "readlink", "pwd", "cut",
            "grep", "hostname", "kill",
        ] {
            try #require(symlink("busybox", "\(rootfs)/bin/\(applet)") == 0)
        }
        let passwd = "root:x:0:0::/root:/bin/sh\nuser:x:1000:1000:a:/home/user:/bin/sh\n"
        try write(Array(passwd.utf8), "bundle/rootfs/etc/passwd")
        try write(Array(config(process, namespaces, linux).utf8), "bundle/config.json")
        let made = try Call(["--root", root, "create", "--bundle", "\(directory)/bundle", id])
        try #require(made.code == 0, "\(made.error)")
        let started = try Call(["--root", root, "start", id])
        try #require(started.code == 0, "\(started.error)")
    }

    deinit {
        _ = try? Call(["--root", root, "delete", "--force", id])
        if let parent = try? OwnedDescriptor.open("/tmp", O_RDONLY | O_DIRECTORY) { try? parent.removeTree(id) }
    }

    private func config(_ process: String, _ namespaces: String, _ linux: String) -> String {
        """
        {"ociVersion": "1.2.0", "hostname": "inside", "root": {"path": "rootfs"},
         "process": {"args": ["sleep", "100000"], "cwd": "/", "env": ["PATH=/bin", "A=container"]\(process)},
         "mounts": [
           {"destination": "/proc", "type": "proc", "source": "proc"},
           {"destination": "/dev", "type": "tmpfs", "source": "tmpfs"},
           {"destination": "/dev/pts", "type": "devpts", "source": "devpts", "options": ["newinstance", "ptmxmode=0666"]}],
         "linux": {"cgroupsPath": "/\(id)", "namespaces": [{"type": "pid"}, {"type": "mount"}, {"type": "uts"},
           {"type": "ipc"}, {"type": "network"}\(namespaces)]\(linux)}}
        """
    }

    func write(_ bytes: [UInt8], _ name: String, mode: mode_t = 0o644) throws {
        try OwnedDescriptor.open("\(directory)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, mode: mode).writeAll(bytes)
    }

    /// The arguments of an `exec`.
    func arguments(_ options: [String], _ command: [String]) -> [String] {
        ["--root", root, "exec"] + options + [id] + command
    }

    /// Runs a script of the container's shell.
    func run(_ options: [String], _ script: String) throws -> Call {
        try Call(arguments(options, ["sh", "-c", script]))
    }

    func run(_ script: String) throws -> Call { try run([], script) }

    /// Runs a script by a process file.
    ///
    /// - Parameter process: members beside args.
    func run(process: String, _ script: String, _ options: [String] = []) throws -> Call {
        try write(
            Array("{\"args\": [\"sh\", \"-c\", \(JSONValue.string(script).text())], \(process)}".utf8), "process.json")
        return try Call(arguments(["--process", "\(directory)/process.json"] + options, []))
    }

    /// Waits until a file of the test's directory is there, and has something in it.
    func await(_ name: String) throws -> String {
        for _ in 0..<6000 {
            if let text = try? OwnedDescriptor.open("\(directory)/\(name)", O_RDONLY).readAll(limit: 4096),
                !text.isEmpty
            {
                return String(decoding: text, as: UTF8.self)
            }
            usleep(10_000)
        }
        Issue.record("\(name) never came")
        return ""
    }
}
