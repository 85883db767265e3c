// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import Sandbox
import Testing

/// A root file system with busybox, a scratch directory, and a launch that collects what the container writes.
final class LaunchFixture {
    let directory: String
    var image: String { "\(directory)/image" }

    init() throws {
        var template = Array("/tmp/berth-sandbox-test.XXXXXX".utf8CString)
        directory = try template.withUnsafeMutableBufferPointer { buffer in
            try #require(mkdtemp(buffer.baseAddress!) != nil)
            return String(cString: buffer.baseAddress!)
        }
        for name in ["", "/bin", "/etc", "/tmp", "/home", "/berth-test"] {
            try #require(mkdir("\(directory)/image\(name)", 0o755) == 0)
        }
        try #require(mkdir("\(directory)/staging", 0o700) == 0)
        try copy("/bin/busybox", to: "\(image)/bin/busybox")
        let applets = [
            "sh", "true", "false", "cat", "ls", "id", "mount", "mknod", "hostname", "ip", "sleep", "kill", "ps", "dd",
            "touch", "mkdir", "umount", "echo", "readlink", "stat", "df", "wc", "chmod", "test", "head", "env", "pwd",
            "grep", "cut", "chown", "ln", "find", "tr", "sort",
        ]
        for applet in applets { try #require(symlink("busybox", "\(image)/bin/\(applet)") == 0) }
    }

    deinit {
        if let parent = try? OwnedDescriptor.open("/tmp", O_RDONLY | O_DIRECTORY) {
            try? parent.removeTree(String(directory.dropFirst(5)))
        }
    }

    func copy(_ source: String, to target: String, mode: mode_t = 0o755) throws {
        let bytes = try OwnedDescriptor.open(source, O_RDONLY).readAll(limit: 64 << 20)
        try write(bytes, to: target, mode: mode)
    }

    func write(_ bytes: [UInt8], to target: String, mode: mode_t = 0o644) throws {
        let file = try OwnedDescriptor.open(target, O_WRONLY | O_CREAT | O_TRUNC, mode: mode)
        try bytes.withUnsafeBytes { try file.writeAll($0) }
    }

    /// A specification that runs `script` with the shell in all namespaces of its own.
    func spec(_ script: String) -> ContainerSpec {
        var spec = ContainerSpec()
        spec.arguments = ["sh", "-c", script]
        spec.environment = ["PATH=/bin"]
        spec.hostname = "pod"
        spec.root.layers = [image]
        spec.root.stagingDirectory = "\(directory)/staging"
        spec.root.upperSizeBytes = 16 << 20
        return spec
    }

    struct Result {
        var status: Sandbox.ExitStatus
        var output: String
        var lines: [String] { output.split(separator: "\n").map(String.init) }
    }

    /// Runs to the end; standard output and error together.
    func run(_ spec: ContainerSpec, in cgroup: CgroupJoin = .writeTasks([])) throws -> Result {
        var spec = spec
        var ends: [CInt] = [-1, -1]
        try #require(pipe2(&ends, O_CLOEXEC) == 0)
        let reading = OwnedDescriptor(adopting: ends[0])
        let container = try {
            let writing = OwnedDescriptor(adopting: ends[1])
            spec.standardOutput = writing.rawValue
            spec.standardError = writing.rawValue
            return try spec.launch(in: cgroup)
        }()
        let bytes = try reading.readAll(limit: 4 << 20)
        return Result(status: try container.wait().status, output: String(decoding: bytes, as: UTF8.self))
    }

    func run(_ script: String) throws -> Result { try run(spec(script)) }
}

let isRoot = geteuid() == 0
