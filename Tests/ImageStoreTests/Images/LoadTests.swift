// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import OCI
import Testing

@testable import ImageStore

@Suite(.enabled(if: isRoot, "needs root: unpacks in real namespaces"))
struct LoadTests {
    private static func layer(_ files: (String, String)...) -> Tar {
        var tar = Tar()
        for (name, content) in files { tar.add(name, content) }
        return tar
    }

    @Test("An image comes with its configuration; its layers lie in overlayfs's order, by their diff ids")
    func loads() throws {
        let scratch = try Scratch()
        let (lower, upper) = (Self.layer(("bin/tool", "old")), Self.layer(("bin/tool", "new"), ("x", "")))
        let (path, manifest) = try Layout(scratch, [lower, upper]).write()
        let image = try #require(try scratch.store().load(from: .directory(path)).images.first)
        #expect(image.reference.familiar == "made:1")
        #expect(image.manifest == "\(manifest)" && image.digest == "\(manifest)")
        #expect(image.sizeBytes == 6)
        let hashes = [upper, lower].map { BlobDigest(of: $0.bytes).hexadecimal }
        let layers = hashes.map { "\(scratch.state)/images/layers/\($0)" }
        #expect(image.layers == layers)
        let stored = try #require(try scratch.store().resolve("made:1"))
        #expect(stored.layers == layers && stored.id == image.id && stored.digest == "\(manifest)")
        let configuration = stored.configuration
        #expect(configuration.entrypoint == ["/bin/tool"] && configuration.command == ["a b"])
        #expect(configuration.environment == ["A=1"] && configuration.user == "app")
        #expect(configuration.workingDirectory == "/srv" && configuration.stopSignal == "SIGINT")
        #expect(configuration.labels == ["a=b": "c", "d": ""])
        #expect(try stored.contents(of: "/bin/tool") == Array("new".utf8))
        for name in ["made@\(manifest)", "made:other@\(manifest)"] {
            #expect(try scratch.store().resolve(name)?.id == image.id)
        }
        #expect(try scratch.store().resolve("other@\(manifest)") == nil)
    }

    @Test("Layers are shared, and go with the last image that has them; so do blobs")
    func shares() throws {
        let scratch = try Scratch()
        let (base, one, two) = (Self.layer(("base", "b")), Self.layer(("one", "1")), Self.layer(("two", "2")))
        var first = Layout(scratch, [base, one], name: "one")
        first.reference = "one:1"
        var second = Layout(scratch, [base, two], name: "two")
        second.reference = "two:1"
        try scratch.store().load(from: .directory(try first.write().path))
        try scratch.store().load(from: .directory(try second.write().path))
        #expect(try scratch.layers.count == 3)
        #expect(try scratch.names("state/images/blobs/sha256").count == 7)
        try scratch.store().remove("one:1")
        #expect(try Set(scratch.layers) == Set([base, two].map { BlobDigest(of: $0.bytes).hexadecimal }))
        #expect(try scratch.names("state/images/blobs/sha256").count == 4)
        try scratch.store().tag("two:1", as: "again:1")
        try scratch.store().remove("two:1")
        #expect(try scratch.layers.count == 2)
        try scratch.store().remove("again:1")
        #expect(try scratch.layers.isEmpty)
        #expect(try scratch.names("state/images/blobs/sha256").isEmpty)
    }

    @Test("An image that takes another's name leaves nothing of the other behind")
    func replaces() throws {
        let scratch = try Scratch()
        let (base, one, two) = (Self.layer(("base", "b")), Self.layer(("one", "1")), Self.layer(("two", "2")))
        try scratch.load(base, one)
        try scratch.load(base, two)
        #expect(try scratch.names("state/images/blobs/sha256").count == 4)
        // Its layer may still be in use: it goes with the next change.
        _ = try scratch.store().prune()
        #expect(try Set(scratch.layers) == Set([base, two].map { BlobDigest(of: $0.bytes).hexadecimal }))
        #expect(try scratch.store().list().count == 1)
    }

