// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// Changing the store: one at a time, each step a rename, leftovers of a killed one swept by the next.
extension LocalImages {
    /// Runs a change under the lock, which is never held while an archive is read: before it, what killed ones left is
    /// removed, after it, what has no name any more.
    borrowing func changing<Result: ~Copyable>(
        _ body: (borrowing LocalImages) throws(ImageStoreError) -> Result
    ) throws(ImageStoreError) -> Result {
        let lock = try hold("lock", shared: false)
        try sweep()
        let result = try body(self)
        try removeUnnamed()
        _ = consume lock
        return result
    }

    /// Writes the file of a reference, whole or not at all. Only within `changing`.
    borrowing func write(_ record: ImageRecord) throws(ImageStoreError) {
        let references = try child("references")
        let name = ImageRecord.fileName(record.reference)
        try attempt("write", "\(path)/references/\(name)") { () throws(Errno) in
            let temporary = ".new"
            let file = try references.open(temporary, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
            try file.writeAll(Array(record.text.utf8))
            try retrying { fsync(file.rawValue) }
            try retrying { renameat(references.rawValue, temporary, references.rawValue, name) }
            try retrying { fsync(references.rawValue) }
        }
    }

    /// Lets `fill` put an image's files into an empty directory, keeps them by their digest, and gives them a name.
    ///
    /// - Parameters:
    ///   - replacing: false: when the name is another's by now, it stays that.
    ///   - fill: gets the directory, and the path of the one around it, for what it needs itself.
    borrowing func addLayer(
        _ record: ImageRecord, limits: ImportLimits, replacing: Bool = true,
        _ fill: (borrowing OwnedDescriptor, String) throws(ImageStoreError) -> Void
    ) throws(ImageStoreError) {
        do throws(ImageStoreError) {
            try keepLayer(record, limits, replacing, fill)
        } catch {
            // What is left is no longer locked, so any change sweeps it; that this one can't isn't the user's trouble.
            do { try changing { _ in } } catch {}
            throw error
        }
        try changing { _ in }
    }

    private borrowing func keepLayer(
        _ record: ImageRecord, _ limits: ImportLimits, _ replacing: Bool,
        _ fill: (borrowing OwnedDescriptor, String) throws(ImageStoreError) -> Void
    ) throws(ImageStoreError) {
        let incoming = try changing { images throws(ImageStoreError) in try IncomingLayer(in: images) }
        try fill(incoming.root, incoming.path)
        var record = record
        var digest = LayerDigest(limits: limits)
        let hash = try digest.digest(of: incoming.root, path: "\(incoming.path)/root")
        record.id = "sha256:\(hash)"
        record.sizeBytes = digest.sizeBytes
        try attempt("write", incoming.path) { () throws(Errno) in try retrying { syncfs(incoming.root.rawValue) } }
        try changing { images throws(ImageStoreError) in
            let layers = try images.child("layers")
            try attempt("keep", "\(images.path)/layers/\(hash)") { () throws(Errno) in
                do throws(Errno) {
                    try retrying { clinux_rename_new(incoming.directory, "root", layers.rawValue, hash) }
                } catch {
                    // The same content is here already: the new copy goes with its directory.
                    if error != EEXIST && error != ENOTEMPTY { throw error }
                }
                try retrying { fsync(layers.rawValue) }
            }
            let taken = try images.has(record.reference)
            guard replacing || !taken else { return }
            let old = try images.readableRecord(try images.parsed(record.reference))
            try images.write(record)
            if let old { try images.release(old) }
        }
    }

    /// Removes what is in `incoming` and has no living maker.
    private borrowing func sweep() throws(ImageStoreError) {
        let incoming = try child("incoming")
        try attempt("empty", "\(path)/incoming") { () throws(Errno) in
            for name in try incoming.names() where try !Self.isHeld(name, in: incoming) {
                try incoming.removeTree(name)
            }
        }
    }

    /// Whether somebody is making this. What is no directory nobody makes.
    private static func isHeld(_ name: String, in incoming: borrowing OwnedDescriptor) throws(Errno) -> Bool {
        do throws(Errno) {
            guard let free = try HeldLock(unlessHeld: try incoming.open(name, O_RDONLY | O_DIRECTORY)) else {
                return true
            }
            _ = consume free
            return false
        } catch {
            if error == ENOTDIR || error == ELOOP { return false }
            throw error
        }
    }

    /// Removes the layers that no reference names, unless a run holds the store: then a later change does.
    private borrowing func removeUnnamed() throws(ImageStoreError) {
        if try setUnnamedAside() { try sweep() }
    }

    /// Takes them out of `layers` by renames, so that a run that starts meanwhile hardly waits.
    private borrowing func setUnnamedAside() throws(ImageStoreError) -> Bool {
        guard let use = try holdUnlessHeld("use"), let named = try namedLayers() else { return false }
        defer { _ = use.rawValue }
        let layers = try child("layers")
        let incoming = try child("incoming")
        return try attempt("clean", "\(path)/layers") { () throws(Errno) in
            let unnamed = try layers.names().filter { !named.contains($0) }
            for name in unnamed {
                try retrying { renameat(layers.rawValue, name, incoming.rawValue, "\(name).unnamed") }
            }
            return !unnamed.isEmpty
        }
    }

    /// nil when a reference can't be read: nobody knows then what it names.
    borrowing func namedLayers() throws(ImageStoreError) -> Set<String>? {
        do throws(ImageStoreError) {
            return Set(try records().flatMap(\.contents))
        } catch {
            guard case .damaged = error else { throw error }
            return nil
        }
    }
}

/// A directory below `incoming` with a layer in the making: locked while its maker lives, so that no sweep takes it.
struct IncomingLayer: ~Copyable {
    let path: String
    private let lock: HeldLock
    var directory: CInt { lock.rawValue }
    /// The layer's root, empty at first.
    let root: OwnedDescriptor

    /// Only within `changing`: nobody sweeps between making and locking.
    init(in images: borrowing LocalImages) throws(ImageStoreError) {
        let incoming = try images.child("incoming")
        let parent = "\(images.path)/incoming"
        var number = 0
        var name: String { "\(getpid())-\(number)" }
        while !(try attempt("make a directory in", parent) { () throws(Errno) in try incoming.makeDirectory(name) }) {
            number += 1
        }
        try self.init(made: name, incoming, parent)
    }

    /// The same, under a name that only one can have: nil when somebody has it.
    init?(in images: borrowing LocalImages, named name: String) throws(ImageStoreError) {
        let incoming = try images.child("incoming")
        let parent = "\(images.path)/incoming"
        guard try attempt("make a directory in", parent, { () throws(Errno) in try incoming.makeDirectory(name) })
        else {
            return nil
        }
        try self.init(made: name, incoming, parent)
    }

    private init(made name: String, _ incoming: borrowing OwnedDescriptor, _ parent: String) throws(ImageStoreError) {
        let path = "\(parent)/\(name)"
        let lock = try attempt("open", path) { () throws(Errno) in
            try HeldLock(try incoming.open(name, O_RDONLY | O_DIRECTORY))
        }
        root = try attempt("make a directory in", path) { () throws(Errno) in
            try lock.file.makeDirectory("root", mode: 0o755)
            let root = try lock.file.open("root", O_RDONLY | O_DIRECTORY)
            // Whatever our umask is.
            try retrying { fchmod(root.rawValue, 0o755) }
            return root
        }
        self.path = path
        self.lock = lock
    }
}
