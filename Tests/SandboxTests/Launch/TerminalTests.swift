// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import Sandbox
import Testing

@Suite(.enabled(if: isRoot, "needs root: makes namespaces and mounts"))
struct TerminalTests {
    /// Runs with a terminal; what came out of it, with its line ends.
    private func run(
        _ fixture: LaunchFixture, _ script: String, _ change: (inout ContainerSpec) -> Void = { _ in }
    ) throws -> String {
        var spec = fixture.spec(script)
        change(&spec)
        let pair = try SocketPair(.stream, nonBlocking: false)
        spec.terminalSocket = pair.theirs.rawValue
        let container = try spec.launch(in: .writeTasks([]))
        var room: UInt64 = 0
        let message = try withUnsafeMutableBytes(of: &room) { try pair.ours.receive(into: $0) }
        guard let terminal = message.takeDescriptor() else {
            Issue.record("no terminal came")
            return ""
        }
        _ = try container.wait()
        var bytes: [UInt8] = []
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 1)
        defer { buffer.deallocate() }
        do {
            while true { bytes += buffer[..<(try terminal.read(into: buffer))] }
        } catch {
            // All who had it are gone.
            #expect(error == Errno(EIO))
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("The standard streams are a terminal of the container's own, which controls its session")
    func streams() throws {
        let fixture = try LaunchFixture()
        let output = try run(
            fixture,
            """
            for i in 0 1 2; do test -t $i && echo yes; done; readlink /proc/self/fd/0
            echo err >&2; echo through >/dev/tty; cut -d ' ' -f 7 /proc/self/stat; ls -1 /dev/pts
            """)
        #expect(output == "yes\r\nyes\r\nyes\r\n/dev/pts/0\r\nerr\r\nthrough\r\n34816\r\n0\r\nptmx\r\n")
    }

    @Test("/dev/console is that terminal, and nothing of the host's")
    func console() throws {
        let fixture = try LaunchFixture()
        let output = try run(
            fixture, "echo there >/dev/console; stat -c '%t:%T' /dev/console; stat -c '%t:%T' /dev/pts/0")
        #expect(output == "there\r\n88:0\r\n88:0\r\n")
    }

    @Test("It belongs to the container's user")
    func owner() throws {
        let fixture = try LaunchFixture()
        let output = try run(fixture, "stat -c '%a %u %g' /dev/pts/0; echo x >/dev/tty") {
            $0.user = ContainerUser(id: 1000, groupID: 1000)
        }
        #expect(output == "620 1000 5\r\nx\r\n")
    }

    @Test("A privileged container has it, too")
    func privileged() throws {
        let fixture = try LaunchFixture()
        let output = try run(fixture, "test -t 0 && stat -c '%t:%T' /dev/console") { $0.privileged = true }
        #expect(output == "88:0\r\n")
    }

    @Test("So has one in a user namespace")
    func userNamespace() throws {
        let fixture = try LaunchFixture()
        let namespace = try UserNamespace.make(
            mapping: UserMapping(hostStart: 300_000, count: 65536), hostname: "pod")
        let output = try run(fixture, "test -t 0 && stat -c '%u' /dev/pts/0; echo x >/dev/console") {
            $0.joinedNamespaces = namespace.descriptors
            $0.inUserNamespace = true
            $0.namespaces = [.cgroup]
            $0.user = ContainerUser(id: 7, groupID: 7)
        }
        #expect(output == "7\r\nx\r\n")
    }
}
