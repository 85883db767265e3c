// SPDX-License-Identifier: Apache-2.0

import CLinux
public import Linux

/// Content by its digest, below `<state>/images/blobs`: manifests, configurations and layers as they are distributed.
///
///     <algorithm>/<hash>             whole and checked, never changed
///     partial/<algorithm>-<hash>     what has come so far, locked by who fetches it
///
/// While one of these values lives, nothing is collected: what was just fetched waits for the image that names it.
public struct BlobStore: ~Copyable, Sendable {
    let path: String
    let directory: OwnedDescriptor
    /// Held shared by everyone who adds; who collects needs it alone.
    private let lock: HeldLock

    init(path: String, directory: consuming OwnedDescriptor, lock: consuming HeldLock) {
        self.path = path
        self.directory = directory
        self.lock = lock
    }

    /// Runs `body` if nobody else is adding, and nobody can begin until it is done. Only within `changing`: between this
    /// lock and the other nobody collects.
    ///
    /// - Returns: nil when somebody is adding.
    borrowing func whileAlone<Result>(
        _ body: () throws(ImageStoreError) -> Result
    ) throws(ImageStoreError) -> Result? {
        let descriptor = lock.rawValue
        let alone = try attempt("lock", "\(path).lock") { () throws(Errno) in try lock.file.lock(wait: false) }
        var result: Result?
        var failure: ImageStoreError?
        if alone { do throws(ImageStoreError) { result = try body() } catch { failure = error } }
        try attempt("lock", "\(path).lock") { () throws(Errno) in try retrying { flock(descriptor, LOCK_SH) } }
        if let failure { throw failure }
        return result
    }

    /// Whether it is here, whole.
    public borrowing func has(_ digest: BlobDigest) throws(ImageStoreError) -> Bool { try size(of: digest) != nil }

    /// In bytes; nil when it isn't here.
    public borrowing func size(of digest: BlobDigest) throws(ImageStoreError) -> Int64? {
        var status = stat()
        do throws(Errno) {
            try retrying { fstatat(directory.rawValue, Self.place(digest), &status, AT_SYMLINK_NOFOLLOW) }
            return Int64(status.st_size)
        } catch {
            if error == ENOENT { return nil }
            throw .system(action: "look for", object: "\(path)/\(Self.place(digest))", errno: error)
        }
    }

    /// Opens it for reading. It was checked when it came; `contents` checks again.
    ///
    /// - Throws: `source` when it isn't here.
    public borrowing func open(_ digest: BlobDigest) throws(ImageStoreError) -> OwnedDescriptor {
        do throws(Errno) {
            return try directory.open(Self.place(digest), O_RDONLY)
        } catch {
            if error == ENOENT { throw .source(path: "\(digest)", problem: "is not here: the image is incomplete") }
            throw .system(action: "open", object: "\(path)/\(Self.place(digest))", errno: error)
        }
    }

    /// All of it, for what is small: a manifest or a configuration.
    ///
    /// - Throws: also when it is more than `limit` bytes, or no longer what its name says.
    public borrowing func contents(of digest: BlobDigest, limit: Int = 8 << 20) throws(ImageStoreError) -> [UInt8] {
        let file = try open(digest)
        let bytes: [UInt8]
        do throws(Errno) {
            bytes = try file.readAll(limit: limit)
        } catch {
            if error == EFBIG { throw .source(path: "\(digest)", problem: "is larger than \(limit >> 10) KiB") }
            throw .system(action: "read", object: "\(path)/\(Self.place(digest))", errno: error)
        }
        var hash = BlobHash(digest.algorithm)
        bytes.withUnsafeBytes { hash.update($0) }
        if hash.final() != digest.hexadecimal { throw try removeDamaged(digest) }
        return bytes
    }

