// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import OCI

extension LocalImages {
    /// Takes the images of an archive: an OCI layout as a directory or packed, or what `docker save` makes, each compressed
    /// or not.
    ///
    /// - Parameter name: for an archive of one image that has no name in there, or is to have another.
    /// - Returns: what they are now, in the archive's order, and what was left out. When one can't be taken, those before it
    ///   are here.
    @discardableResult
    public borrowing func load(
        from source: ImportSource, as name: String? = nil, limits: ImportLimits = ImportLimits(),
        _ observer: ImageObserver = ImageObserver()
    ) throws(ImageStoreError) -> (images: [ImageSummary], warnings: [String]) {
        if let name { _ = try parsedName(name) }
        let lowered = try attempt("look at the room in", path) { () throws(Errno) in
            try limits.lowered(toRoomAt: directory)
        }
        if case .directory(let path) = source {
            let directory: OwnedDescriptor
            do throws(Errno) {
                directory = try OwnedDescriptor.open(path, O_RDONLY | O_DIRECTORY)
            } catch {
                throw .source(path: path, problem: error.description)
            }
            return try load(ArchiveDirectory(directory, name: path), name, lowered, observer)
        }
        do throws(ImageStoreError) {
            return try loadPacked(source, name, lowered, observer)
        } catch {
            // What is left is no longer locked: any change sweeps it. That this can't isn't the user's trouble.
            do { try changing { _ in } } catch {}
            throw error
        }
    }

    private borrowing func loadPacked(
        _ source: ImportSource, _ name: String?, _ limits: ImportLimits, _ observer: ImageObserver
    ) throws(ImageStoreError) -> (images: [ImageSummary], warnings: [String]) {
        let incoming = try changing { images throws(ImageStoreError) in try IncomingLayer(in: images) }
        let input = try ArchiveInput.open(source, store: path)
        let unpacking = Unpacking(
            kind: .tree, target: "\(incoming.path)/root", limits: limits, program: try findUnpackProgram())
        _ = try input.unpack(unpacking)
        let root = try attempt("open", incoming.path) { () throws(Errno) in try incoming.root.duplicate() }
        let result = try load(ArchiveDirectory(root, name: source.name), name, limits, observer)
        _ = consume incoming
        try changing { _ in }
        return result
    }

    private borrowing func load(
        _ archive: consuming ArchiveDirectory, _ name: String?, _ limits: ImportLimits, _ observer: ImageObserver
    ) throws(ImageStoreError) -> (images: [ImageSummary], warnings: [String]) {
        let blobs = try self.blobs()
        let found: [ArchivedImage]
        if try archive.has("index.json") {
            found = try archive.ociImages(into: blobs)
        } else if try archive.has("manifest.json") {
            found = try archive.dockerImages(into: blobs)
        } else {
            throw .source(
                path: archive.name,
                problem:
                    "holds no images: it has neither index.json nor manifest.json; `berth image import` takes files")
        }
        var images: [ImageSummary] = []
        var warnings: [String] = []
        for image in try Self.named(found, name, archive.name) {
            for reference in image.names {
                let added = try add(image.digest, as: reference, from: blobs, limits: limits, observer)
                images.append(added.image)
                warnings += added.warnings
            }
        }
        return (images, warnings)
    }

    private static func named(
        _ images: [ArchivedImage], _ name: String?, _ archive: String
    ) throws(ImageStoreError) -> [ArchivedImage] {
        guard !images.isEmpty else { throw .source(path: archive, problem: "holds no images") }
        if let name {
            guard images.count == 1 else {
                throw .source(
                    path: archive, problem: "holds \(images.count) images, which can't all be called \(name)")
            }
            return [ArchivedImage(digest: images[0].digest, names: [name])]
        }
        if let nameless = images.first(where: { $0.names.isEmpty }) {
            throw .source(
                path: archive, problem: "has an image without a name, \(nameless.digest): give it one by --name")
        }
        return images
    }
}

/// An image of an archive whose blobs are in the store.
struct ArchivedImage: Hashable {
    var digest: BlobDigest
    /// References; none when the archive has no name for it.
    var names: [String]
}

// OCI layouts: see `image-layout.md` of the OCI image specification.
extension ArchiveDirectory {
    func ociImages(into blobs: borrowing BlobStore) throws(ImageStoreError) -> [ArchivedImage] {
        let index: ImageIndex = try json("index.json")
        let named = index.manifests.filter { Self.name($0) != nil }
        // Several without names are one image, for several platforms.
        let chosen: [Descriptor]
        if !named.isEmpty {
            chosen = named
        } else if index.manifests.count > 1 {
            guard let own = index.manifest(for: .own) else {
                throw .source(path: name, problem: "is for other machines than \(Platform.own)")
            }
            chosen = [own]
        } else {
            chosen = index.manifests
        }
        var images: [ArchivedImage] = []
        for descriptor in chosen {
            let digest = try copyImage(descriptor, to: blobs, depth: 0)
            let name = Self.name(descriptor)
            if let at = images.firstIndex(where: { $0.digest == digest }) {
                images[at].names += name.map { [$0] } ?? []
            } else {
                images.append(ArchivedImage(digest: digest, names: name.map { [$0] } ?? []))
            }
        }
        return images
    }

