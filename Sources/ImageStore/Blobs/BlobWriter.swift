// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// Content on its way into the store. Nobody else writes the same meanwhile. When it goes without `commit`, what has come
/// stays for the next try.
public struct BlobWriter: ~Copyable, Sendable {
    public let digest: BlobDigest
    /// In bytes, of the whole.
    public let size: Int64
    /// How many bytes are here: the next that is appended is the one at this offset.
    public private(set) var offset: Int64
    private var hash: BlobHash
    private let file: HeldLock
    private let place: String
    private let partial: OwnedDescriptor
    private let target: OwnedDescriptor

    /// Nothing has been read yet: `resume` is to follow.
    init(
        digest: BlobDigest, size: Int64, file: consuming HeldLock, place: String, partial: consuming OwnedDescriptor,
        target: consuming OwnedDescriptor
    ) {
        self.digest = digest
        self.size = size
        offset = 0
        hash = BlobHash(digest.algorithm)
        self.file = file
        self.place = place
        self.partial = partial
        self.target = target
    }

    /// Takes over what is in the partial file.
    mutating func resume() throws(ImageStoreError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = try attempt("read", place) { () throws(Errno) in try file.file.read(into: buffer) }
            if count == 0 { break }
            hash.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            offset += Int64(count)
        }
        // Of somebody who was told another size.
        if offset > size { try restart() }
    }

    /// Forgets what is here: the source can't go on where it was stopped.
    public mutating func restart() throws(ImageStoreError) {
        try attempt("empty", place) { () throws(Errno) in
            try retrying { ftruncate(file.rawValue, 0) }
            try retrying { lseek(file.rawValue, 0, SEEK_SET) }
        }
        hash = BlobHash(digest.algorithm)
        offset = 0
    }

    /// - Throws: `source` when this is more than there should be; nothing is kept then.
    public mutating func append(_ bytes: UnsafeRawBufferPointer) throws(ImageStoreError) {
        guard Int64(bytes.count) <= size - offset else {
            try discard()
            throw .source(path: "\(digest)", problem: "goes on beyond its \(size) bytes")
        }
        hash.update(bytes)
        try attempt("write", place) { () throws(Errno) in try file.file.writeAll(bytes) }
        offset += Int64(bytes.count)
    }

    /// The same.
    public mutating func append(_ bytes: [UInt8]) throws(ImageStoreError) {
        var copy = bytes
        let count = copy.count
        // Typed errors don't come through `withUnsafeBytes`.
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, count), alignment: 1)
        defer { buffer.deallocate() }
        copy.withUnsafeMutableBytes { buffer.copyMemory(from: UnsafeRawBufferPointer($0)) }
        try append(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }

    /// Checks that it is what its digest says, and keeps it.
    ///
    /// - Throws: `source` when it is too short: what has come stays; or when it is something else: nothing is kept.
    public consuming func commit() throws(ImageStoreError) {
        guard offset == size else {
            throw .source(path: "\(digest)", problem: "ends after \(offset) of its \(size) bytes")
        }
        let found = hash.final()
        guard found == digest.hexadecimal else {
            try discard()
            throw .source(
                path: "\(digest)", problem: "is not what was sent: that has the hash \(found); nothing of it was kept")
        }
        let name = BlobStore.partialName(digest)
        try attempt("keep", place) { () throws(Errno) in
            try retrying { fchmod(file.rawValue, 0o600) }
            try retrying { fsync(file.rawValue) }
            try retrying { renameat(partial.rawValue, name, target.rawValue, digest.hexadecimal) }
            try retrying { fsync(target.rawValue) }
        }
    }

    /// Removes what is here.
    private borrowing func discard() throws(ImageStoreError) {
        try attempt("remove", place) { () throws(Errno) in
            try retrying { ftruncate(file.rawValue, 0) }
            try retrying { unlinkat(partial.rawValue, BlobStore.partialName(digest), 0) }
        }
    }
}
