// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import OCI

/// What `prune` took away.
public struct PruneResult: Hashable, Sendable {
    /// Of the blobs and layers that are gone.
    public var bytes: Int64 = 0
    public var blobs = 0
    public var layers = 0
    /// False: somebody is pulling, or runs pods: part of it was left.
    public var isComplete = true
}

/// What the store takes up on the disk, in bytes.
public struct StoreUsage: Hashable, Sendable {
    /// Layers as pods use them.
    public var layers: Int64 = 0
    /// Content as it was distributed.
    public var blobs: Int64 = 0
    /// Of those, what no image needs: `prune` removes it.
    public var unreferenced: Int64 = 0
}

extension LocalImages {
    /// Removes everything that no image needs: layers, blobs, parts of downloads that were given up.
    public borrowing func prune() throws(ImageStoreError) -> PruneResult {
        var result = PruneResult()
        try changing { images throws(ImageStoreError) in
            let unnamed = try images.unnamedLayers()
            var usage = DiskUsage()
            for name in unnamed {
                try attempt("measure", "\(images.path)/layers/\(name)") { () throws(Errno) in
                    try usage.add(
                        below: try OwnedDescriptor.open("\(images.path)/layers/\(name)", O_RDONLY | O_DIRECTORY))
                }
            }
            if try images.holdUnlessHeld("use") == nil {
                result.isComplete = unnamed.isEmpty
            } else {
                result.layers = unnamed.count
                result.bytes = usage.bytes
            }
            guard let removed = try images.collectBlobs(nil) else {
                result.isComplete = false
                return
            }
            result.blobs = removed.count
            result.bytes += removed.bytes
        }
        return result
    }

    /// What it takes up now.
    public borrowing func usage() throws(ImageStoreError) -> StoreUsage {
        var usage = StoreUsage()
        let unnamed = Set(try unnamedLayers())
        for name in try names(in: "layers") {
            let bytes = try diskUsage("layers/\(name)")
            usage.layers += bytes
            if unnamed.contains(name) { usage.unreferenced += bytes }
        }
        let needed = try neededBlobs()
        try forEachBlob { digest, bytes in
            usage.blobs += bytes
            if needed?.contains(digest) == false { usage.unreferenced += bytes }
        }
        let partial = try diskUsage("blobs/partial")
        usage.blobs += partial
        usage.unreferenced += partial
        return usage
    }

    private borrowing func diskUsage(_ name: String) throws(ImageStoreError) -> Int64 {
        var usage = DiskUsage()
        do throws(Errno) {
            try usage.add(below: try OwnedDescriptor.open("\(path)/\(name)", O_RDONLY | O_DIRECTORY))
        } catch {
            if error != ENOENT { throw .system(action: "measure", object: "\(path)/\(name)", errno: error) }
        }
        return usage.bytes
    }

    private borrowing func unnamedLayers() throws(ImageStoreError) -> [String] {
        guard let named = try namedLayers() else { return [] }
        return try names(in: "layers").filter { !named.contains($0) }
    }

    /// A record, or nil also when it can't be read: whoever replaces or removes it does not need it.
    borrowing func readableRecord(_ reference: ImageReference) throws(ImageStoreError) -> ImageRecord? {
        do throws(ImageStoreError) {
            return try record(reference)
        } catch {
            guard case .damaged = error else { throw error }
            return nil
        }
    }

    /// Removes the blobs of an image that has lost a name, unless others need them. Only within `changing`.
    borrowing func release(_ record: ImageRecord) throws(ImageStoreError) {
        guard record.manifest != nil, let blobs = try blobs(of: record) else { return }
        _ = try collectBlobs(blobs)
    }

    /// The same for who is adding blobs himself.
    borrowing func release(_ record: ImageRecord, adding: borrowing BlobStore) throws(ImageStoreError) {
        guard record.manifest != nil, let candidates = try blobs(of: record), let needed = try neededBlobs() else {
            return
        }
        _ = try adding.whileAlone { () throws(ImageStoreError) in
            try removeBlobs { !needed.contains($0) && candidates.contains($0) }
        }
    }

