// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import Synchronization
import Testing

@testable import ImageStore

@Suite(.enabled(if: isRoot, "needs root: the store is root's"))
struct BlobStoreTests {
    private static let content = Array("some content".utf8)

    private struct IsPresent: Error {}

    private static func writer(_ blobs: borrowing BlobStore, _ digest: BlobDigest) throws -> BlobWriter {
        switch try blobs.begin(digest, size: 12) {
        case .present: throw IsPresent()
        case .writing(let writer): return writer
        }
    }

    @Test(
        "A digest is an algorithm and its hash in lower case",
        arguments: [
            ("sha256:" + String(repeating: "0a", count: 32), true),
            ("sha512:" + String(repeating: "0a", count: 64), true),
            ("sha256:" + String(repeating: "0A", count: 32), false),
            ("sha256:" + String(repeating: "0a", count: 31), false),
            ("sha512:" + String(repeating: "0a", count: 32), false),
            ("md5:" + String(repeating: "0a", count: 16), false),
            (String(repeating: "0a", count: 32), false), ("", false), ("sha256:../../../etc/passwd", false),
        ])
    func digests(text: String, good: Bool) {
        if good {
            #expect(throws: Never.self) { try BlobDigest(text).description == text }
        } else {
            let error = #expect(throws: ImageStoreError.self) { try BlobDigest(text) }
            #expect(error?.description.hasPrefix("digest \"\(text)\"") == true)
        }
    }

    @Test("The hashes are those of FIPS 180", arguments: [BlobDigest.Algorithm.sha256, .sha512])
    func hashes(algorithm: BlobDigest.Algorithm) {
        var hash = BlobHash(algorithm)
        hash.update(Array("ab".utf8))
        hash.update(Array("c".utf8))
        let expected =
            algorithm == .sha256
            ? "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
            : "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
        #expect(hash.final() == expected)
    }

    @Test("Content is kept under its digest, once, and read as it was")
    func keeps() throws {
        let scratch = try Scratch()
        let blobs = try scratch.store().blobs()
        let digest = try blobs.put(Self.content)
        #expect(try blobs.put(Self.content) == digest)
        #expect(try blobs.size(of: digest) == 12)
        #expect(try blobs.contents(of: digest) == Self.content)
        #expect(try scratch.names("state/images/blobs/sha256") == [digest.hexadecimal])
        #expect(try scratch.names("state/images/blobs/partial").isEmpty)
        #expect(throws: ImageStoreError.self) { try blobs.contents(of: digest, limit: 11) }
        try scratch.file("state/images/blobs/sha256/\(digest.hexadecimal)", "some CONTENT")
        let error = #expect(throws: ImageStoreError.self) { try blobs.contents(of: digest) }
        #expect(error?.description.contains("was changed on the disk") == true)
    }

    @Test("What was stopped goes on where it was", arguments: [BlobDigest.Algorithm.sha256, .sha512])
    func resumes(algorithm: BlobDigest.Algorithm) throws {
        let scratch = try Scratch()
        let blobs = try scratch.store().blobs()
        var hash = BlobHash(algorithm)
        hash.update(Self.content)
        let digest = BlobDigest(algorithm, hexadecimal: hash.final())
        let short = #expect(throws: ImageStoreError.self) {
            var first = try Self.writer(blobs, digest)
            try first.append(Array(Self.content[..<5]))
            try first.commit()
        }
        #expect(short?.description.contains("ends after 5 of its 12 bytes") == true)

        var second = try Self.writer(blobs, digest)
        #expect(second.offset == 5)
        try second.append(Array(Self.content[5...]))
        try second.commit()
        #expect(try blobs.contents(of: digest) == Self.content)
        #expect(throws: IsPresent.self) { _ = try Self.writer(blobs, digest) }
        #expect(throws: ImageStoreError.self) { _ = try blobs.begin(digest, size: 13) }
    }

    @Test("What is not what its digest says is thrown away, and a repeat succeeds", arguments: ["other", "longer"])
    func lies(kind: String) throws {
        let scratch = try Scratch()
        let blobs = try scratch.store().blobs()
        let digest = BlobDigest(of: Self.content)
        let error = #expect(throws: ImageStoreError.self) {
            guard case .writing(var writer) = try blobs.begin(digest, size: 12) else { return }
            try writer.append(Array((kind == "other" ? "SOME content" : "some content!").utf8))
            try writer.commit()
        }
        #expect(error?.description.hasPrefix("\(digest): ") == true)
        #expect(try scratch.names("state/images/blobs/partial").isEmpty)
        #expect(try !blobs.has(digest))
        #expect(try blobs.put(Self.content) == digest)
    }

    @Test("Who wants what another is writing waits, and then finds it")
    func waits() throws {
        let scratch = try Scratch()
        let blobs = try scratch.store().blobs()
        let digest = BlobDigest(of: Self.content)
        var writer = try Self.writer(blobs, digest)
        try writer.append(Array(Self.content[..<5]))
        let waiting = try Pipe(nonBlocking: false)
        let done = try Pipe(nonBlocking: false)
        let (told, ended) = (waiting.writing.rawValue, done.writing.rawValue)
        let box = Box(scratch, digest)
        startThread {
            box.run(told: told)
            _ = write(ended, "x", 1)
        }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1, alignment: 1)
        defer { buffer.deallocate() }
        #expect(try waiting.reading.read(into: buffer) == 1)
        try writer.append(Array(Self.content[5...]))
        try writer.commit()
        #expect(try done.reading.read(into: buffer) == 1)
        #expect(box.found.withLock { $0 })
        #expect(try scratch.names("state/images/blobs/partial").isEmpty)
    }

    private final class Box: Sendable {
        let scratch: Scratch
        let digest: BlobDigest
        let found = Mutex(false)

        init(_ scratch: Scratch, _ digest: BlobDigest) {
            self.scratch = scratch
            self.digest = digest
        }

        func run(told: CInt) {
            do {
                switch try scratch.store().blobs().begin(digest, size: 12, waiting: { _ = write(told, "w", 1) }) {
                case .present: found.withLock { $0 = true }
                case .writing: break
                }
            } catch {
                Issue.record(error)
            }
        }
    }
}