    @Test("The same layer twice in an image is mounted once")
    func repeated() throws {
        let scratch = try Scratch()
        let (a, b) = (Self.layer(("f", "a")), Self.layer(("f", "b")))
        let image = try scratch.load(a, b, a).image
        #expect(image.layers.map { $0.suffix(64) } == [a, b].map { BlobDigest(of: $0.bytes).hexadecimal[...] })
    }

    @Test(
        "What is not as its digests say, or can't be run, is refused and leaves nothing; a repeat succeeds",
        arguments: Layout.Lie.allCases.filter { $0 != .none })
    func lies(lie: Layout.Lie) throws {
        let scratch = try Scratch()
        var layout = Layout(scratch, [Self.layer(("a", "1")), Self.layer(("b", "2"))])
        layout.lie = lie
        let path = try layout.write().path
        let error = #expect(throws: ImageStoreError.self) { try scratch.store().load(from: .directory(path)) }
        let expected =
            switch lie {
            case .none: ""
            case .layerDigest, .configDigest: "is not what was sent"
            case .layerSize: "ends after"
            case .diffID: "unpacks to sha256:"
            case .missingLayer, .missingConfig: "is incomplete: it has no file blobs/sha256/"
            case .fewerDiffIDs: "has 2 layers, and its configuration 1"
            case .foreign: "may not be distributed"
            case .schema1: "Docker's old format"
            case .unknownLayer: "of the unknown type \"application/vnd.something\""
            case .otherMachine: "is for other machines than linux/"
            case .noLayers: "has no layers"
            case .artifact: "is no image that can be run"
            case .notJSON: "config sha256:"
            case .unknownAlgorithm: "of the algorithm md5"
            }
        #expect(error?.description.contains(expected) == true, "\(error?.description ?? "")")
        #expect(error?.isCallersOwn == true)
        #expect(try scratch.names("state/images/incoming").isEmpty)
        #expect(try scratch.names("state/images/references").isEmpty)
        _ = try scratch.store().prune()
        #expect(try scratch.layers.isEmpty)
        #expect(try scratch.names("state/images/blobs/sha256").isEmpty)
        layout.lie = .none
        try scratch.remove("layout/blobs/sha256")
        #expect(try scratch.store().load(from: .directory(try layout.write().path)).images.count == 1)
    }

