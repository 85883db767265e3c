// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import OCI
import Testing

@testable import ContainerRuntime

@Suite(
    "The life of a container, by the built program", .serialized,
    .enabled(if: ContainerFixture.canRun, "needs root and /bin/busybox"), .timeLimit(.minutes(2)))
struct LifecycleTests {
    @Test("From created over running and paused to stopped, with the exit codes that engines know")
    func wholeLife() throws {
        let container = try ContainerFixture("sleep 1000")
        #expect(try container.call("start", container.id).code == 1)
        #expect(
            try container.call("create", "-b", container.bundle, "--pid-file", container.path("pid"), container.id).code
                == 0)
        #expect(try container.status() == .created)
        let again = try container.call("create", "--bundle", container.bundle, container.id)
        #expect(again.code == 1 && again.error.contains("already exists"))
        #expect(try container.call("start", container.id).code == 0)
        #expect(try container.status() == .running)
        let twice = try container.call("start", container.id)
        #expect(twice.code == 1 && twice.error.contains("running"))
        let early = try container.call("delete", container.id)
        #expect(early.code == 1 && early.error.contains("not stopped"))
        #expect(try container.call("pause", container.id).code == 0)
        #expect(try container.status() == .paused)
        #expect(try container.call("resume", container.id).code == 0)
        #expect(try container.status() == .running)
        #expect(try container.call("kill", container.id, "KILL").code == 0)
        try container.await(.stopped)
        let late = try container.call("kill", container.id, "TERM")
        #expect(late.code == 1 && late.error.contains("container not running"))
        #expect(try container.call("kill", "--all", container.id, "9").code == 0)
        #expect(try container.call("delete", container.id).code == 0)
        #expect(try container.call("delete", container.id).code == 1)
        #expect(try container.call("delete", "--force", container.id).code == 0)
    }

    @Test("The pid file has the number of the state, and nothing more")
    func pidFile() throws {
        let container = try ContainerFixture("sleep 1000")
        #expect(
            try container.call("create", "-b", container.bundle, "--pid-file", container.path("pid"), container.id).code
                == 0)
        let text = String(
            decoding: try OwnedDescriptor.open(container.path("pid"), O_RDONLY).readAll(limit: 64), as: UTF8.self)
        let state = try State(json: Array(container.call("state", container.id).output.utf8))
        #expect(text == state.pid.map(String.init))
        #expect(state.bundle == container.bundle && state.rootfs == container.bundle + "/rootfs")
    }

    @Test(
        "run gives the program's status back, and leaves nothing",
        arguments: [("exit 0", 0), ("exit 7", 7), ("kill -9 $$; sleep 1", 0)])
    func run(_ script: String, _ code: CInt) throws {
        let container = try ContainerFixture(script)
        let call = try container.call("run", "-b", container.bundle, container.id)
        // Signals from within don't reach the first process of a pid namespace.
        #expect(call.code == code, "\(call.error)")
        #expect(try container.call("list", "-q").output.isEmpty)
    }

    @Test("A created container that is deleted was never started")
    func deleteCreated() throws {
        let container = try ContainerFixture("echo started > /started")
        #expect(try container.call("create", "-b", container.bundle, container.id).code == 0)
        #expect(try container.call("delete", container.id).code == 0)
        #expect(access(container.bundle + "/rootfs/started", F_OK) != 0)
        #expect(try container.status() == nil)
    }

    @Test("A paused container dies of SIGKILL, and delete --force of one that is paused is done")
    func paused() throws {
        let container = try ContainerFixture("sleep 1000")
        for _ in 0..<2 {
            #expect(try container.call("run", "--detach", "-b", container.bundle, container.id).code == 0)
            #expect(try container.call("pause", container.id).code == 0)
            #expect(try container.call("kill", container.id, "9").code == 0)
            try container.await(.stopped)
            #expect(try container.call("delete", container.id).code == 0)
        }
        #expect(try container.call("run", "--detach", "-b", container.bundle, container.id).code == 0)
        #expect(try container.call("pause", container.id).code == 0)
        #expect(try container.call("delete", "--force", container.id).code == 0)
        #expect(try container.status() == nil)
    }

    @Test("Without a pid namespace, SIGKILL and --all reach every process")
    func sharedProcesses() throws {
        let container = try ContainerFixture("sleep 1000 & sleep 1000 & wait") { config in
            config = changed(config, ["linux", "namespaces"], to: [["type": "mount"]])
        }
        #expect(try container.call("run", "--detach", "-b", container.bundle, container.id).code == 0)
        func pids() throws -> [JSONValue] {
            let call = try container.call("ps", "--format", "json", container.id)
            guard call.code == 0, case .array(let pids) = try JSONValue(parsing: Array(call.output.utf8)) else {
                return []
            }
            return pids
        }
        while try pids().count < 3 { usleep(2000) }
        let before = try pids()
        #expect(try container.call("kill", container.id, "KILL").code == 0)
        for case .integer(let pid) in before {
            while try ProcessIdentity.current(pid_t(pid)) != nil { usleep(2000) }
        }
        #expect(try container.call("kill", container.id, "KILL").code == 1)
        #expect(try container.call("delete", container.id).code == 0)
    }

    @Test("Of many that create one container at once, one does; of many that delete it, one does")
    func concurrentCalls() async throws {
        let container = try ContainerFixture("sleep 1000")
        let (bundle, id, root) = (container.bundle, container.id, container.path("root"))
        func codes(_ arguments: [String]) async throws -> [CInt] {
            try await withThrowingTaskGroup(of: CInt.self) { group in
                for _ in 0..<6 { group.addTask { try Call(["--root", root] + arguments).code } }
                return try await group.reduce(into: []) { $0.append($1) }.sorted()
            }
        }
        #expect(try await codes(["create", "-b", bundle, id]) == [0, 1, 1, 1, 1, 1])
        #expect(try container.status() == .created)
        #expect(try await codes(["start", id]) == [0, 1, 1, 1, 1, 1])
        #expect(try await codes(["delete", "--force", id]) == [0, 0, 0, 0, 0, 0])
        #expect(try container.status() == nil)
        #expect(try container.call("create", "-b", bundle, id).code == 0)
        #expect(try await codes(["delete", id]) == [0, 1, 1, 1, 1, 1])
    }

    @Test("A create that is killed at any time leaves nothing that delete --force doesn't take away")
    func killedCreate() throws {
        let container = try ContainerFixture("sleep 1000")
        for delay in 0..<15 {
            let pid = try spawn(
                Call.program,
                ["berth-runtime", "--root", container.path("root"), "create", "-b", container.bundle, container.id])
            usleep(useconds_t(delay * 1500))
            kill(pid, SIGKILL)
            var status: CInt = 0
            try retrying { waitpid(pid, &status, 0) }
            let call = try container.call("delete", "--force", container.id)
            #expect(call.code == 0 && call.error.isEmpty, "after \(delay * 1500) µs: \(call.error)")
            #expect(try container.call("list", "-q").output.isEmpty)
            for mount in try OwnedDescriptor.open("/sys/fs/cgroup", O_RDONLY | O_DIRECTORY).names() {
                let cgroup = "/sys/fs/cgroup/\(mount)/berth-runtime/\(container.id)"
                #expect(access(cgroup, F_OK) != 0, "after \(delay * 1500) µs: \(cgroup)")
            }
        }
    }

    @Test("A cgroup in which others are is not the container's, and delete doesn't touch them")
    func foreignCgroup() throws {
        let other = try ContainerFixture("sleep 1000")
        #expect(try other.call("run", "--detach", "-b", other.bundle, other.id).code == 0)
        let container = try ContainerFixture("sleep 1000") { config in
            config = changed(
                config, ["linux"],
                to: [
                    "cgroupsPath": .string("/berth-runtime/\(other.id)"),
                    "namespaces": [["type": "pid"], ["type": "mount"]],
                ])
        }
        let call = try container.call("create", "-b", container.bundle, container.id)
        #expect(call.code == 1 && call.error.contains("processes in it"))
        #expect(try container.call("delete", "--force", container.id).code == 0)
        #expect(try other.status() == .running)
    }

    @Test("A container whose process is killed while it is made was not made")
    func killedProcess() throws {
        let container = try ContainerFixture("sleep 1000") { config in
            let script = #"kill -9 $(/bin/busybox sed 's/.*"pid":\([0-9]*\).*/\1/')"#
            guard case .object(let members) = config else { return }
            let hook: JSONValue = ["path": "/bin/busybox", "args": ["sh", "-c", .string(script)]]
            config = .object(members + [JSONMember("hooks", ["createRuntime": [hook]])])
        }
        let call = try container.call("create", "-b", container.bundle, container.id)
        #expect(call.code == 1 && call.error.contains("killed while it was made"), "\(call.error)")
        #expect(try container.call("list", "-q").output.isEmpty)
    }

    @Test("The root cgroup is never a container's own", arguments: ["/", "/.", "//", "/a/.."])
    func rootCgroup(_ path: String) throws {
        // Nothing is made: when it is to be recorded, the check has failed already.
        let error = try #require(throws: RuntimeError.self) {
            try RuntimeCgroup.make(
                id: "x", path: path, manager: .cgroupfs, resources: nil, warn: { _ in },
                record: { _ throws(RuntimeError) in throw RuntimeError("recorded") })
        }
        #expect(error.message != "recorded")
    }

    @Test(
        "A bundle that is broken leaves nothing",
        arguments: ["", "{", "{}", #"{"ociVersion":"1.2.0","root":{"path":"none"}}"#])
    func brokenBundle(_ text: String) throws {
        let container = try ContainerFixture("true")
        try OwnedDescriptor.open(container.bundle + "/config.json", O_WRONLY | O_TRUNC).writeAll(Array(text.utf8))
        let call = try container.call("create", "-b", container.bundle, container.id)
        #expect(call.code == 1 && !call.error.isEmpty)
        #expect(try container.call("list", "-q").output.isEmpty)
    }
}

/// The value with what is at a path replaced.
private func changed(_ value: JSONValue, _ path: [String], to replacement: JSONValue) -> JSONValue {
    guard let first = path.first, case .object(let members) = value else { return replacement }
    return .object(
        members.map {
            $0.name == first ? JSONMember(first, changed($0.value, Array(path.dropFirst()), to: replacement)) : $0
        })
}
