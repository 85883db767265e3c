// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import Testing

@testable import ImageStore

@Suite(.enabled(if: isRoot, "needs root: unpacks in real namespaces"))
struct StoreChangesTests {
    private func tar(_ content: String) -> Tar {
        var tar = Tar()
        tar.add("file", content)
        return tar
    }

    @Test("Content goes with its last name")
    func counts() throws {
        let scratch = try Scratch()
        try scratch.add("one", tar("x"))
        try scratch.store().tag("one", as: "registry.example:5000/two:2")
        try scratch.store().remove("one")
        #expect(try scratch.store().resolve("one") == nil)
        let image = try #require(try scratch.store().resolve("registry.example:5000/two:2"))
        #expect(try text(image.layers[0] + "/file") == "x")
        try scratch.store().remove("registry.example:5000/two:2")
        try scratch.expectNothingLeft()
        #expect(throws: ImageStoreError.notFound("one:latest")) { try scratch.store().remove("one") }
    }

    @Test("A name that is given again leaves its old content behind")
    func replaces() throws {
        let scratch = try Scratch()
        let old = try scratch.add("one", tar("x")).image
        let new = try scratch.add("one", tar("y")).image
        #expect(old.id != new.id)
        #expect(try scratch.layers == [String(new.id.dropFirst(7))])
    }

    @Test("No content goes while a run holds the store; the next change takes it")
    func heldForUse() throws {
        let scratch = try Scratch()
        let image = try scratch.add("one", tar("x")).image
        do {
            let use = try scratch.store().holdForUse()
            let second = try scratch.store().holdForUse()
            try scratch.store().remove("one")
            #expect(try text(image.layers[0] + "/file") == "x")
            _ = (use.rawValue, second.rawValue)
        }
        try scratch.store().bind("other", to: "/", .init())
        #expect(try scratch.layers.isEmpty)
    }

    @Test("What a killed import left is swept; what another is making is not")
    func sweeps() throws {
        let scratch = try Scratch()
        _ = try scratch.store()
        try scratch.file("state/images/incoming/1-0/root/deep/file", "x")
        try scratch.file("state/images/incoming/1-1/root/file", "x")
        try scratch.file("state/images/incoming/stray", "x")
        try scratch.file("state/images/layers/unnamed/file", "x")
        try scratch.file("state/images/references/.new", "half")
        let living = try OwnedDescriptor.open(
            scratch.path + "/state/images/incoming/1-1", O_RDONLY | O_DIRECTORY)
        #expect(try living.lock(wait: false))
        try scratch.store().bind("one", to: "/", .init())
        #expect(try scratch.names("state/images/incoming") == ["1-1"])
        #expect(try scratch.layers.isEmpty)
        #expect(try scratch.store().list().map(\.reference.familiar) == ["one:latest"])
    }

    @Test("A directory is bound as it is; what is none is refused")
    func binds() throws {
        let scratch = try Scratch()
        let root = try scratch.directory("root")
        try #require(symlink(root, scratch.path + "/link") == 0)
        try scratch.store().bind("bound", to: scratch.path + "/link/../link/.", .init())
        let image = try #require(try scratch.store().resolve("bound"))
        #expect(image.layers == [root])
        #expect(image.id == "bind:\(root)")
        try scratch.store().bind("host", to: "/", .init())
        #expect(try scratch.store().resolve("host")?.contents(of: "/etc/passwd") != nil)
        try scratch.store().remove("bound")
        #expect(status(root) != nil)
        for wrong in [try scratch.file("file", "x"), scratch.path + "/nowhere"] {
            #expect(throws: ImageStoreError.self) { try scratch.store().bind("wrong", to: wrong, .init()) }
        }
    }

    @Test("A digest can't be given as a name")
    func digests() throws {
        let scratch = try Scratch()
        let name = "a@sha256:" + String(repeating: "0", count: 64)
        #expect(throws: ImageStoreError.self) { try scratch.store().bind(name, to: "/", .init()) }
        #expect(throws: ImageStoreError.self) { try scratch.add(name, tar("x")) }
        #expect(try scratch.store().resolve(name) == nil)
        try scratch.expectNothingLeft()
    }

    @Test("The longest names have files of their own")
    func longNames() throws {
        let scratch = try Scratch()
        let base = "registry.example/" + String(repeating: "a/", count: 110) + "a:" + String(repeating: "t", count: 127)
        for last in ["1", "2"] { try scratch.store().bind(base + last, to: "/", .init()) }
        #expect(try scratch.store().resolve(base + "1")?.reference == base + "1")
        #expect(try scratch.store().list().count == 2)
        try scratch.store().remove(base + "1")
        #expect(try scratch.store().list().map(\.reference.description) == [base + "2"])
    }

    @Test("A damaged name is told, can be removed, and costs no other its content")
    func damaged() throws {
        let scratch = try Scratch()
        let image = try scratch.add("one", tar("x")).image
        try scratch.file("state/images/references/docker.io%2flibrary%2fbad%3alatest", "berth-image 1\nnonsense\n")
        #expect(throws: ImageStoreError.self) { try scratch.store().resolve("bad") }
        try scratch.store().bind("other", to: "/", .init())
        #expect(try scratch.store().resolve("one")?.id == image.id)
        #expect(try scratch.layers.count == 1)
        try scratch.store().remove("bad")
        #expect(try scratch.store().list().count == 2)
    }

    @Test("A store that others may enter is refused")
    func openToOthers() throws {
        let scratch = try Scratch()
        _ = try scratch.store()
        #expect(status(scratch.state).map { $0.st_mode & 0o777 } == 0o700)
        try #require(chmod(scratch.state + "/images", 0o755) == 0)
        #expect(throws: ImageStoreError.self) { _ = try scratch.store() }
        try #require(chmod(scratch.state + "/images", 0o700) == 0)
        try #require(rename(scratch.state + "/images", scratch.path + "/moved") == 0)
        try #require(symlink(scratch.path + "/moved", scratch.state + "/images") == 0)
        #expect(throws: ImageStoreError.self) { _ = try scratch.store() }
    }

    @Test("Imports at the same time all succeed, and equal ones keep one copy")
    func concurrentImports() async throws {
        let scratch = try Scratch()
        _ = try scratch.store()
        for number in 0..<6 { try scratch.file("\(number).tar", tar("content \(number % 2)").bytes) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<6 {
                group.addTask {
                    try scratch.store().add("n\(number)", from: .archive("\(scratch.path)/\(number).tar"), .init())
                }
            }
            try await group.waitForAll()
        }
        #expect(try scratch.store().list().count == 6)
        #expect(try scratch.layers.count == 2)
        #expect(try scratch.names("state/images/incoming").isEmpty)
    }

    @Test("An import that waits for its archive keeps nobody else waiting")
    func slowImport() async throws {
        let scratch = try Scratch()
        _ = try scratch.store()
        let pipe = try ProgramPipe(for: "a test")
        try pipe.writing.writeAll(Array(tar("x").bytes.prefix(512)))
        let writing = try pipe.writing.duplicate()
        let reading = pipe.readingEnd().release()
        async let image = scratch.store().add("slow", from: .stream(reading), .init()).image
        while try scratch.names("state/images/incoming").isEmpty { await Task.yield() }
        try scratch.store().bind("other", to: "/", .init())
        #expect(try scratch.store().resolve("slow") == nil)
        try writing.writeAll(Array(tar("x").bytes.dropFirst(512)))
        _ = consume writing
        #expect(try await text(image.layers[0] + "/file") == "x")
        close(reading)
    }
}
