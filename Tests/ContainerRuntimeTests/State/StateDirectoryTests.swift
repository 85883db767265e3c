// SPDX-License-Identifier: Apache-2.0

import CLinux
import ContainerRuntime
import Linux
import OCI
import Testing

/// A directory of one test, removed with it.
struct Scratch: ~Copyable {
    let path: String

    init() throws {
        var template = Array("/tmp/berth-runtime-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Errno.current }
        path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }

    deinit { try? OwnedDescriptor.open("/tmp", O_RDONLY | O_DIRECTORY).removeTree(String(path.dropFirst(5))) }
}

private func record(_ id: String) -> ContainerRecord {
    ContainerRecord(
        id: id, bundle: "/b", rootfs: "/b/rootfs", created: "2026-01-01T00:00:00Z", owner: "root",
        annotations: ["k": "v"], hasOwnProcesses: true)
}

@Suite("The state directory")
struct StateDirectoryTests {
    @Test(
        "IDs that could be another path, or that engines don't write, are refused",
        arguments: ["", ".", "..", "a/b", "/a", "a b", "a\n", "ä", "a:b", String(repeating: "x", count: 256)])
    func badIDs(_ id: String) throws {
        let scratch = try Scratch()
        let root = StateRoot(scratch.path + "/root")
        let error = try #require(throws: RuntimeError.self) { _ = try root.make(id) }
        #expect(error.message.hasPrefix("invalid container ID"))
        #expect(throws: RuntimeError.self) { _ = try root.container(id) }
    }

    @Test("IDs as engines write them are fine", arguments: ["a", "vm.root.2.0.0", "A_b+c-d.e", ".x", "-x"])
    func goodIDs(_ id: String) throws {
        let scratch = try Scratch()
        let root = StateRoot(scratch.path + "/some/where")
        try root.make(id).save(record(id))
        #expect(try root.ids() == [id])
        #expect(try root.container(id).record()?.id == id)
    }

    @Test("A record is read back as it was saved, and the last one counts")
    func records() throws {
        let scratch = try Scratch()
        let root = StateRoot(scratch.path + "/root")
        let directory = try root.make("c")
        #expect(try directory.record() == nil)
        var saved = record("c")
        try directory.save(saved)
        saved.process = try ProcessIdentity.current(getpid())
        let place: JSONValue = ["manager": "disabled", "branches": []]
        saved.cgroup = place
        try directory.save(saved)
        let read = try #require(try root.container("c").record())
        #expect(read.process == saved.process && read.cgroup == place && read.annotations == ["k": "v"])
        #expect(read.bundle == "/b" && read.rootfs == "/b/rootfs" && read.owner == "root" && read.hasOwnProcesses)
        #expect(try directory.status(read) == .running)
    }

    @Test("Only root of the machine can look into it")
    func mode() throws {
        let scratch = try Scratch()
        _ = try StateRoot(scratch.path + "/a//root/").make("c")
        for path in ["/a/root", "/a/root/c"] {
            var status = stat()
            #expect(stat(scratch.path + path, &status) == 0 && status.st_mode & 0o777 == 0o700)
        }
    }

    @Test("One ID is one container; unknown ones don't exist")
    func existence() throws {
        let scratch = try Scratch()
        let root = StateRoot(scratch.path + "/root")
        #expect(try root.ids() == [] && root.find("c") == nil)
        let unknown = try #require(throws: RuntimeError.self) { _ = try root.container("c") }
        #expect(unknown.message == "container does not exist: `c`")
        _ = try root.make("c")
        let error = try #require(throws: RuntimeError.self) { _ = try root.make("c") }
        #expect(error.message == "container with given ID already exists: `c`")
    }

    @Test("While its maker is at work it is creating; without its maker it never comes to be")
    func creating() throws {
        let scratch = try Scratch()
        let root = StateRoot(scratch.path + "/root")
        func make() throws {
            let directory = try root.make("c")
            try directory.save(record("c"))
            let seen = try root.container("c")
            #expect(try seen.status(seen.record()) == .creating)
        }
        try make()
        let left = try root.container("c")
        #expect(try left.status(left.record()) == .stopped)
    }

    @Test("Another process with the same number is not the container's")
    func reuse() throws {
        let scratch = try Scratch()
        let root = StateRoot(scratch.path + "/root")
        let directory = try root.make("c")
        let ours = try #require(try ProcessIdentity.current(getpid()))
        var saved = record("c")
        saved.process = ProcessIdentity(pid: ours.pid, startTime: ours.startTime - 1)
        #expect(try directory.status(saved) == .stopped)
        #expect(try saved.process?.open() == nil)
        #expect(try ours.open()?.pid == getpid())
    }

    @Test("A removed container is gone, also for who waited for its lock")
    func removal() throws {
        let scratch = try Scratch()
        let root = StateRoot(scratch.path + "/root")
        func remove() throws {
            let directory = try root.make("c")
            try directory.save(record("c"))
            try directory.keep(config: Array("{}".utf8))
            try root.remove(directory)
        }
        try remove()
        #expect(try root.ids() == [] && root.find("c", lock: true) == nil)
    }

    @Test("What a call left that ended before it made anything is cleaned up by the next one")
    func leftovers() throws {
        let scratch = try Scratch()
        let root = StateRoot(scratch.path)
        #expect(mkdir(scratch.path + "/c", 0o700) == 0)
        #expect(try root.find("c", lock: true) == nil)
        #expect(try root.ids() == [])
    }

    @Test("A record that was cut short is an error that names the file")
    func broken() throws {
        let scratch = try Scratch()
        let root = StateRoot(scratch.path)
        _ = try root.make("c")
        try OwnedDescriptor.open(scratch.path + "/c/state.json", O_WRONLY | O_CREAT, mode: 0o600).write("{\"id\":")
        let error = try #require(throws: RuntimeError.self) { _ = try root.container("c").record() }
        #expect(error.message.contains("\(scratch.path)/c/state.json: line 1, column"))
    }
}
