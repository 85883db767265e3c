// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import Sandbox
import Testing

@Suite(.enabled(if: isRoot, "needs root: makes namespaces and mounts"))
struct EndTests {
    @Test("The exit code is PID 1's", arguments: [0, 1, 42, 255])
    func tellsExitCode(code: Int32) throws {
        let fixture = try LaunchFixture()
        #expect(try fixture.run("exit \(code)").status == .exited(code: code))
    }

    @Test("A signal from outside is told as a signal")
    func tellsSignal() throws {
        let fixture = try LaunchFixture()
        let container = try fixture.spec("sleep 60").launch(in: .writeTasks([]))
        try container.send(signal: SIGKILL)
        #expect(try container.wait().status == .signaled(signal: SIGKILL))
    }

    @Test("While it runs, polling says nothing")
    func pollsWithoutWaiting() throws {
        let fixture = try LaunchFixture()
        let container = try fixture.spec("sleep 60").launch(in: .writeTasks([]))
        #expect(try container.poll() == nil)
        try container.send(signal: SIGKILL)
        _ = try container.wait()
    }

    @Test("When PID 1 ends, its whole tree ends")
    func endsTheTree() throws {
        let fixture = try LaunchFixture()
        let mark = "8641\(getpid() % 1000)"
        _ = try fixture.run("sleep \(mark) >/dev/null 2>&1 & sleep \(mark) >/dev/null 2>&1 & exit 0")
        #expect(runningCommands(containing: mark).isEmpty)
    }

    @Test("A program that isn't there is told by its name")
    func tellsMissingProgram() throws {
        let fixture = try LaunchFixture()
        var spec = fixture.spec("")
        spec.arguments = ["no-such-program"]
        let error = #expect(throws: LaunchError.self) { _ = try fixture.run(spec) }
        #expect(error?.step == .execute)
        #expect(error?.errno == Errno(ENOENT))
        #expect(error?.description == "exec \"no-such-program\": executable file not found in $PATH")
    }

    @Test("A file that may not be executed is told apart from a missing one")
    func tellsPermission() throws {
        let fixture = try LaunchFixture()
        try fixture.write(Array("x".utf8), to: "\(fixture.image)/bin/data", mode: 0o644)
        var spec = fixture.spec("")
        spec.arguments = ["data"]
        let error = #expect(throws: LaunchError.self) { _ = try fixture.run(spec) }
        #expect(error?.errno == Errno(EACCES))
    }

    @Test("A step that fails names itself and its path, and leaves no process")
    func tellsFailingStep() throws {
        let fixture = try LaunchFixture()
        var spec = fixture.spec("true")
        spec.root.layers = ["\(fixture.directory)/nowhere"]
        let error = #expect(throws: LaunchError.self) { _ = try fixture.run(spec) }
        #expect(error?.object == "\(fixture.directory)/nowhere")
        #expect(waitpid(getpid() + 1_000_000, nil, WNOHANG) == -1)
    }

    private func runningCommands(containing text: String) -> [String] {
        guard let proc = try? OwnedDescriptor.open("/proc", O_RDONLY | O_DIRECTORY), let names = try? proc.names()
        else { return [] }
        return names.filter { $0.allSatisfy(\.isNumber) }.compactMap { pid in
            guard let file = try? OwnedDescriptor.open("/proc/\(pid)/cmdline", O_RDONLY),
                let bytes = try? file.readAll(limit: 1 << 16)
            else { return nil }
            let line = String(decoding: bytes.map { $0 == 0 ? 32 : $0 }, as: UTF8.self)
            return line.contains("sleep \(text)") ? line : nil
        }
    }
}
