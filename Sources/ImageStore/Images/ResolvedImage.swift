// SPDX-License-Identifier: Apache-2.0

import OCI

/// A manifest, with its configuration, of which all is in the blob store or is to come there.
struct ResolvedImage {
    /// The manifest's own, for this machine.
    let manifestDigest: BlobDigest
    let manifestSize: Int64
    let manifest: ImageManifest
    let configDigest: BlobDigest
    let config: ImageConfig
    /// The lowest first.
    let layers: [LayerSource]

    /// Overlayfs takes no more. See `OVL_MAX_STACK` in the kernel.
    static let mostLayers = 500

    /// - Parameter top: a manifest, or an index of which the manifest for `platform` is taken.
    init(
        _ top: BlobDigest, in blobs: borrowing BlobStore, platform: Platform = .own
    ) throws(ImageStoreError) {
        var digest = top
        var bytes = try blobs.contents(of: digest)
        var depth = 0
        while let index = try Self.index(bytes, digest) {
            depth += 1
            guard let chosen = index.manifest(for: platform), depth < 4 else {
                throw .source(
                    path: "\(top)", problem: "is for other machines than \(platform): \(Self.platforms(index))")
            }
            digest = try BlobDigest(chosen.digest)
            bytes = try blobs.contents(of: digest)
            try Self.check(chosen, bytes.count)
        }
        manifestDigest = digest
        manifestSize = Int64(bytes.count)
        manifest = try Self.parse(bytes, "manifest \(digest)")
        guard MediaType.isManifest(manifest.mediaType) else {
            throw .source(path: "manifest \(digest)", problem: "is of the unknown type \(manifest.mediaType)")
        }
        configDigest = try BlobDigest(manifest.configuration.digest)
        let type = manifest.configuration.mediaType
        guard MediaType.isConfiguration(type) else {
            throw .source(path: "manifest \(digest)", problem: "is no image that can be run: its config is \(type)")
        }
        let text = try blobs.contents(of: configDigest)
        try Self.check(manifest.configuration, text.count)
        config = try Self.parse(text, "config \(configDigest)")
        layers = try Self.layers(manifest, config, "manifest \(digest)")
    }

    private static func index(_ bytes: [UInt8], _ digest: BlobDigest) throws(ImageStoreError) -> ImageIndex? {
        let value: JSONNode
        do throws(JSONError) {
            value = JSONNode(try JSONValue(parsing: bytes))
            guard try value.member("manifests") != nil else { return nil }
            return try ImageIndex(from: value)
        } catch {
            throw .source(path: "manifest \(digest)", problem: error.description)
        }
    }

    static func parse<Value: JSONDecodable>(_ bytes: [UInt8], _ name: String) throws(ImageStoreError) -> Value {
        do throws(JSONError) {
            return try Value(json: bytes)
        } catch {
            throw .source(path: name, problem: error.description)
        }
    }

    private static func check(_ descriptor: Descriptor, _ size: Int) throws(ImageStoreError) {
        guard descriptor.size == Int64(size) else {
            throw .source(
                path: descriptor.digest, problem: "is said to have \(descriptor.size) bytes, and has \(size)")
        }
    }

    private static func layers(
        _ manifest: ImageManifest, _ config: ImageConfig, _ name: String
    ) throws(ImageStoreError) -> [LayerSource] {
        guard manifest.layers.count == config.diffIDs.count else {
            throw .source(
                path: name,
                problem: "has \(manifest.layers.count) layers, and its configuration \(config.diffIDs.count)")
        }
        guard !manifest.layers.isEmpty else { throw .source(path: name, problem: "has no layers") }
        guard manifest.layers.count <= mostLayers else {
            throw .source(
                path: name, problem: "has \(manifest.layers.count) layers: more than \(mostLayers) can't be mounted")
        }
        var layers: [LayerSource] = []
        for (descriptor, diffID) in zip(manifest.layers, config.diffIDs) {
            if MediaType.isForeignLayer(descriptor.mediaType) {
                throw .source(
                    path: name, problem: "has a layer that may not be distributed, \(descriptor.digest): not supported")
            }
            guard MediaType.layer(descriptor.mediaType) != nil else {
                throw .source(
                    path: name, problem: "has a layer of the unknown type \"\(descriptor.mediaType)\"")
            }
            let diffID = try BlobDigest(diffID)
            guard diffID.algorithm == .sha256 else {
                throw .source(path: name, problem: "has a layer with the diff id \(diffID): it must be a SHA-256")
            }
            layers.append(
                LayerSource(diffID: diffID, blob: try BlobDigest(descriptor.digest), size: descriptor.size))
        }
        return layers
    }

    private static func platforms(_ index: ImageIndex) -> String {
        let names = index.manifests.compactMap { $0.platform?.description }
        return names.isEmpty ? "it tells no platform" : names.prefix(10).joined(separator: ", ")
    }
}

extension ImageConfiguration {
    /// What a container takes over of an image's configuration.
    init(_ config: ImageConfig.Process) {
        self.init()
        entrypoint = config.entrypoint
        command = config.command
        environment = config.environment
        user = config.user
        workingDirectory = config.workingDirectory
        stopSignal = config.stopSignal
        labels = config.labels
    }
}
