// SPDX-License-Identifier: Apache-2.0

import CLinux
public import Linux

/// The images of this machine, below `<state>/images`:
///
///     layers/<sha256>/      unpacked content, mounted as it is by every pod that uses it; a layer of an image by its diff
///                           id, an import by the hash of its files
///     blobs/                manifests, configurations and layers as they came: see `BlobStore`
///     references/<name>     one small file a name: what it is, and its configuration
///     incoming/<pid>-<n>/   what is being made, locked by its maker; swept by the next change
///     lock, use, blobs.lock flock: one change at a time; held shared by every run; and by who adds blobs
///
/// Every change is made under a temporary name and renamed, so that a reader never waits and never sees a half.
public struct LocalImages: ~Copyable, Sendable {
    let path: String
    let directory: OwnedDescriptor

    /// Opens the store below a state directory, which only root may write to; it is made when it isn't there.
    public init(stateDirectory: String) throws(ImageStoreError) {
        let path = stateDirectory + "/images"
        let directory = try attempt("open the image store", path) { () throws(Errno) in
            do throws(Errno) {
                return try OwnedDescriptor.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
            } catch {
                guard error == ENOENT else { throw error }
            }
            try makeParents(of: path)
            do throws(Errno) { try retrying { mkdir(path, 0o700) } } catch { if error != EEXIST { throw error } }
            return try OwnedDescriptor.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        }
        var status = stat()
        let descriptor = directory.rawValue
        try attempt("check", path) { () throws(Errno) in try retrying { fstat(descriptor, &status) } }
        // Its files keep their setuid bits: nobody else may even enter.
        if status.st_uid != geteuid() || status.st_mode & 0o077 != 0 {
            throw .damaged(
                path: path, problem: "must be root's and closed to all others; `chown root` and `chmod 700` it")
        }
        self.path = path
        self.directory = directory
    }

    /// The image of this name, or nil.
    ///
    /// `busybox` is there by itself where the host has a static one: it is made at its first use.
    public borrowing func resolve(_ name: String) throws(ImageStoreError) -> StoredImage? {
        let reference = try parsed(name)
        if let record = try record(reference) { return stored(record) }
        guard reference == BusyboxImage.reference, let made = try BusyboxImage.make(in: self) else { return nil }
        return stored(made)
    }

    /// Every image, by name.
    public borrowing func list() throws(ImageStoreError) -> [ImageSummary] {
        var summaries: [ImageSummary] = []
        for record in try records() { summaries.append(summary(record)) }
        return summaries
    }

    /// What is known of an image.
    public borrowing func inspect(_ name: String) throws(ImageStoreError) -> ImageSummary {
        let reference = try parsed(name)
        if let record = try record(reference) { return summary(record) }
        if reference == BusyboxImage.reference, let made = try BusyboxImage.make(in: self) { return summary(made) }
        throw .notFound(reference.familiar)
    }

    /// Takes `source` as an image without copying it; the host's own root may be one.
    public borrowing func bind(_ name: String, to source: String, _ configuration: ImageConfiguration)
        throws(ImageStoreError)
    {
        let reference = try parsedName(name)
        guard let resolved = realpath(source, nil) else {
            throw .source(path: source, problem: Errno.current.description)
        }
        defer { free(resolved) }
        let real = String(cString: resolved)
        var status = stat()
        guard stat(real, &status) == 0, CInt(status.st_mode) & S_IFMT == S_IFDIR else {
            throw .source(path: source, problem: "is not a directory")
        }
        var record = ImageRecord(reference: reference.description, id: "bind:\(real)")
        record.configuration = configuration
        record.created = Int64(time(nil))
        try changing { images throws(ImageStoreError) in
            let old = try images.readableRecord(reference)
            try images.write(record)
            if let old { try images.release(old) }
        }
    }

    /// Gives an image another name.
    public borrowing func tag(_ name: String, as other: String) throws(ImageStoreError) {
        let reference = try parsedName(other)
        _ = try inspect(name)
        let source = try parsed(name)
        try changing { images throws(ImageStoreError) in
            guard var record = try images.record(source) else { throw .notFound(source.familiar) }
            let old = try images.readableRecord(reference)
            record.reference = reference.description
            try images.write(record)
            if let old { try images.release(old) }
        }
    }

    /// Takes a name away, and the content with the last name. Content that a run may be using goes with a later change.
    public borrowing func remove(_ name: String) throws(ImageStoreError) {
        let reference = try parsed(name)
        try changing { images throws(ImageStoreError) in
            let old = try images.readableRecord(reference)
            let references = try images.child("references")
            let file = ImageRecord.fileName(old?.reference ?? reference.kept.description)
            do throws(Errno) {
                try retrying { unlinkat(references.rawValue, file, 0) }
            } catch {
                if error == ENOENT { throw .notFound(reference.familiar) }
                throw .system(action: "remove", object: "\(images.path)/references/\(file)", errno: error)
            }
            try attempt("remove", "\(images.path)/references/\(file)") { () throws(Errno) in
                try retrying { fsync(references.rawValue) }
            }
            if let old { try images.release(old) }
        }
    }

    /// Held by whoever runs pods: no content is removed while it is.
    public borrowing func holdForUse() throws(ImageStoreError) -> HeldLock { try hold("use", shared: true) }
}

/// An image as it is listed.
public struct ImageSummary: Hashable, Sendable {
    public var reference: ImageReference
    public var id: String
    /// 0 for a bound directory.
    public var sizeBytes: Int64
    /// Seconds since the epoch.
    public var created: Int64
    /// Directories on the host, the lowest last.
    public var layers: [String]
    public var configuration: ImageConfiguration
    /// `sha256:…` of the manifest or index under which it was pulled or loaded.
    public var digest: String?
    /// `sha256:…` of its own manifest, when it has one.
    public var manifest: String?
}

