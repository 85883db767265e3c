// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing

@testable import ImageStore

/// A small image with its blobs, for servers to give away.
struct TestImage: Sendable {
    let manifest: [UInt8]
    let configuration: [UInt8]
    let layers: [[UInt8]]

    var digest: String { "\(BlobDigest(of: manifest))" }
    var layerDigests: [String] { layers.map { "\(BlobDigest(of: $0))" } }

    /// Everything but the manifest, by digest.
    var blobs: [String: [UInt8]] {
        var blobs = ["\(BlobDigest(of: configuration))": configuration]
        for layer in layers { blobs["\(BlobDigest(of: layer))"] = layer }
        return blobs
    }

    /// - Parameter size: of the file in each layer, in bytes.
    init(
        layers count: Int = 2, size: Int = 2000, platform: Platform = .own,
        layerType: String = "application/vnd.oci.image.layer.v1.tar",
        configurationType: String = MediaType.ociConfiguration
    ) {
        layers = (0..<count).map { number in
            var tar = Tar()
            let line = "a line of layer \(number)\n"
            let text = String(repeating: line, count: size / line.utf8.count + 1)
            tar.add("file\(number)", String(text.utf8.prefix(size)) ?? text)
            return tar.bytes
        }
        let ids = layers.map { JSONValue.string("\(BlobDigest(of: $0))") }
        configuration = Array(
            JSONValue.members([
                "architecture": .string(platform.architecture), "os": .string(platform.os),
                "variant": platform.variant.map { .string($0) }, "config": ["Cmd": ["/bin/true"]],
                "rootfs": ["type": "layers", "diff_ids": .array(ids)],
            ]).text().utf8)
        func descriptor(_ bytes: [UInt8], _ type: String) -> Descriptor {
            Descriptor(mediaType: type, digest: "\(BlobDigest(of: bytes))", size: Int64(bytes.count))
        }
        let manifest = ImageManifest(
            configuration: descriptor(configuration, configurationType),
            layers: layers.map { descriptor($0, layerType) })
        self.manifest = Array(manifest.json.text().utf8)
    }

    /// What a registry that does everything right answers.
    func reply(to request: ScriptedServer.Request) -> ScriptedServer.Reply {
        let parts = request.path.split(separator: "/").map(String.init)
        if parts.count > 2, parts[parts.count - 2] == "manifests" {
            let isKnown = parts.last == "v1" || parts.last == "latest" || parts.last == digest
            guard isKnown else { return Self.notFound }
            var reply = ScriptedServer.Reply(
                200, ["Content-Type": MediaType.ociManifest, "Docker-Content-Digest": digest])
            reply.body = manifest
            return reply
        }
        guard let blob = parts.last.flatMap({ blobs[$0] }) else { return Self.notFound }
        var reply = ScriptedServer.Reply()
        reply.body = blob
        if let first = request.first {
            reply.status = 206
            reply.headers["Content-Range"] = "bytes \(first)-\(blob.count - 1)/\(blob.count)"
            reply.body = Array(blob[first...])
        }
        return reply
    }

    private static let notFound = ScriptedServer.Reply(
        404, ["Content-Type": "application/json"],
        #"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown","detail":{"Tag":"v1"}}]}"#)
}

extension Scratch {
    /// Pulls into this directory's store.
    @discardableResult
    func pull(
        _ name: String, settings: RegistrySettings = RegistrySettings(),
        credentials: RegistryCredentials = RegistryCredentials(), platform: Platform? = nil,
        cancellation: PullCancellation? = nil, progress: @escaping @Sendable (PullProgress) -> Void = { _ in }
    ) throws -> RegistryPull.Pulled {
        var connection = HTTPConnection()
        connection.slowSeconds = 1
        var policy = RetryPolicy()
        policy.firstDelay = 2_000_000
        return try RegistryPull(
            reference: ImageReference(name), platform: platform, settings: settings, credentials: credentials,
            images: store(), connection: connection, policy: policy,
            cancellation: try cancellation ?? PullCancellation(), progress: progress
        ).run()
    }

    /// Pulls, and gives the error that comes of it.
    func refusal(
        _ name: String, settings: RegistrySettings = RegistrySettings(),
        credentials: RegistryCredentials = RegistryCredentials(), platform: Platform? = nil
    ) throws -> RegistryError {
        try #require(
            #expect(throws: RegistryError.self) {
                try pull(name, settings: settings, credentials: credentials, platform: platform)
            })
    }

    /// That all of an image is in the store, and is what it should be.
    func expectHas(_ image: TestImage, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let blobs = try store().blobs()
        for (digest, bytes) in image.blobs {
            #expect(
                try blobs.contents(of: BlobDigest(digest), limit: 64 << 20) == bytes, sourceLocation: sourceLocation)
        }
        let manifest = try blobs.contents(of: BlobDigest(image.digest))
        #expect(manifest == image.manifest, sourceLocation: sourceLocation)
        #expect(try names("state/images/blobs/partial").isEmpty, sourceLocation: sourceLocation)
    }
}
