// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import OCI

/// An archive of images that lies in a directory: an OCI layout, or what `docker save` packs. What it holds may be anything:
/// paths are looked up with the directory as root.
struct ArchiveDirectory: ~Copyable {
    /// For messages.
    let name: String
    private let directory: OwnedDescriptor

    init(_ directory: consuming OwnedDescriptor, name: String) {
        self.directory = directory
        self.name = name
    }

    func has(_ path: String) throws(ImageStoreError) -> Bool { try open(path) != nil }

    /// A regular file; nil when there is none of that path.
    func open(_ path: String) throws(ImageStoreError) -> OwnedDescriptor? {
        do throws(Errno) {
            let file = try directory.openResolved(path, O_RDONLY | O_NONBLOCK)
            if try file.isRegularFile() { return file }
            return nil
        } catch {
            if [ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG, ENXIO].contains(error.rawValue) { return nil }
            throw .system(action: "open", object: "\(name): \(path)", errno: error)
        }
    }

    /// The whole of a small file.
    func contents(_ path: String) throws(ImageStoreError) -> [UInt8] {
        guard let file = try open(path) else { throw .source(path: name, problem: "has no file \(path)") }
        do throws(Errno) {
            return try file.readAll(limit: 8 << 20)
        } catch {
            if error == EFBIG { throw .source(path: name, problem: "\(path) is too large") }
            throw .system(action: "read", object: "\(name): \(path)", errno: error)
        }
    }

    func json<Value: JSONDecodable>(_ path: String) throws(ImageStoreError) -> Value {
        try ResolvedImage.parse(try contents(path), "\(name): \(path)")
    }

    /// Copies a file into the blob store under the digest that it must have.
    func copy(
        _ path: String, as digest: BlobDigest, size: Int64, to blobs: borrowing BlobStore
    ) throws(ImageStoreError) {
        guard case .writing(var writer) = try blobs.begin(digest, size: size) else { return }
        guard let file = try open(path) else {
            throw .source(path: name, problem: "is incomplete: it has no file \(path)")
        }
        try writer.restart()
        try read(file, path) { bytes throws(ImageStoreError) in try writer.append(bytes) }
        try writer.commit()
    }

    /// - Returns: what a file is by its content.
    func digest(of path: String) throws(ImageStoreError) -> (digest: BlobDigest, size: Int64, head: [UInt8]) {
        guard let file = try open(path) else {
            throw .source(path: name, problem: "is incomplete: it has no file \(path)")
        }
        var hash = BlobHash(.sha256)
        var size: Int64 = 0
        var head: [UInt8] = []
        try read(file, path) { bytes throws(ImageStoreError) in
            if head.isEmpty { head = Array(bytes.prefix(4)) }
            hash.update(bytes)
            size += Int64(bytes.count)
        }
        return (BlobDigest(.sha256, hexadecimal: hash.final()), size, head)
    }

    private func read(
        _ file: borrowing OwnedDescriptor, _ path: String,
        _ body: (UnsafeRawBufferPointer) throws(ImageStoreError) -> Void
    ) throws(ImageStoreError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        while true {
            let count = try attempt("read", "\(name): \(path)") { () throws(Errno) in try file.read(into: buffer) }
            if count == 0 { return }
            try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }
}
