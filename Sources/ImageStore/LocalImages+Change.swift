// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// Changing the store: one at a time, each step a rename, leftovers of a killed one swept by the next.
extension LocalImages {
    /// Runs a change under the lock; before it, what a killed change left is removed, after it, what has no name any more.
    borrowing func changing<Result>(
        _ body: (borrowing LocalImages) throws(ImageStoreError) -> Result
    ) throws(ImageStoreError) -> Result {
        let lock = try lockFile("lock")
        _ = try attempt("lock", "\(path)/lock") { () throws(Errno) in try lock.lock(wait: true) }
        try empty("incoming")
        let result: Result
        do throws(ImageStoreError) {
            result = try body(self)
        } catch {
            try empty("incoming")
            throw error
        }
        try empty("incoming")
        try removeUnnamed()
        return result
    }

    /// Writes the file of a reference, whole or not at all.
    borrowing func write(_ record: ImageRecord) throws(ImageStoreError) {
        let references = try child("references")
        let name = ImageRecord.fileName(record.reference)
        try attempt("write", "\(path)/references/\(name)") { () throws(Errno) in
            let temporary = ".new-\(getpid())"
            let file = try references.open(temporary, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
            try file.writeAll(Array(record.text.utf8))
            try retrying { fsync(file.rawValue) }
            try retrying { renameat(references.rawValue, temporary, references.rawValue, name) }
            try retrying { fsync(references.rawValue) }
        }
    }

    /// Makes `incoming/root` empty, lets `fill` put an image's files there, and keeps them by their digest.
    ///
    /// - Returns: the digest, `sha256:…`, and the size of the files in bytes.
    borrowing func addLayer(
        _ fill: (borrowing OwnedDescriptor, String) throws(ImageStoreError) -> Void
    ) throws(ImageStoreError) -> (digest: String, sizeBytes: Int64) {
        let incoming = try child("incoming")
        let place = "\(path)/incoming/root"
        let root = try attempt("make", place) { () throws(Errno) in
            try incoming.makeDirectory("root", mode: 0o755)
            return try incoming.open("root", O_RDONLY | O_DIRECTORY)
        }
        try fill(root, place)
        var digest = LayerDigest()
        let hash = try digest.digest(of: root, path: place)
        let layers = try child("layers")
        try attempt("keep", "\(path)/layers/\(hash)") { () throws(Errno) in
            try retrying { syncfs(root.rawValue) }
            do throws(Errno) {
                try retrying { clinux_renameat2(incoming.rawValue, "root", layers.rawValue, hash, 1) }
            } catch {
                // The same content is here already: the new copy goes with `incoming`.
                if error != EEXIST { throw error }
            }
            try retrying { fsync(layers.rawValue) }
        }
        return ("sha256:\(hash)", digest.sizeBytes)
    }

    private borrowing func empty(_ name: String) throws(ImageStoreError) {
        let directory = try child(name)
        try attempt("empty", "\(path)/\(name)") { () throws(Errno) in
            for entry in try directory.names() { try directory.removeTree(entry) }
        }
    }

    /// Removes the layers that no reference names, unless a run holds the store: then a later change does.
    private borrowing func removeUnnamed() throws(ImageStoreError) {
        let use = try lockFile("use")
        guard try attempt("lock", "\(path)/use", { () throws(Errno) in try use.lock(wait: false) }) else { return }
        let named = Set(try list().map { String($0.id.dropFirst(7)) })
        let layers = try child("layers")
        try attempt("clean", "\(path)/layers") { () throws(Errno) in
            for name in try layers.names() where !named.contains(name) { try layers.removeTree(name) }
        }
    }
}