    /// A whole reference, as containerd and podman write it. A mere tag, as skopeo does, names no image.
    private static func name(_ descriptor: Descriptor) -> String? {
        for key in ["io.containerd.image.name", "org.opencontainers.image.ref.name"] {
            guard let name = descriptor.annotations[key], name.utf8.contains(where: { $0 == 0x2f || $0 == 0x3a }),
                let reference = try? ImageReference(name), reference.digest == nil
            else { continue }
            return reference.description
        }
        return nil
    }

    /// Copies a manifest and what it names; of an index, the one for this machine.
    private func copyImage(
        _ descriptor: Descriptor, to blobs: borrowing BlobStore, depth: Int
    ) throws(ImageStoreError) -> BlobDigest {
        let digest = try BlobDigest(descriptor.digest)
        try copyBlob(descriptor, to: blobs)
        let bytes = try blobs.contents(of: digest)
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue(parsing: bytes)
        } catch {
            throw .source(path: "\(name): \(digest)", problem: error.description)
        }
        if value["manifests"] != nil {
            let index: ImageIndex = try ResolvedImage.parse(bytes, "\(name): \(digest)")
            guard depth < 4, let own = index.manifest(for: .own) else {
                throw .source(path: "\(name): \(digest)", problem: "is for other machines than \(Platform.own)")
            }
            _ = try copyImage(own, to: blobs, depth: depth + 1)
            return digest
        }
        let manifest: ImageManifest = try ResolvedImage.parse(bytes, "\(name): \(digest)")
        for descriptor in [manifest.configuration] + manifest.layers
        where !MediaType.isForeignLayer(descriptor.mediaType) {
            try copyBlob(descriptor, to: blobs)
        }
        return digest
    }

    private func copyBlob(_ descriptor: Descriptor, to blobs: borrowing BlobStore) throws(ImageStoreError) {
        let digest = try BlobDigest(descriptor.digest)
        try copy("blobs/\(BlobStore.place(digest))", as: digest, size: descriptor.size, to: blobs)
    }
}

// What `docker save` packed before it packed OCI layouts, and podman still does: see `image.md` of Docker's image
// specification 1.2.
extension ArchiveDirectory {
    private struct Item: JSONDecodable {
        var config: String
        var tags: [String]
        var layers: [String]

        init(from node: JSONNode) throws(JSONError) {
            config = try node.required("Config")
            tags = try node.list("RepoTags")
            layers = try node.list("Layers")
        }
    }

    func dockerImages(into blobs: borrowing BlobStore) throws(ImageStoreError) -> [ArchivedImage] {
        let items: [Item] = try json("manifest.json")
        var images: [ArchivedImage] = []
        for item in items {
            let config = try contents(item.config)
            let text: ImageConfig = try ResolvedImage.parse(config, "\(name): \(item.config)")
            guard text.diffIDs.count == item.layers.count else {
                throw .source(
                    path: "\(name): \(item.config)",
                    problem: "has \(text.diffIDs.count) layers, and manifest.json \(item.layers.count)")
            }
            let digest = try blobs.put(config)
            var layers: [Descriptor] = []
            for path in item.layers { layers.append(try copyLayer(path, to: blobs)) }
            let manifest = ImageManifest(
                mediaType: MediaType.dockerManifest,
                configuration: Descriptor(
                    mediaType: MediaType.dockerConfiguration, digest: "\(digest)", size: Int64(config.count)),
                layers: layers)
            let kept = try blobs.put(Array(manifest.json.text().utf8))
            images.append(ArchivedImage(digest: kept, names: item.tags))
        }
        return images
    }

    private func copyLayer(_ path: String, to blobs: borrowing BlobStore) throws(ImageStoreError) -> Descriptor {
        let (digest, size, head) = try self.digest(of: path)
        try copy(path, as: digest, size: size, to: blobs)
        let suffix =
            head.starts(with: [0x1f, 0x8b]) ? ".gzip" : head.starts(with: [0x28, 0xb5, 0x2f, 0xfd]) ? ".zstd" : ""
        return Descriptor(
            mediaType: "application/vnd.docker.image.rootfs.diff.tar\(suffix)", digest: "\(digest)", size: size)
    }
}
