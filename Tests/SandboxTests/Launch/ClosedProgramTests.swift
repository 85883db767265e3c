// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import Testing

@testable import Sandbox

@Suite(
    .serialized, .enabled(if: geteuid() == 0 && access("/bin/busybox", X_OK) == 0, "needs root and a static busybox"))
struct ClosedProgramTests {
    /// What a script of the shell's own commands writes, run with a directory as its whole root.
    private func output(
        of script: String, capabilities: CapabilitySet = []
    ) throws -> (output: String, status: Sandbox.ExitStatus, root: [String]) {
        var template = Array("/tmp/berth-closed.XXXXXX".utf8CString)
        let directory = try template.withUnsafeMutableBufferPointer { buffer in
            try #require(mkdtemp(buffer.baseAddress!) != nil)
            return String(cString: buffer.baseAddress!)
        }
        defer {
            do {
                try OwnedDescriptor.open("/tmp", O_RDONLY | O_DIRECTORY).removeTree(String(directory.dropFirst(5)))
            } catch {
                Issue.record(error)
            }
        }
        let file = try OwnedDescriptor.open("/bin/busybox", O_PATH)
        let null = try OwnedDescriptor.open("/dev/null", O_RDWR)
        let pipe = try Pipe(nonBlocking: false)
        var program = ClosedProgram(
            file: file.rawValue, arguments: ["sh", "-c", script], root: directory, seccomp: nil,
            streams: (null.rawValue, pipe.writing.rawValue, pipe.writing.rawValue))
        program.environment = ["NAME=value"]
        program.capabilities = capabilities
        let running = try program.launch()
        let reading = pipe.takeReading()
        let text = String(decoding: try reading.readAll(limit: 1 << 16), as: UTF8.self)
        let status = try running.wait().status
        let names = try OwnedDescriptor.open(directory, O_RDONLY | O_DIRECTORY).names().sorted()
        return (text, status, names)
    }

    @Test("It sees its directory alone, is PID 1, and has its environment and nothing of ours")
    func closed() throws {
        let result = try output(
            of: """
                echo /*
                echo $$ $NAME $HOME
                echo x >/made && echo /*
                cd /../.. && echo *
                true </proc/self/status
                exit 7
                """)
        let lines = result.output.split(separator: "\n").map(String.init)
        #expect(lines.prefix(4) == ["/*", "1 value", "/made", "made"])
        #expect(result.output.contains("/proc/self/status"))
        #expect(result.status == .exited(code: 7))
        #expect(result.root == ["made"])
    }

    @Test("Its memory is limited, and it leaves no core")
    func memory() throws {
        let result = try output(of: "ulimit -v; ulimit -c; umask")
        #expect(result.output.split(separator: "\n").prefix(2) == ["1048576", "0"])
    }
}