extension LocalImages {
    borrowing func parsed(_ name: String) throws(ImageStoreError) -> ImageReference {
        do throws(ImageReference.ParseError) {
            return try ImageReference(name)
        } catch {
            throw .reference(error)
        }
    }

    /// A name to give: one with a digest would say what its content is.
    borrowing func parsedName(_ name: String) throws(ImageStoreError) -> ImageReference {
        let reference = try parsed(name)
        guard reference.digest == nil else {
            throw .reference(.init(reference: name, problem: "a digest can't be given, only a name and a tag"))
        }
        return reference
    }

    /// Whether there is something of this name, readable or not.
    borrowing func has(_ reference: String) throws(ImageStoreError) -> Bool {
        let references = try child("references")
        var status = stat()
        do throws(Errno) {
            try retrying { fstatat(references.rawValue, ImageRecord.fileName(reference), &status, AT_SYMLINK_NOFOLLOW) }
            return true
        } catch {
            if error == ENOENT { return false }
            throw .system(action: "look for", object: reference, errno: error)
        }
    }

    /// Of a reference with a digest: also an image of that repository that came under another name with that digest.
    borrowing func record(_ reference: ImageReference) throws(ImageStoreError) -> ImageRecord? {
        if let found = try record(file: ImageRecord.fileName(reference.kept.description)) { return found }
        guard let digest = reference.digest else { return nil }
        return try records().first {
            guard $0.digest == digest || $0.manifest == digest, let other = try? ImageReference($0.reference) else {
                return false
            }
            return other.registry == reference.registry && other.path == reference.path
        }
    }

    /// All of them, by their files' names.
    borrowing func records() throws(ImageStoreError) -> [ImageRecord] {
        var records: [ImageRecord] = []
        for name in try names(in: "references").sorted() where !name.hasPrefix(".") {
            if let record = try record(file: name) { records.append(record) }
        }
        return records
    }

    private borrowing func record(file: String) throws(ImageStoreError) -> ImageRecord? {
        let bytes: [UInt8]
        do throws(Errno) {
            bytes = try directory.openResolved(
                "references/\(file)", O_RDONLY | O_NOFOLLOW, resolve: UInt64(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS)
            ).readAll(limit: 1 << 20)
        } catch {
            if error == ENOENT { return nil }
            throw .system(action: "read", object: "\(path)/references/\(file)", errno: error)
        }
        guard let record = ImageRecord(String(decoding: bytes, as: UTF8.self)),
            (try? ImageReference(record.reference)) != nil
        else {
            throw .damaged(
                path: "\(path)/references/\(file)",
                problem: "is damaged; `berth image rm` that name and import it again")
        }
        return record
    }

    borrowing func stored(_ record: ImageRecord) -> StoredImage {
        var image = StoredImage(reference: record.reference, id: record.id, layers: layers(record))
        image.configuration = record.configuration
        image.digest = record.digest
        return image
    }

    borrowing func summary(_ record: ImageRecord) -> ImageSummary {
        // It was checked when it was read.
        let reference = try! ImageReference(record.reference)
        return ImageSummary(
            reference: reference, id: record.id, sizeBytes: record.sizeBytes, created: record.created,
            layers: layers(record), configuration: record.configuration, digest: record.digest,
            manifest: record.manifest)
    }

    private borrowing func layers(_ record: ImageRecord) -> [String] {
        if record.id.hasPrefix("bind:") { return [String(record.id.dropFirst(5))] }
        return record.contents.map { "\(path)/layers/\($0)" }
    }

    borrowing func names(in name: String) throws(ImageStoreError) -> [String] {
        let child = try child(name)
        return try attempt("list", "\(path)/\(name)") { () throws(Errno) in try child.names() }
    }

    /// A directory of the store, made when it isn't there.
    borrowing func child(_ name: String) throws(ImageStoreError) -> OwnedDescriptor {
        let full = "\(path)/\(name)"
        return try attempt("open", full) { () throws(Errno) in
            try directory.makeDirectory(name)
            return try directory.open(name, O_RDONLY | O_DIRECTORY)
        }
    }

    /// Locks a file of the store, made when it isn't there, waiting for whoever has it.
    borrowing func hold(_ name: String, shared: Bool) throws(ImageStoreError) -> HeldLock {
        try attempt("lock", "\(path)/\(name)") { () throws(Errno) in try HeldLock(try lockFile(name), shared: shared) }
    }

    /// nil when somebody else holds it.
    borrowing func holdUnlessHeld(_ name: String) throws(ImageStoreError) -> HeldLock? {
        try attempt("lock", "\(path)/\(name)") { () throws(Errno) in try HeldLock(unlessHeld: try lockFile(name)) }
    }

    private borrowing func lockFile(_ name: String) throws(Errno) -> OwnedDescriptor {
        try directory.open(name, O_RDWR | O_CREAT, mode: 0o600)
    }
}

/// Makes the directories above `path` that are missing: readable ones, and the last one for root alone.
private func makeParents(of path: String) throws(Errno) {
    let parts = path.pathParts.dropLast()
    var partial = ""
    for (index, part) in parts.enumerated() {
        partial += "/" + part
        let here = partial
        do throws(Errno) {
            try retrying { mkdir(here, index == parts.count - 1 ? 0o700 : 0o755) }
        } catch {
            if error != EEXIST { throw error }
        }
    }
}
