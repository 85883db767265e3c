// SPDX-License-Identifier: Apache-2.0

import CLinux
import ContainerRuntime
import Linux
import Testing

@Suite("Terminals of exec", .serialized, .enabled(if: getuid() == 0, "needs root: makes namespaces and cgroups"))
struct TerminalTests {
    /// Reads until nobody has the terminal's other end open.
    private func all(of terminal: borrowing OwnedDescriptor) throws -> String {
        var bytes: [UInt8] = []
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 1)
        defer { buffer.deallocate() }
        do {
            while true {
                let count = try terminal.read(into: buffer)
                if count == 0 { break }
                bytes += buffer[..<count]
            }
        } catch {
            #expect(error == Errno(EIO))
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("Detached, the terminal goes to the console socket, with its name and size")
    func consoleSocket() throws {
        let fixture = try ExecFixture()
        let path = "\(fixture.directory)/console"
        let listener = try listener(at: path)
        let call = try fixture.run(
            process: """
                "cwd": "/", "env": ["PATH=/bin"], "terminal": true, "consoleSize": {"height": 7, "width": 9},
                "user": {"uid": 1000, "gid": 5}
                """,
            "tty; echo err >&2; cut -d ' ' -f 7 /proc/self/stat; ls -l /dev/pts/0 | cut -c 1-10; id -u; stty -a | head -n 1",
            ["--detach", "--console-socket", path])
        try #require(call.code == 0, "\(call.error)")
        let (text, descriptor) = try receive(from: listener)
        #expect(text == "/dev/ptmx")
        try #require(descriptor >= 0)
        let lines = try all(of: OwnedDescriptor(adopting: descriptor)).split(separator: "\r\n").map(String.init)
        #expect(lines.prefix(5) == ["/dev/pts/0", "err", "34816", "crw-------", "1000"])
        #expect(lines.last == "speed 38400 baud; rows 7; columns 9; line = 0;")
    }

    @Test("A descriptor of the process goes to the pidfd socket")
    func pidfdSocket() throws {
        let fixture = try ExecFixture()
        let path = "\(fixture.directory)/pidfd"
        let listener = try listener(at: path)
        let call = try fixture.run(
            ["--detach", "--pid-file", "\(fixture.directory)/pid", "--pidfd-socket", path], "sleep 1000")
        try #require(call.code == 0, "\(call.error)")
        let (text, descriptor) = try receive(from: listener)
        #expect(text == "pidfd")
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        let facts = try OwnedDescriptor.open("/proc/self/fdinfo/\(descriptor)", O_RDONLY).readAll(limit: 4096)
        #expect(String(decoding: facts, as: UTF8.self).contains("\nPid:\t\(try fixture.await("pid"))\n"))
    }

    private func listener(at path: String) throws -> OwnedDescriptor {
        let listener = OwnedDescriptor(
            adopting: try retrying { socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0) })
        let number = listener.rawValue
        try retrying { clinux_bind_unix(number, path) }
        try retrying { listen(number, 1) }
        return listener
    }

    private func receive(from listener: borrowing OwnedDescriptor) throws -> (text: String, descriptor: CInt) {
        let number = listener.rawValue
        let connection = OwnedDescriptor(
            adopting: try retrying { accept4(number, __SOCKADDR_ARG(), nil, CInt(SOCK_CLOEXEC.rawValue)) })
        let other = connection.rawValue
        var text = [UInt8](repeating: 0, count: 64)
        var descriptor: CInt = -1
        let count = try retrying { clinux_receive_descriptor(other, &text, 64, &descriptor) }
        return (String(decoding: text[..<count], as: UTF8.self), descriptor)
    }

    @Test("Detached without a console socket, or a socket without a terminal, is an error")
    func contradiction() throws {
        let fixture = try ExecFixture()
        #expect(try fixture.run(["--detach", "--tty"], "true").error.contains("needs --console-socket"))
        #expect(try fixture.run(["--console-socket", "/x"], "true").error.contains("--tty"))
    }

    @Test("In the foreground what is typed goes in, what is written comes out, and the size is the caller's")
    func foreground() throws {
        let fixture = try ExecFixture()
        let own = OwnedDescriptor(adopting: try retrying { posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC) })
        let number = own.rawValue
        try #require(grantpt(number) == 0 && unlockpt(number) == 0)
        var name = [CChar](repeating: 0, count: 64)
        try #require(ptsname_r(number, &name, name.count) == 0)
        var size = winsize(ws_row: 33, ws_col: 77, ws_xpixel: 0, ws_ypixel: 0)
        try retrying { clinux_set_winsize(number, &size) }
        let script = "stty -a | head -n 1; tty; read x; echo got $x; exit 5"
        let pid = try spawn(fixture.arguments(["--tty"], ["sh", "-c", script]), on: name)
        try own.write("hello\n")
        let output = try all(of: own)
        var status: CInt = 0
        try retrying { waitpid(pid, &status, 0) }
        #expect(status >> 8 & 0xff == 5)
        #expect(output.contains("rows 33; columns 77;") && output.contains("/dev/pts/0\r\n"), "\(output)")
        #expect(output.hasSuffix("got hello\r\n"))
    }

    private func spawn(_ arguments: [String], on terminal: [CChar]) throws -> pid_t {
        var argv = (["berth-runtime"] + arguments).map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = [nil]
        defer { for text in argv { free(text) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for stream: CInt in 0...2 { posix_spawn_file_actions_addopen(&actions, stream, terminal, O_RDWR | O_NOCTTY, 0) }
        var pid: pid_t = 0
        let error = posix_spawn(&pid, Call.program, &actions, nil, &argv, &variables)
        if error != 0 { throw Errno(error) }
        return pid
    }
}