    @Test(
        "Saved and loaded, an image is the same to the digit",
        arguments: ImageArchiveFormat.allCases, ["", "gzip"])
    func roundTrip(format: ImageArchiveFormat, compression: String) throws {
        let scratch = try Scratch()
        let image = try scratch.load(Self.layer(("bin/tool", "x")), Self.layer(("etc/file", "y"))).image
        let archive = scratch.path + "/saved"
        let file = try OwnedDescriptor.open(archive, O_WRONLY | O_CREAT, mode: 0o600)
        try scratch.store().save(["made:1"], to: file.rawValue, as: format)
        let again = scratch.path + "/again"
        let second = try OwnedDescriptor.open(again, O_WRONLY | O_CREAT, mode: 0o600)
        try scratch.store().save(["made:1"], to: second.rawValue, as: format)
        _ = try HostProgram.output(of: "/usr/bin/cmp", ["cmp", archive, again])
        if !compression.isEmpty {
            _ = try HostProgram.output(of: "/bin/\(compression)", [compression, "--suffix=.z", archive])
            _ = try HostProgram.output(of: "/bin/mv", ["mv", "\(archive).z", archive])
        }
        let other = try LocalImages(stateDirectory: scratch.path + "/other")
        let reading = try OwnedDescriptor.open(archive, O_RDONLY)
        let loaded = try #require(try other.load(from: .stream(reading.rawValue)).images.first)
        #expect(loaded.id == image.id && loaded.reference == image.reference)
        #expect(loaded.layers.map { $0.suffix(64) } == image.layers.map { $0.suffix(64) })
        if format == .oci { #expect(loaded.digest == image.digest) }
    }

    @Test("An import is saved as an image of one layer")
    func savesImports() throws {
        let scratch = try Scratch()
        let root = try ImportTests.fill(scratch, "root")
        var configuration = ImageConfiguration()
        configuration.entrypoint = ["/bin/tool"]
        try scratch.store().add("it", from: .directory(root), configuration)
        let archive = scratch.path + "/saved"
        let file = try OwnedDescriptor.open(archive, O_WRONLY | O_CREAT, mode: 0o600)
        try scratch.store().save(["it"], to: file.rawValue)
        let other = try LocalImages(stateDirectory: scratch.path + "/other")
        let loaded = try #require(try other.load(from: .archive(archive)).images.first)
        #expect(loaded.configuration == configuration)
        let tool = try #require(status("\(loaded.layers[0])/bin/tool"))
        #expect(tool.st_mode & 0o7777 == 0o4755)
        #expect(tool.st_ino == status("\(loaded.layers[0])/bin/twin")?.st_ino)
    }

    @Test("A docker-archive's duplicate layers may be links, its names are its tags")
    func dockerArchive() throws {
        let scratch = try Scratch()
        let (a, b) = (Self.layer(("f", "a")), Self.layer(("g", "b")))
        let config: JSONValue = .members([
            "architecture": .string(Platform.own.architecture), "os": "linux",
            "rootfs": .members([
                "type": "layers", "diff_ids": .array([a, b, a].map { .string("\(BlobDigest(of: $0.bytes))") }),
            ]),
        ])
        var tar = Tar()
        tar.add("config.json", config.text())
        tar.add(bytes: a.bytes, "a/layer.tar")
        tar.add(bytes: b.bytes, "b/layer.tar")
        tar.add(.symbolicLink, "c/layer.tar", link: "../a/layer.tar")
        tar.add(
            "manifest.json",
            #"[{"Config":"config.json","RepoTags":["app:1","app:2"],"Layers":["a/layer.tar","b/layer.tar","c/layer.tar"]}]"#
        )
        let archive = try scratch.file("docker.tar", tar.bytes)
        let images = try scratch.store().load(from: .archive(archive)).images
        #expect(images.map(\.reference.familiar) == ["app:1", "app:2"])
        #expect(images[0].layers.count == 2)
        #expect(images[0].id == "\(BlobDigest(of: Array(config.text().utf8)))")
        #expect(try scratch.names("state/images/incoming").isEmpty)
    }

    @Test(
        "A bad archive is told and leaves nothing",
        arguments: ["cut", "garbage", "no images", "link out", "no name", "two as one", "deep"])
    func badArchives(kind: String) throws {
        let scratch = try Scratch()
        var name: String?
        var tar = Tar()
        switch kind {
        case "cut":
            tar.add("index.json", String(repeating: "x", count: 3000))
            tar.cut(to: 2000)
        case "garbage": tar = Tar(bytes: Array(String(repeating: "no tar ", count: 500).utf8))
        case "no images": tar.add("file", "x")
        case "link out": tar.add(.symbolicLink, "index.json", link: "/etc/passwd")
        case "no name":
            tar.add("manifest.json", #"[{"Config":"../../../etc/passwd","RepoTags":null,"Layers":[]}]"#)
        case "deep": tar.add("manifest.json", String(repeating: "[", count: 100_000))
        default:
            name = "one"
            tar.add("index.json", #"{"schemaVersion":2,"manifests":[]}"#)
        }
        let archive = try scratch.file("a.tar", tar.bytes)
        let error = #expect(throws: ImageStoreError.self) {
            try scratch.store().load(from: .archive(archive), as: name)
        }
        #expect(error?.isCallersOwn == true, "\(error?.description ?? "")")
        try scratch.expectNothingLeft()
    }
}
