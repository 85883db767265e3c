// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import Testing

@testable import ImageStore

private let hasSkopeo = access("/usr/bin/skopeo", X_OK) == 0
private let hasUmoci = access("/usr/bin/umoci", X_OK) == 0

/// Archives of other programs, and ours read by them.
@Suite(.enabled(if: isRoot, "needs root: unpacks in real namespaces"))
struct InteroperationTests {
    private static func skopeo(_ arguments: String...) throws -> String {
        try HostProgram.output(
            of: "/usr/bin/skopeo", ["skopeo", "--insecure-policy", "--tmpdir=/tmp"] + arguments)
    }

    private static func layout(_ scratch: Scratch) throws -> (path: String, manifest: BlobDigest) {
        var lower = Tar()
        lower.add("bin/tool", String(repeating: "tool ", count: 1000), mode: 0o4755)
        lower.add("etc/gone", "x")
        var upper = Tar()
        upper.add("etc/.wh.gone")
        upper.add("etc/other", "y")
        upper.add(.hardLink, "etc/twin", link: "etc/other")
        var layout = Layout(scratch, [lower, upper])
        layout.reference = "latest"
        return try layout.write()
    }

    private static func check(_ image: ImageSummary) throws {
        let stored = StoredImage(reference: "", id: image.id, layers: image.layers)
        #expect(try stored.contents(of: "/bin/tool")?.count == 5000)
        #expect(try stored.contents(of: "/etc/gone") == nil)
        #expect(try stored.contents(of: "/etc/twin") == Array("y".utf8))
    }

    @Test(
        "What skopeo writes is loaded",
        .enabled(if: hasSkopeo, "needs skopeo, which scripts/setup --tests installs"),
        arguments: ["oci-archive", "docker-archive", "zstd", "gzip"])
    func skopeoWrites(kind: String) throws {
        let scratch = try Scratch()
        let source = "oci:\(try Self.layout(scratch).path):latest"
        let target = scratch.path + "/it"
        switch kind {
        case "zstd", "gzip":
            _ = try Self.skopeo("copy", "--dest-compress-format=\(kind)", "--dest-compress", source, "oci:\(target):x")
            try Self.check(try scratch.store().load(from: .directory(target), as: "app:1").images[0])
        case "oci-archive":
            _ = try Self.skopeo("copy", source, "oci-archive:\(target):app:1")
            try Self.check(try scratch.store().load(from: .archive(target)).images[0])
        default:
            _ = try Self.skopeo("copy", source, "docker-archive:\(target):app:1")
            let image = try scratch.store().load(from: .archive(target)).images[0]
            #expect(image.reference.familiar == "app:1")
            try Self.check(image)
        }
    }

    @Test(
        "What we save, skopeo reads, with the same digests",
        .enabled(if: hasSkopeo, "needs skopeo, which scripts/setup --tests installs"),
        arguments: ImageArchiveFormat.allCases)
    func skopeoReads(format: ImageArchiveFormat) throws {
        let scratch = try Scratch()
        let (path, manifest) = try Self.layout(scratch)
        // Compressed layers, as registries have them.
        _ = try Self.skopeo("copy", "--dest-compress", "oci:\(path):latest", "oci:\(scratch.path)/packed:latest")
        let image = try scratch.store().load(from: .directory("\(scratch.path)/packed"), as: "app:1").images[0]
        #expect(image.digest != "\(manifest)")
        let archive = scratch.path + "/saved"
        let file = try OwnedDescriptor.open(archive, O_WRONLY | O_CREAT, mode: 0o600)
        try scratch.store().save(["app:1"], to: file.rawValue, as: format)
        let name = format == .oci ? "docker.io/library/app:1" : "app:1"
        let text = try Self.skopeo("inspect", "\(format.rawValue):\(archive):\(name)")
        if format == .oci { #expect(text.contains(try #require(image.digest))) }
        _ = try Self.skopeo("copy", "\(format.rawValue):\(archive):\(name)", "oci:\(scratch.path)/back:x")
        let other = try LocalImages(stateDirectory: scratch.path + "/other")
        let back = try other.load(from: .directory(scratch.path + "/back"), as: "app:1").images[0]
        #expect(back.layers.map { $0.suffix(64) } == image.layers.map { $0.suffix(64) })
    }

    @Test(
        "Unpacked here and by umoci, an image is the same",
        .enabled(if: hasUmoci, "needs umoci, which scripts/setup --tests installs"))
    func umoci() throws {
        let scratch = try Scratch()
        let root = try ImportTests.fill(scratch, "root")
        let (layout, bundle) = (scratch.path + "/oci", scratch.path + "/bundle")
        func umoci(_ arguments: String...) throws {
            _ = try HostProgram.output(of: "/usr/bin/umoci", ["umoci"] + arguments)
        }
        try umoci("init", "--layout=\(layout)")
        try umoci("new", "--image=\(layout):x")
        _ = try HostProgram.output(
            of: "/bin/tar",
            [
                "tar", "--xattrs", "--xattrs-include=*", "--format=posix", "-cf", scratch.path + "/l.tar", "-C", root,
                ".",
            ])
        try umoci("raw", "add-layer", "--image=\(layout):x", scratch.path + "/l.tar")
        try umoci("unpack", "--image=\(layout):x", bundle)
        let image = try scratch.store().load(from: .directory(layout), as: "app:1").images[0]
        _ = try HostProgram.output(
            of: "/usr/bin/diff", ["diff", "-r", "--no-dereference", "\(bundle)/rootfs", image.layers[0]])
        for name in ["bin/tool", "bin/ping", "outside", "bin"] {
            let theirs = try #require(status("\(bundle)/rootfs/\(name)"))
            let ours = try #require(status("\(image.layers[0])/\(name)"))
            #expect(theirs.st_mode == ours.st_mode && theirs.st_uid == ours.st_uid && theirs.st_gid == ours.st_gid)
            #expect(theirs.st_mtim.tv_sec == ours.st_mtim.tv_sec, "\(name)")
        }
    }
}
