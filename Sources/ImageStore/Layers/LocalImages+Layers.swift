// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// A layer to be unpacked.
struct LayerSource {
    /// Of the uncompressed archive: the layer's name in the store.
    let diffID: BlobDigest
    /// What is read, compressed or not.
    let blob: BlobDigest
    /// How many bytes that is; for progress.
    let size: Int64
}

/// Layers are unpacked once, whoever's image they belong to, and kept by their diff ids.
extension LocalImages {
    private enum Begun: ~Copyable {
        case present
        /// Somebody else unpacks it.
        case held
        case making(IncomingLayer)
    }

    /// Unpacks a layer unless it is here. When another process does, waits for it.
    ///
    /// The caller holds the store for use, so that a layer without an image is not removed.
    ///
    /// - Returns: what was left out.
    borrowing func addLayer(
        _ layer: LayerSource, from blobs: borrowing BlobStore, _ limits: ImportLimits, _ observer: ImageObserver
    ) throws(ImageStoreError) -> [String] {
        while true {
            let begun = try changing { images throws(ImageStoreError) in try images.begin(layer.diffID) }
            switch consume begun {
            case .present: return []
            case .held:
                observer.waiting(layer.diffID)
                try waitForLayer(layer.diffID, observer)
            case .making(let incoming):
                do throws(ImageStoreError) {
                    return try fill(incoming, layer, from: blobs, limits, observer)
                } catch {
                    // What is left is no longer locked: any change sweeps it. That this can't isn't the user's trouble.
                    do { try changing { _ in } } catch {}
                    // Perhaps it is the disk's fault and not the image's.
                    if error.isCallersOwn, !observer.isCancelled() { try blobs.verify(layer.blob) }
                    throw error
                }
            }
        }
    }

    /// Only within `changing`.
    private borrowing func begin(_ diffID: BlobDigest) throws(ImageStoreError) -> Begun {
        if try hasLayer(diffID) { return .present }
        guard let incoming = try IncomingLayer(in: self, named: diffID.hexadecimal) else { return .held }
        return .making(incoming)
    }

    borrowing func hasLayer(_ diffID: BlobDigest) throws(ImageStoreError) -> Bool {
        let layers = try child("layers")
        var status = stat()
        do throws(Errno) {
            try retrying { fstatat(layers.rawValue, diffID.hexadecimal, &status, AT_SYMLINK_NOFOLLOW) }
            return true
        } catch {
            if error == ENOENT { return false }
            throw .system(action: "look for", object: "\(path)/layers/\(diffID.hexadecimal)", errno: error)
        }
    }

    private borrowing func waitForLayer(
        _ diffID: BlobDigest, _ observer: ImageObserver
    ) throws(ImageStoreError) {
        let incoming = try child("incoming")
        // A lock that can be given up isn't to be had; this costs nothing while nobody waits.
        while try isHeld(diffID, in: incoming) {
            if observer.isCancelled() {
                throw .source(path: "layer \(diffID)", problem: "was given up, as was asked")
            }
            usleep(20_000)
        }
    }

    private borrowing func isHeld(
        _ diffID: BlobDigest, in incoming: borrowing OwnedDescriptor
    ) throws(ImageStoreError) -> Bool {
        do throws(Errno) {
            return try HeldLock(unlessHeld: try incoming.open(diffID.hexadecimal, O_RDONLY | O_DIRECTORY)) == nil
        } catch {
            // It is done, and gone.
            if error == ENOENT { return false }
            throw .system(action: "wait for", object: "\(path)/incoming/\(diffID.hexadecimal)", errno: error)
        }
    }

    private borrowing func fill(
        _ incoming: consuming IncomingLayer, _ layer: LayerSource, from blobs: borrowing BlobStore,
        _ limits: ImportLimits, _ observer: ImageObserver
    ) throws(ImageStoreError) -> [String] {
        let archive = try blobs.open(layer.blob)
        let unpacking = Unpacking(
            kind: .layer, target: "\(incoming.path)/root", limits: limits, program: try findUnpackProgram())
        let result = try unpacking.run(archive.rawValue, name: "layer \(layer.blob)") {
            observer.unpacked(layer.diffID, $0, layer.size)
            return !observer.isCancelled()
        }
        guard result.hash == layer.diffID.hexadecimal else {
            throw .source(
                path: "layer \(layer.blob)",
                problem: "unpacks to sha256:\(result.hash), and the image's configuration says \(layer.diffID)")
        }
        let hash = layer.diffID.hexadecimal
        try attempt("write", incoming.path) { () throws(Errno) in
            let size = Array("\(result.bytes)".utf8)
            try retrying { fsetxattr(incoming.root.rawValue, Self.sizeAttribute, size, size.count, 0) }
            try retrying { syncfs(incoming.root.rawValue) }
        }
        try changing { images throws(ImageStoreError) in
            let layers = try images.child("layers")
            try attempt("keep", "\(images.path)/layers/\(hash)") { () throws(Errno) in
                try retrying { clinux_rename_new(incoming.directory, "root", layers.rawValue, hash) }
                try retrying { fsync(layers.rawValue) }
            }
        }
        observer.unpacked(layer.diffID, layer.size, layer.size)
        return result.warnings
    }

    /// Of a layer's files, as it was when it was unpacked.
    private static let sizeAttribute = "trusted.berth.size"

    /// The size of a layer's files in bytes; 0 when it isn't known.
    borrowing func sizeOfLayer(_ hash: String) -> Int64 {
        var buffer = [UInt8](repeating: 0, count: 24)
        let count = getxattr("\(path)/layers/\(hash)", Self.sizeAttribute, &buffer, buffer.count)
        return count > 0 ? Int64(String(decoding: buffer[..<count], as: UTF8.self)) ?? 0 : 0
    }
}
