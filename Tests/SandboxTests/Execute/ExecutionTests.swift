// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import Sandbox
import Seccomp
import Testing

/// A further process in a running container, seen from inside.
@Suite(.enabled(if: isRoot, "needs root: makes namespaces and mounts"), .serialized)
struct ExecutionTests {
    private static let namespaces = "for n in cgroup ipc mnt net pid user uts; do readlink /proc/self/ns/$n; done"

    @Test("It is in all of the container's namespaces, with its root, host name and network")
    func joinsNamespaces() throws {
        let fixture = try LaunchFixture()
        let box = try RunningBox(fixture, first: Self.namespaces)
        let inside = try box.execute(Self.namespaces + "; hostname; cat /seen; readlink /proc/self/exe")
        #expect(inside.end == .ended(.exited(code: 0)))
        #expect(inside.lines == box.firstLines + ["pod", "seen", "/bin/busybox"])
    }

    @Test("It is in the namespaces of a container with a user namespace, as its root")
    func joinsUserNamespace() throws {
        let fixture = try LaunchFixture()
        let made = try UserNamespace.make(
            mapping: UserMapping(hostStart: 200_000, count: 65_536), hostname: "mapped")
        let box = try RunningBox(fixture, first: Self.namespaces) {
            $0.joinedNamespaces = made.descriptors
            $0.inUserNamespace = true
            $0.namespaces = [.cgroup]
        }
        let inside = try box.execute(Self.namespaces + "; id -u; touch /by-exec && stat -c %u /by-exec; hostname")
        #expect(inside.lines == box.firstLines + ["0", "0", "mapped"])
    }

    @Test("User, groups, capabilities, filter, umask, directory and environment are those of the container")
    func takesOver() throws {
        let fixture = try LaunchFixture()
        let look = """
            grep -E '^(Uid|Gid|Groups|CapInh|CapPrm|CapEff|CapBnd|CapAmb|NoNewPrivs|Seccomp|SigBlk|SigIgn):' \
            /proc/self/status; umask; pwd; env | grep -v -E '^(SHLVL|PWD|OLDPWD|_)='; ulimit -n; cat /proc/self/oom_score_adj
            """
        let box = try RunningBox(fixture, first: look) {
            $0.user = ContainerUser(id: 1000, groupID: 2000, additionalGroupIDs: [3000, 4000])
            $0.noNewPrivileges = true
            $0.environment = ["PATH=/bin", "COLOUR=green"]
            $0.workingDirectory = "/home"
            $0.oomScoreAdjustment = 700
            $0.seccomp = try SeccompCache().program(for: .runtimeDefault, capabilities: $0.capabilities.rawValue)?.bytes
        }
        #expect(try box.execute(look).lines == box.firstLines)
        #expect(box.firstLines.contains("Uid:\t1000\t1000\t1000\t1000"))
    }

    @Test("Nothing of the supervisor is open in it but its streams, and its input is the null device")
    func closesDescriptors() throws {
        let fixture = try LaunchFixture()
        let box = try RunningBox(fixture, first: "true")
        let lines = try box.execute("ls /proc/self/fd; readlink /proc/self/fd/0; cat").lines
        // 3 is the directory that ls itself reads.
        #expect(lines == ["0", "1", "2", "3", "/dev/null"])
    }

    @Test("The others in the container see it, and it ends with the container")
    func endsWithContainer() throws {
        let fixture = try LaunchFixture()
        let box = try RunningBox(fixture, first: "true")
        let process = try box.start("exec sleep 2000")
        #expect(try box.execute("until ps | grep -q '[s]leep 2000'; do :; done; echo seen").lines == ["seen"])
        try box.container.send(signal: SIGKILL)
        #expect(try process.process.wait() == .ended(.signaled(signal: SIGKILL)))
        #expect(try box.container.wait().status == .signaled(signal: SIGKILL))
    }

    @Test(
        "It is in the container's cgroup, which is the root of all it sees, and counts there",
        .enabled(if: CgroupLane.isAvailable, CgroupLane.reason), arguments: [false, true])
    func joinsCgroup(mapped: Bool) throws {
        try CgroupLane.withHierarchy { hierarchy in
            var limits = CgroupLimits()
            limits.pidsMax = 16
            let cgroup = try hierarchy.makeCgroup(named: "execute", limits: limits)
            let made = try UserNamespace.make(
                mapping: UserMapping(hostStart: 200_000, count: 65_536), hostname: "mapped")
            do {
                let box = try RunningBox(LaunchFixture(), first: "true", in: cgroup.join) {
                    guard mapped else { return }
                    ($0.joinedNamespaces, $0.inUserNamespace, $0.namespaces) = (made.descriptors, true, [.cgroup])
                }
                let lines = try box.execute("cut -d: -f3 /proc/self/cgroup | sort -u | grep -v '^$'").lines
                #expect(lines == ["/"])
                let bomb = try box.execute("i=0; while [ $i -lt 30 ]; do sleep 5 & i=$((i+1)); done; wait")
                #expect(bomb.lines.contains { $0.contains("can't fork") })
            }
            try cgroup.remove()
        }
    }