    /// Reads all of it: one that is no longer what its name says is removed, so that it is fetched anew.
    ///
    /// - Throws: `damaged` then.
    borrowing func verify(_ digest: BlobDigest) throws(ImageStoreError) {
        let file = try open(digest)
        var hash = BlobHash(digest.algorithm)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        while true {
            let count = try attempt("read", "\(path)/\(Self.place(digest))") { () throws(Errno) in
                try file.read(into: buffer)
            }
            if count == 0 { break }
            hash.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
        if hash.final() != digest.hexadecimal { throw try removeDamaged(digest) }
    }

    private borrowing func removeDamaged(_ digest: BlobDigest) throws(ImageStoreError) -> ImageStoreError {
        let place = "\(path)/\(Self.place(digest))"
        try attempt("remove the damaged", place) { () throws(Errno) in
            try retrying { unlinkat(directory.rawValue, Self.place(digest), 0) }
        }
        return .damaged(
            path: place, problem: "was changed on the disk, and is removed; pull or load the image again")
    }

    /// Keeps content that is in memory.
    ///
    /// - Parameter digest: what it is called, where that isn't its SHA-256.
    @discardableResult
    public borrowing func put(
        _ content: [UInt8], as digest: BlobDigest? = nil
    ) throws(ImageStoreError) -> BlobDigest {
        let digest = digest ?? BlobDigest(of: content)
        switch try begin(digest, size: Int64(content.count)) {
        case .present: break
        case .writing(var writer):
            try writer.restart()
            try writer.append(content)
            try writer.commit()
        }
        return digest
    }

    /// What `begin` finds.
    public enum Begun: ~Copyable {
        /// It is here, perhaps since another has just fetched it.
        case present
        case writing(BlobWriter)
    }

    /// Begins to write content, or goes on where somebody stopped. When another is writing the same, this waits for it.
    ///
    /// - Parameters:
    ///   - size: in bytes, as the descriptor tells.
    ///   - waiting: is called once when it has to wait.
    public borrowing func begin(
        _ digest: BlobDigest, size: Int64, waiting: () -> Void = {}
    ) throws(ImageStoreError) -> Begun {
        if let begun = try beginUnlessBusy(digest, size: size) { return begun }
        waiting()
        while true {
            // Nobody else gets in between, or somebody does: then it waits again.
            try waitForWriter(of: digest)
            if let begun = try beginUnlessBusy(digest, size: size) { return begun }
        }
    }

    /// The same for who can't wait.
    ///
    /// - Returns: nil while another is writing it.
    public borrowing func beginUnlessBusy(
        _ digest: BlobDigest, size: Int64
    ) throws(ImageStoreError) -> Begun? {
        guard size >= 0 else { throw .source(path: "\(digest)", problem: "has a size of \(size) bytes") }
        if let present = try self.size(of: digest) {
            if present == size { return .present }
            try verify(digest)
            throw Self.wrongSize(digest, size, present)
        }
        let partial = try child("partial")
        let name = Self.partialName(digest)
        let lock = try attempt("lock", "\(path)/partial/\(name)") { () throws(Errno) in
            try Self.locked(name, in: partial)
        }
        guard let file = lock else { return nil }
        if let present = try self.size(of: digest) {
            guard present == size else { throw Self.wrongSize(digest, size, present) }
            // Who wrote it renamed it: this is a new and empty one.
            try attempt("remove", "\(path)/partial/\(name)") { () throws(Errno) in
                try retrying { unlinkat(partial.rawValue, name, 0) }
            }
            return .present
        }
        let target = try child(digest.algorithm.rawValue)
        var writer = BlobWriter(
            digest: digest, size: size, file: file, place: "\(path)/partial/\(name)", partial: partial, target: target)
        try writer.resume()
        return .writing(writer)
    }

    /// The lock of the partial file that has this name while we hold it; nil when another holds it.
    private static func locked(_ name: String, in partial: borrowing OwnedDescriptor) throws(Errno) -> HeldLock? {
        while true {
            let file = try partial.open(name, O_RDWR | O_CREAT, mode: 0o600)
            guard let lock = try HeldLock(unlessHeld: file) else { return nil }
            var named = stat()
            let held = try lock.file.status()
            do throws(Errno) {
                try retrying { fstatat(partial.rawValue, name, &named, AT_SYMLINK_NOFOLLOW) }
            } catch {
                if error != ENOENT { throw error }
                continue
            }
            if named.st_ino == held.st_ino { return lock }
        }
    }

    /// Until whoever writes it now has ended.
    private borrowing func waitForWriter(of digest: BlobDigest) throws(ImageStoreError) {
        let place = "\(path)/partial/\(Self.partialName(digest))"
        do throws(Errno) {
            _ = try HeldLock(try OwnedDescriptor.open(place, O_RDONLY | O_NOFOLLOW), shared: true)
        } catch {
            if error != ENOENT { throw .system(action: "lock", object: place, errno: error) }
        }
    }

    private borrowing func child(_ name: String) throws(ImageStoreError) -> OwnedDescriptor {
        try attempt("open", "\(path)/\(name)") { () throws(Errno) in try directory.openOrMakeDirectory(name) }
    }

    static func place(_ digest: BlobDigest) -> String { "\(digest.algorithm.rawValue)/\(digest.hexadecimal)" }

    static func partialName(_ digest: BlobDigest) -> String { "\(digest.algorithm.rawValue)-\(digest.hexadecimal)" }

    private static func wrongSize(_ digest: BlobDigest, _ size: Int64, _ present: Int64) -> ImageStoreError {
        .source(path: "\(digest)", problem: "is said to have \(size) bytes, and has \(present)")
    }
}

extension OwnedDescriptor {
    /// A directory of the store, made when it isn't there, and then kept over a power failure.
    borrowing func openOrMakeDirectory(_ name: String) throws(Errno) -> OwnedDescriptor {
        if try makeDirectory(name) {
            let parent = rawValue
            try retrying { fsync(parent) }
        }
        return try open(name, O_RDONLY | O_DIRECTORY)
    }
}

extension LocalImages {
    /// The content of images, for who adds to it. To be kept until the image that names it has been added.
    public borrowing func blobs() throws(ImageStoreError) -> BlobStore {
        let lock = try hold("blobs.lock", shared: true)
        let place = "\(path)/blobs"
        let blobs = try attempt("open", place) { () throws(Errno) in try directory.openOrMakeDirectory("blobs") }
        return BlobStore(path: place, directory: blobs, lock: lock)
    }
}
