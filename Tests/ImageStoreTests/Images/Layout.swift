// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing

@testable import ImageStore

/// An image by hand, as an OCI layout in a directory of a test: also such as no tool makes.
struct Layout {
    enum Lie: String, CaseIterable {
        case none, layerDigest, layerSize, diffID, missingLayer, missingConfig, configDigest, fewerDiffIDs, foreign
        case schema1, unknownLayer, otherMachine, noLayers, artifact, notJSON, unknownAlgorithm
    }

    let scratch: Scratch
    let name: String
    var layers: [[UInt8]]
    var lie = Lie.none
    var reference: String? = "docker.io/library/made:1"
    var config: [JSONMember] = [
        .init("Entrypoint", ["/bin/tool"]), .init("Cmd", ["a b"]), .init("Env", ["A=1"]), .init("User", "app"),
        .init("WorkingDir", "/srv"), .init("StopSignal", "SIGINT"),
        .init("Labels", .object([.init("a=b", "c"), .init("d", "")])),
    ]

    init(_ scratch: Scratch, _ layers: [Tar], name: String = "layout") {
        self.scratch = scratch
        self.name = name
        self.layers = layers.map(\.bytes)
    }

    private func put(_ bytes: [UInt8], as digest: BlobDigest? = nil) throws -> BlobDigest {
        let digest = digest ?? BlobDigest(of: bytes)
        try scratch.file("\(name)/blobs/\(digest.algorithm.rawValue)/\(digest.hexadecimal)", bytes)
        return digest
    }

    private func layer(_ bytes: [UInt8]) throws -> Descriptor {
        let digest = try put(bytes, as: lie == .layerDigest ? BlobDigest(of: [1]) : nil)
        if lie == .missingLayer { try scratch.remove("\(name)/blobs/sha256/\(digest.hexadecimal)") }
        let type =
            switch lie {
            case .foreign: "application/vnd.oci.image.layer.nondistributable.v1.tar"
            case .unknownLayer: "application/vnd.something"
            default: "application/vnd.oci.image.layer.v1.tar"
            }
        return Descriptor(
            mediaType: type, digest: lie == .unknownAlgorithm ? "md5:00" : "\(digest)",
            size: Int64(bytes.count) + (lie == .layerSize ? 1 : 0))
    }

    /// Writes it, and gives its path and the manifest's digest.
    @discardableResult
    func write() throws -> (path: String, manifest: BlobDigest) {
        let descriptors = try lie == .noLayers ? [] : layers.map { try layer($0) }
        var ids = layers.map { BlobDigest(of: lie == .diffID ? $0 + [0] : $0).description }
        if lie == .fewerDiffIDs { ids.removeLast() }
        if lie == .noLayers { ids = [] }
        let text: JSONValue = .members([
            "architecture": .string(lie == .otherMachine ? "mips" : Platform.own.architecture), "os": "linux",
            "config": .object(config),
            "rootfs": .members(["type": "layers", "diff_ids": .array(ids.map { .string($0) })]),
        ])
        let bytes = Array((lie == .notJSON ? "{" : text.text()).utf8)
        let digest = try put(bytes, as: lie == .configDigest ? BlobDigest(of: [2]) : nil)
        if lie == .missingConfig { try scratch.remove("\(name)/blobs/sha256/\(digest.hexadecimal)") }
        let manifest = ImageManifest(
            configuration: Descriptor(
                mediaType: lie == .artifact ? "application/vnd.an.artifact" : MediaType.ociConfiguration,
                digest: "\(digest)", size: Int64(bytes.count)), layers: descriptors)
        var json = Array(manifest.json.text().utf8)
        if lie == .schema1 { json = Array(#"{"schemaVersion":1,"fsLayers":[]}"#.utf8) }
        return try index(json)
    }

    private func index(_ manifest: [UInt8]) throws -> (path: String, manifest: BlobDigest) {
        let digest = try put(manifest)
        var descriptor = Descriptor(
            mediaType: MediaType.ociManifest, digest: "\(digest)", size: Int64(manifest.count))
        if let reference { descriptor.annotations["org.opencontainers.image.ref.name"] = reference }
        if lie == .otherMachine { descriptor.platform = Platform(os: "linux", architecture: "mips") }
        try scratch.file("\(name)/oci-layout", #"{"imageLayoutVersion":"1.0.0"}"#)
        // Of an image for another machine, one in an index: by itself it is taken, with a warning.
        if lie == .otherMachine {
            let inner = Array(ImageIndex(manifests: [descriptor]).json.text().utf8)
            descriptor = Descriptor(
                mediaType: MediaType.ociIndex, digest: "\(try put(inner))", size: Int64(inner.count))
        }
        try scratch.file("\(name)/index.json", ImageIndex(manifests: [descriptor]).json.text())
        return ("\(scratch.path)/\(name)", digest)
    }
}

extension Scratch {
    func remove(_ name: String) throws {
        let slash = name.lastIndex(of: "/")!
        try OwnedDirectory.remove(String(name[name.index(after: slash)...]), in: "\(path)/\(name[..<slash])")
    }

    /// Loads a layout made of layers under the name `made:1`.
    @discardableResult
    func load(_ layers: Tar...) throws -> (image: ImageSummary, warnings: [String]) {
        let (images, warnings) = try store().load(from: .directory(try Layout(self, layers).write().path))
        return (images[0], warnings)
    }
}