    @Test("SIGKILL ends it and leaves the container alone")
    func isKilledAlone() throws {
        let fixture = try LaunchFixture()
        let box = try RunningBox(fixture, first: "true")
        let process = try box.start("exec sleep 1000")
        try process.process.send(signal: SIGKILL)
        #expect(try process.process.wait() == .ended(.signaled(signal: SIGKILL)))
        #expect(try box.execute("echo here").lines == ["here"])
    }

    @Test("A program that isn't there is an error of its own, not an end")
    func tellsMissingProgram() throws {
        let fixture = try LaunchFixture()
        let box = try RunningBox(fixture, first: "true")
        #expect(
            try box.execute(arguments: ["no-such-program"]).end
                == .notStarted(LaunchError(step: .execute, object: "no-such-program", errno: Errno(ENOENT))))
        #expect(try box.execute("exit 7").end == .ended(.exited(code: 7)))
    }

    @Test("A container that has ended is said to have")
    func refusesEndedContainer() throws {
        let fixture = try LaunchFixture()
        let box = try RunningBox(fixture, first: "true")
        try box.container.send(signal: SIGKILL)
        try box.container.process.descriptor.waitUntilReadable()
        let error = #expect(throws: LaunchError.self) { _ = try box.start("true") }
        #expect(error == LaunchError(step: .joinNamespace, object: "", errno: Errno(ESRCH)))
    }

    @Test("A working directory through /proc leads nowhere", arguments: ["/proc/self/fd/3", "/proc/self/cwd", "/gone"])
    func refusesDirectory(path: String) throws {
        let fixture = try LaunchFixture()
        let box = try RunningBox(fixture, first: "true")
        let end = try box.execute(arguments: ["pwd"]) { $0.workingDirectory = path }.end
        guard case .notStarted(let error) = end else {
            Issue.record("it ran in \(path): \(end)")
            return
        }
        #expect(error.step == .workingDirectory)
    }

    @Test("Whoever stops all processes of the container doesn't stop its supervisor")
    func survivesStopper() throws {
        let fixture = try LaunchFixture()
        let box = try RunningBox(fixture, first: "true")
        let stopper = try box.start("while :; do kill -STOP -1; done")
        for _ in 0..<20 {
            let process = try box.start("exec sleep 1000")
            try process.process.send(signal: SIGKILL)
            #expect(try process.process.wait() == .ended(.signaled(signal: SIGKILL)))
        }
        try stopper.process.send(signal: SIGKILL)
        _ = try stopper.process.wait()
    }
}

/// A container that waits, after its first script has written what it says.
final class RunningBox {
    let spec: ContainerSpec
    let join: CgroupJoin
    let container: RunningContainer
    let firstLines: [String]
    private let keepsOpen: OwnedDescriptor
    private let fixture: LaunchFixture

    init(
        _ fixture: LaunchFixture, first: String, in join: CgroupJoin = .writeTasks([]),
        _ change: (inout ContainerSpec) throws -> Void = { _ in }
    ) throws {
        var spec = fixture.spec("(\(first)) 2>&1; echo seen 2>/dev/null > /seen; echo .; exec sleep 1000000")
        try change(&spec)
        let pipe = try Pipe(nonBlocking: false)
        spec.standardOutput = pipe.writing.rawValue
        spec.standardError = pipe.writing.rawValue
        container = try spec.launch(in: join)
        var text = ""
        var byte: UInt8 = 0
        while !text.hasSuffix(".\n") {
            let count = try withUnsafeMutableBytes(of: &byte) { try pipe.reading.read(into: $0) }
            if count == 0 { break }
            text.unicodeScalars.append(Unicode.Scalar(byte))
        }
        firstLines = text.split(separator: "\n").dropLast().map(String.init)
        keepsOpen = pipe.takeReading()
        self.spec = spec
        self.join = join
        self.fixture = fixture
    }

    deinit {
        try? container.send(signal: SIGKILL)
        _ = try? container.wait()
    }

    final class Started {
        let process: ExecutedProcess
        let output: OwnedDescriptor

        init(_ process: consuming ExecutedProcess, _ output: consuming OwnedDescriptor) {
            self.process = process
            self.output = output
        }
    }

    struct Outcome {
        var end: ExecutedProcess.End
        var lines: [String]
    }

    func start(_ script: String) throws -> Started { try start(arguments: ["sh", "-c", script]) { _ in } }

    func start(arguments: [String], _ change: (inout ContainerSpec) -> Void) throws -> Started {
        let pipe = try Pipe(nonBlocking: false)
        var spec = spec
        spec.arguments = arguments
        spec.standardOutput = pipe.writing.rawValue
        spec.standardError = pipe.writing.rawValue
        change(&spec)
        let process = try spec.execute(in: container, cgroup: join)
        return Started(process, pipe.takeReading())
    }

    func execute(_ script: String) throws -> Outcome { try execute(arguments: ["sh", "-c", script]) }

    func execute(arguments: [String], _ change: (inout ContainerSpec) -> Void = { _ in }) throws -> Outcome {
        let started = try start(arguments: arguments, change)
        let text = String(decoding: try started.output.readAll(limit: 1 << 20), as: UTF8.self)
        return Outcome(end: try started.process.wait(), lines: text.split(separator: "\n").map(String.init))
    }
}
