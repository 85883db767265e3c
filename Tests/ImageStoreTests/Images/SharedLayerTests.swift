// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import Synchronization
import Testing

@testable import ImageStore

@Suite(.enabled(if: isRoot, "needs root: unpacks in real namespaces"))
struct SharedLayerTests {
    private static func tar(_ content: String = "x") -> Tar {
        var tar = Tar()
        tar.add("file", content)
        return tar
    }

    @Test("Who wants a layer that another unpacks waits; when that one gives up, unpacks it")
    func waits() throws {
        let scratch = try Scratch()
        let path = try Layout(scratch, [Self.tar()]).write().path
        let hash = BlobDigest(of: Self.tar().bytes).hexadecimal
        let waiting = try Pipe(nonBlocking: false)
        let done = try Pipe(nonBlocking: false)
        let (told, ended) = (waiting.writing.rawValue, done.writing.rawValue)
        let count = Box()
        do {
            try scratch.store().bind("x", to: "/", .init())
            let held = try scratch.directory("state/images/incoming/\(hash)")
            let lock = try HeldLock(try OwnedDescriptor.open(held, O_RDONLY | O_DIRECTORY))
            startThread {
                do {
                    let observer = ImageObserver(waiting: { _ in _ = write(told, "w", 1) })
                    let images = try scratch.store().load(from: .directory(path), observer).images
                    count.value.withLock { $0 = images.count }
                } catch {
                    Issue.record(error)
                }
                _ = write(ended, "x", 1)
            }
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1, alignment: 1)
            defer { buffer.deallocate() }
            #expect(try waiting.reading.read(into: buffer) == 1)
            #expect(try scratch.layers.isEmpty)
            _ = consume lock
            #expect(try done.reading.read(into: buffer) == 1)
        }
        #expect(count.value.withLock { $0 } == 1)
        #expect(try scratch.layers == [hash])
        _ = try scratch.store().prune()
        #expect(try scratch.names("state/images/incoming").isEmpty)
    }

    private final class Box: Sendable { let value = Mutex(0) }

    @Test("What a killed one left of a layer is swept, and the layer unpacked anew")
    func interrupted() throws {
        let scratch = try Scratch()
        let hash = BlobDigest(of: Self.tar().bytes).hexadecimal
        try scratch.store().bind("x", to: "/", .init())
        try scratch.file("state/images/incoming/\(hash)/root/half", "a half")
        let image = try scratch.load(Self.tar()).image
        #expect(try OwnedDescriptor.open(image.layers[0], O_RDONLY | O_DIRECTORY).names() == ["file"])
    }

    @Test(
        "An image is given up while a layer is unpacked, or waited for, and leaves nothing", arguments: [true, false])
    func cancelled(waits: Bool) throws {
        let scratch = try Scratch()
        var tar = Tar()
        tar.add("large", String(repeating: "x", count: 8 << 20))
        let path = try Layout(scratch, [tar]).write().path
        try scratch.store().bind("x", to: "/", .init())
        let held = try scratch.directory("state/images/incoming/\(BlobDigest(of: tar.bytes).hexadecimal)")
        let lock = try waits ? HeldLock(try OwnedDescriptor.open(held, O_RDONLY | O_DIRECTORY)) : nil
        let error = #expect(throws: ImageStoreError.self) {
            try scratch.store().load(from: .directory(path), ImageObserver(isCancelled: { true }))
        }
        #expect(error?.description.contains("was given up, as was asked") == true)
        #expect(try scratch.layers.isEmpty)
        _ = consume lock
        _ = try scratch.store().prune()
        #expect(try scratch.names("state/images/incoming").isEmpty)
    }

    @Test(
        "A blob that was changed on the disk is told and removed, and a repeat succeeds",
        arguments: ["layer", "config"])
    func damaged(kind: String) throws {
        let scratch = try Scratch()
        let path = try Layout(scratch, [Self.tar()]).write().path
        let image = try scratch.store().load(from: .directory(path)).images[0]
        let id = BlobDigest(of: Self.tar().bytes).hexadecimal
        let hash = kind == "layer" ? id : String(image.id.dropFirst(7))
        let blob = "state/images/blobs/sha256/\(hash)"
        let size = try #require(status("\(scratch.path)/\(blob)")).st_size
        try scratch.file(blob, [UInt8](repeating: 0x41, count: Int(size)))
        try scratch.remove("state/images/layers/\(id)")
        let error = #expect(throws: ImageStoreError.self) { try scratch.store().load(from: .directory(path)) }
        #expect(error?.description.contains("was changed on the disk, and is removed") == true, "\(error!)")
        #expect(try scratch.store().load(from: .directory(path)).images[0].id == image.id)
        #expect(try scratch.layers == [id])
    }

    @Test("More layers than overlayfs takes are refused")
    func tooMany() throws {
        let scratch = try Scratch()
        let path = try Layout(scratch, [Tar](repeating: Self.tar(), count: 501)).write().path
        let error = #expect(throws: ImageStoreError.self) { try scratch.store().load(from: .directory(path)) }
        #expect(error?.description.contains("has 501 layers: more than 500 can't be mounted") == true)
    }

    @Test("Many at once get one layer, each its own image")
    func concurrent() throws {
        let scratch = try Scratch()
        let done = try Pipe(nonBlocking: false)
        let ended = done.writing.rawValue
        var paths: [String] = []
        for number in 0..<4 {
            var layout = Layout(scratch, [Self.tar(), Self.tar("\(number)")], name: "layout\(number)")
            layout.reference = "image:\(number)"
            paths.append(try layout.write().path)
        }
        for path in paths {
            startThread {
                do { try scratch.store().load(from: .directory(path)) } catch { Issue.record(error) }
                _ = write(ended, "x", 1)
            }
        }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1, alignment: 1)
        defer { buffer.deallocate() }
        for _ in paths { #expect(try done.reading.read(into: buffer) == 1) }
        #expect(try scratch.layers.count == 5)
        #expect(try scratch.store().list().count == 4)
        #expect(Set(try scratch.store().list().map { $0.layers[1] }).count == 1)
    }

    @Test("A layer in use stays; prune says that it left something, and later takes it")
    func inUse() throws {
        let scratch = try Scratch()
        try scratch.load(Self.tar())
        let use = try scratch.store().holdForUse()
        try scratch.store().remove("made:1")
        #expect(try scratch.layers.count == 1)
        #expect(try scratch.store().prune().isComplete == false)
        #expect(try scratch.store().usage().unreferenced > 0)
        _ = consume use
        let result = try scratch.store().prune()
        #expect(result.isComplete && result.layers == 1)
        #expect(try scratch.layers.isEmpty)
        #expect(try scratch.store().usage() == StoreUsage())
    }

    @Test("While somebody pulls, no blob is pruned")
    func pulling() throws {
        let scratch = try Scratch()
        let blobs = try scratch.store().blobs()
        let digest = try blobs.put([1, 2, 3])
        #expect(try scratch.store().prune() == PruneResult(bytes: 0, blobs: 0, layers: 0, isComplete: false))
        #expect(try blobs.has(digest))
        _ = consume blobs
        #expect(try scratch.store().prune().blobs == 1)
        #expect(try scratch.names("state/images/blobs/sha256").isEmpty)
    }

    enum Bomb: String, CaseIterable { case claimed, entries, depth, compressed }

    @Test("A layer that holds more than it may is given up, and leaves nothing", arguments: Bomb.allCases)
    func bombs(bomb: Bomb) throws {
        let scratch = try Scratch()
        var tar = Tar()
        switch bomb {
        case .claimed: tar.add("big", "x", size: 8 << 30 - 1)
        case .entries: for number in 0..<200 { tar.add("file\(number)") }
        case .depth: tar.add(String(repeating: "d/", count: 30) + "file")
        case .compressed: tar.add("zeros", String(repeating: "\0", count: 80 << 20))
        }
        var layout = Layout(scratch, [tar])
        if bomb == .compressed {
            // Hidden behind the archive's end, where no file of it is.
            let zeros = try scratch.file("zeros", [])
            try #require(truncate(zeros, 256 << 20) == 0)
            _ = try HostProgram.output(of: "/bin/gzip", ["gzip", zeros])
            layout.layers = [try OwnedDescriptor.open("\(zeros).gz", O_RDONLY).readAll(limit: 1 << 20)]
        }
        let path = try layout.write().path
        let limits = ImportLimits(bytes: 1 << 20, entries: 100, depth: 20)
        let error = #expect(throws: ImageStoreError.self) {
            try scratch.store().load(from: .directory(path), limits: limits)
        }
        let expected =
            switch bomb {
            case .claimed: "its files are larger than 1 MiB together"
            case .compressed: "larger than 1 MiB when uncompressed"
            case .entries: "it holds more than 100 files"
            case .depth: "its directories are more than 20 deep"
            }
        #expect(error?.description.contains(expected) == true, "\(error?.description ?? "")")
        #expect(try scratch.layers.isEmpty)
        #expect(try scratch.names("state/images/incoming").isEmpty)
    }
}
