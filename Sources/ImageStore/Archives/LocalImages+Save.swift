// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import OCI

/// How images are packed.
public enum ImageArchiveFormat: String, Sendable, CaseIterable {
    /// An OCI layout in a tar archive, digests as they were.
    case oci = "oci-archive"
    /// As `docker save` did: what `docker load` of any age takes.
    case docker = "docker-archive"
}

extension LocalImages {
    /// Writes images as an archive, uncompressed: layers are in it as they came.
    ///
    /// - Parameter output: a descriptor, which stays the caller's.
    public borrowing func save(
        _ names: [String], to output: CInt, as format: ImageArchiveFormat = .oci
    ) throws(ImageStoreError) {
        let blobs = try self.blobs()
        var images: [SavedImage] = []
        for name in names {
            let reference = try parsed(name)
            guard let record = try record(reference) else { throw .notFound(reference.familiar) }
            let manifest = try record.manifest.map { text throws(ImageStoreError) in try BlobDigest(text) }
            let digest: BlobDigest
            if let manifest { digest = manifest } else { digest = try packed(record, into: blobs) }
            images.append(SavedImage(reference: record.reference, image: try ResolvedImage(digest, in: blobs)))
        }
        let writer = TarWriter(output: output)
        switch format {
        case .oci: try saveOCI(images, blobs, writer)
        case .docker: try saveDocker(images, blobs, writer)
        }
        try writer.finish()
    }

    private borrowing func saveOCI(
        _ images: [SavedImage], _ blobs: borrowing BlobStore, _ writer: TarWriter
    ) throws(ImageStoreError) {
        var written: Set<BlobDigest> = []
        try writer.add("oci-layout", Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8))
        let index = ImageIndex(
            manifests: images.map { saved in
                var descriptor = Descriptor(
                    mediaType: saved.image.manifest.mediaType, digest: "\(saved.image.manifestDigest)",
                    size: saved.image.manifestSize)
                descriptor.annotations = [
                    "io.containerd.image.name": saved.reference,
                    "org.opencontainers.image.ref.name": saved.reference,
                ]
                return descriptor
            })
        try writer.add("index.json", Array(index.json.text().utf8))
        for saved in images {
            let digests = [saved.image.manifestDigest, saved.image.configDigest] + saved.image.layers.map(\.blob)
            for digest in digests where written.insert(digest).inserted {
                try writer.add("blobs/\(BlobStore.place(digest))", digest, from: blobs)
            }
        }
    }

    private borrowing func saveDocker(
        _ images: [SavedImage], _ blobs: borrowing BlobStore, _ writer: TarWriter
    ) throws(ImageStoreError) {
        var written: Set<String> = []
        var items: [JSONValue] = []
        for saved in images {
            let config = "\(saved.image.configDigest.hexadecimal).json"
            if written.insert(config).inserted { try writer.add(config, saved.image.configDigest, from: blobs) }
            var layers: [JSONValue] = []
            for layer in saved.image.layers {
                let path = "\(layer.diffID.hexadecimal).tar"
                if written.insert(path).inserted { try writer.add(path, layer.blob, from: blobs) }
                layers.append(.string(path))
            }
            items.append(
                .members([
                    "Config": .string(config), "RepoTags": .array([.string(saved.reference)]), "Layers": .array(layers),
                ]))
        }
        try writer.add("manifest.json", Array(JSONValue.array(items).text().utf8))
    }
}

/// An image that is to be packed.
private struct SavedImage {
    let reference: String
    let image: ResolvedImage
}