    /// Everything that an image is made of; nil when its manifest can't be read.
    private borrowing func blobs(of record: ImageRecord) throws(ImageStoreError) -> Set<BlobDigest>? {
        guard let text = record.manifest else { return [] }
        do throws(ImageStoreError) {
            let digest = try BlobDigest(text)
            var needed: Set = [digest]
            if let top = record.digest { needed.insert(try BlobDigest(top)) }
            let blobs = try self.blobs()
            let manifest: ImageManifest = try ResolvedImage.parse(
                try blobs.contents(of: digest), "manifest \(digest)")
            for descriptor in manifest.layers + [manifest.configuration] {
                needed.insert(try BlobDigest(descriptor.digest))
            }
            return needed
        } catch {
            if case .system = error { throw error }
            return nil
        }
    }

    /// Of all images; nil when one's manifest can't be read: nobody knows then what it needs.
    private borrowing func neededBlobs() throws(ImageStoreError) -> Set<BlobDigest>? {
        var needed: Set<BlobDigest> = []
        guard try namedLayers() != nil else { return nil }
        for record in try records() {
            guard let blobs = try blobs(of: record) else { return nil }
            needed.formUnion(blobs)
        }
        return needed
    }

    /// Removes blobs that no image needs: of these, or all, and then unfinished ones, too.
    ///
    /// - Returns: how many, and their bytes; nil when somebody is adding, or an image can't be read.
    private borrowing func collectBlobs(
        _ candidates: Set<BlobDigest>?
    ) throws(ImageStoreError) -> (count: Int, bytes: Int64)? {
        guard let needed = try neededBlobs(), let lock = try holdUnlessHeld("blobs.lock") else { return nil }
        defer { _ = lock.rawValue }
        var removed = try removeBlobs { !needed.contains($0) && candidates?.contains($0) ?? true }
        if candidates == nil {
            removed.bytes += try diskUsage("blobs/partial")
            try attempt("empty", "\(path)/blobs/partial") { () throws(Errno) in
                try directory.openOrMakeDirectory("blobs").removeTree("partial")
            }
        }
        return removed
    }

    /// Only while nobody adds.
    private borrowing func removeBlobs(
        where isUnneeded: (BlobDigest) -> Bool
    ) throws(ImageStoreError) -> (count: Int, bytes: Int64) {
        var found: [(digest: BlobDigest, bytes: Int64)] = []
        try forEachBlob { digest, bytes in if isUnneeded(digest) { found.append((digest, bytes)) } }
        let place = "\(path)/blobs"
        let blobs = try attempt("open", place) { () throws(Errno) in try directory.openOrMakeDirectory("blobs") }
        for (digest, _) in found {
            try attempt("remove", "\(place)/\(BlobStore.place(digest))") { () throws(Errno) in
                try retrying { unlinkat(blobs.rawValue, BlobStore.place(digest), 0) }
            }
        }
        return (found.count, found.reduce(0) { $0 + $1.bytes })
    }

    private borrowing func forEachBlob(_ body: (BlobDigest, Int64) -> Void) throws(ImageStoreError) {
        for algorithm in BlobDigest.Algorithm.allCases {
            let place = "\(path)/blobs/\(algorithm.rawValue)"
            do throws(Errno) {
                let directory = try OwnedDescriptor.open(place, O_RDONLY | O_DIRECTORY)
                for name in try directory.names() {
                    var status = stat()
                    try retrying { fstatat(directory.rawValue, name, &status, AT_SYMLINK_NOFOLLOW) }
                    body(BlobDigest(algorithm, hexadecimal: name), Int64(status.st_size))
                }
            } catch {
                if error != ENOENT { throw .system(action: "list", object: place, errno: error) }
            }
        }
    }
}
