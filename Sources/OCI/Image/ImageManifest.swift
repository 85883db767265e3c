// SPDX-License-Identifier: Apache-2.0

/// One image: its configuration and its layers. See `manifest.md` of the OCI image specification, and Docker's
/// "Image Manifest Version 2, Schema 2", which reads the same.
package struct ImageManifest: Hashable, Sendable, JSONDecodable {
    package var mediaType: String
    package var configuration: Descriptor
    /// The lowest first.
    package var layers: [Descriptor]
    package var annotations: [String: String]

    package init(
        mediaType: String = MediaType.ociManifest, configuration: Descriptor, layers: [Descriptor],
        annotations: [String: String] = [:]
    ) {
        self.mediaType = mediaType
        self.configuration = configuration
        self.layers = layers
        self.annotations = annotations
    }

    package init(from node: JSONNode) throws(JSONError) {
        try checkVersion(node)
        mediaType = try node.value("mediaType", or: MediaType.ociManifest)
        configuration = try node.required("config")
        layers = try node.list("layers")
        annotations = try node.value("annotations", or: [:])
        // The two could be read differently by others: CVE-2021-41190.
        if try node.member("manifests") != nil { throw node.error("has both layers and manifests") }
    }

    package var json: JSONValue {
        .members([
            "schemaVersion": 2, "mediaType": .string(mediaType), "config": configuration.json,
            "layers": .array(layers.map { $0.json }),
            "annotations": annotations.isEmpty
                ? nil : .object(annotations.sorted { $0.key < $1.key }.map { JSONMember($0.key, .string($0.value)) }),
        ])
    }
}

/// Manifests to choose from. See `image-index.md` of the OCI image specification; Docker's manifest list reads the same.
package struct ImageIndex: Hashable, Sendable, JSONDecodable {
    package var mediaType: String
    package var manifests: [Descriptor]
    package var annotations: [String: String]

    package init(mediaType: String = MediaType.ociIndex, manifests: [Descriptor]) {
        self.mediaType = mediaType
        self.manifests = manifests
        annotations = [:]
    }

    package init(from node: JSONNode) throws(JSONError) {
        try checkVersion(node)
        mediaType = try node.value("mediaType", or: MediaType.ociIndex)
        manifests = try node.list("manifests")
        annotations = try node.value("annotations", or: [:])
        // CVE-2021-41190.
        for name in ["layers", "config"] where try node.member(name) != nil {
            throw node.error("has both manifests and \(name)")
        }
    }

    package var json: JSONValue {
        .members([
            "schemaVersion": 2, "mediaType": .string(mediaType), "manifests": .array(manifests.map { $0.json }),
        ])
    }

    /// The manifest that suits a platform best; of equals the first. What says no platform suits only where it is alone.
    package func manifest(for platform: Platform) -> Descriptor? {
        let images = manifests.filter {
            $0.mediaType.isEmpty || MediaType.isManifest($0.mediaType) || MediaType.isIndex($0.mediaType)
        }
        var best: (rank: Int, descriptor: Descriptor)?
        for descriptor in images {
            guard let rank = descriptor.platform.flatMap({ platform.suitability(of: $0) }) else { continue }
            if best == nil || best!.rank < rank { best = (rank, descriptor) }
        }
        if let best { return best.descriptor }
        return images.count == 1 && images[0].platform == nil ? images[0] : nil
    }
}

private func checkVersion(_ node: JSONNode) throws(JSONError) {
    let version: Int = try node.required("schemaVersion")
    guard version == 2 else {
        throw node.error(
            version == 1 ? "schemaVersion 1 is Docker's old format, which is not supported" : "schemaVersion must be 2")
    }
}
