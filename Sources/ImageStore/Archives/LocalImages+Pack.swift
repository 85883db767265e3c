// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import OCI

extension LocalImages {
    /// Makes a layer, a configuration and a manifest of an import, which has none.
    ///
    /// - Returns: the manifest's digest.
    borrowing func packed(_ record: ImageRecord, into blobs: borrowing BlobStore) throws(ImageStoreError) -> BlobDigest
    {
        guard let content = record.contents.first else {
            throw .source(
                path: record.reference, problem: "is a bound directory: import it to save it as an image")
        }
        let layer = try packLayer("\(path)/layers/\(content)", into: blobs)
        let process = record.configuration
        func list(_ values: [String]) -> JSONValue? { values.isEmpty ? nil : .array(values.map { .string($0) }) }
        func text(_ value: String) -> JSONValue? { value.isEmpty ? nil : .string(value) }
        let labels = process.labels.sorted { $0.key < $1.key }.map { JSONMember($0.key, .string($0.value)) }
        let config: JSONValue = .members([
            "architecture": .string(Platform.own.architecture), "os": .string(Platform.own.os),
            "config": .members([
                "User": text(process.user), "Env": list(process.environment), "Entrypoint": list(process.entrypoint),
                "Cmd": list(process.command), "WorkingDir": text(process.workingDirectory),
                "Labels": labels.isEmpty ? nil : .object(labels), "StopSignal": text(process.stopSignal),
            ]), "rootfs": .members(["type": "layers", "diff_ids": .array([.string("\(layer.digest)")])]),
        ])
        let bytes = Array(config.text().utf8)
        let digest = try blobs.put(bytes)
        let manifest = ImageManifest(
            configuration: Descriptor(
                mediaType: MediaType.ociConfiguration, digest: "\(digest)", size: Int64(bytes.count)),
            layers: [
                Descriptor(
                    mediaType: "application/vnd.oci.image.layer.v1.tar", digest: "\(layer.digest)", size: layer.size)
            ])
        return try blobs.put(Array(manifest.json.text().utf8))
    }

    /// The host's tar packs the directory, the same every time.
    private borrowing func packLayer(
        _ place: String, into blobs: borrowing BlobStore
    ) throws(ImageStoreError) -> (digest: BlobDigest, size: Int64) {
        let incoming = try changing { images throws(ImageStoreError) in try IncomingLayer(in: images) }
        let arguments = [
            "tar", "--create", "--file=\(incoming.path)/layer", "--directory=\(place)", "--format=posix",
            "--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime", "--numeric-owner", "--sort=name",
            "--xattrs", "--xattrs-include=security.capability", "--xattrs-include=user.*", "--acls", ".",
        ]
        _ = try HostProgram.output(of: "/bin/tar", arguments)
        let directory = try attempt("open", incoming.path) { () throws(Errno) in
            try OwnedDescriptor.open(incoming.path, O_RDONLY | O_DIRECTORY)
        }
        let packed = ArchiveDirectory(directory, name: place)
        let (digest, size, _) = try packed.digest(of: "layer")
        try packed.copy("layer", as: digest, size: size, to: blobs)
        return (digest, size)
    }
}
