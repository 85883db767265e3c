// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import Testing

@testable import ImageStore

enum OwnedDirectory {
    static func remove(_ name: String, in path: String) throws {
        try OwnedDescriptor.open(path, O_RDONLY | O_DIRECTORY).removeTree(name)
    }
}

/// Layers made byte by byte, as they come to lie below `layers`.
@Suite(.enabled(if: isRoot, "needs root: unpacks in real namespaces"))
struct LayerTests {
    private func isOpaque(_ path: String, _ kind: String = "trusted") -> Bool {
        getxattr(path, "\(kind).overlay.opaque", nil, 0) == 1
    }

    private func kind(_ path: String) -> CInt? { status(path).map { CInt($0.st_mode) & S_IFMT } }

    @Test("Whiteouts become overlayfs's, and leave alone what their own layer brings, before or after")
    func whiteouts() throws {
        let scratch = try Scratch()
        var tar = Tar()
        tar.add("etc/.wh.gone")
        tar.add("etc/kept-after", "x")
        tar.add("etc/.wh.kept-after")
        tar.add("etc/.wh.kept-before")
        tar.add("etc/kept-before", "y")
        tar.add("opaque/.wh..wh..opq")
        tar.add("opaque/new", "z")
        tar.add(".wh.replaced")
        tar.add(.directory, "replaced", mode: 0o755)
        tar.add(.directory, "earlier", mode: 0o755)
        tar.add(".wh.earlier")
        tar.add(".wh.implied")
        tar.add("implied/file", "w")
        tar.add(".wh..wh.plnk/1.2", "aufs")
        let layer = try scratch.load(tar).image.layers[0]
        #expect(kind("\(layer)/etc/gone") == S_IFCHR && status("\(layer)/etc/gone")?.st_rdev == 0)
        #expect(try text("\(layer)/etc/kept-after") == "x")
        #expect(try text("\(layer)/etc/kept-before") == "y")
        #expect(try text("\(layer)/opaque/new") == "z")
        #expect(try text("\(layer)/implied/file") == "w")
        for name in ["opaque", "replaced", "earlier", "implied"] {
            #expect(isOpaque("\(layer)/\(name)") && isOpaque("\(layer)/\(name)", "user"), "\(name)")
        }
        #expect(!isOpaque("\(layer)/etc"))
        #expect(
            try OwnedDescriptor.open(layer, O_RDONLY | O_DIRECTORY).names().sorted() == [
                ".wh..wh.plnk", "earlier", "etc", "implied", "opaque", "replaced",
            ])
    }

    @Test("Of entries with one name the last counts, and directories become one")
    func duplicates() throws {
        let scratch = try Scratch()
        var tar = Tar()
        tar.add("file", "first")
        tar.add("file", "second")
        tar.add("a/b/c", "below")
        tar.add("a", "a file now")
        tar.add("d", "a file")
        tar.add("link-then-file", "x")
        tar.add(.symbolicLink, "link-then-file", link: "file")
        tar.add("link-then-file", "y")
        tar.add(.directory, "e", mode: 0o700)
        tar.add("e/kept", "z")
        tar.add(.directory, "e", mode: 0o750)
        let layer = try scratch.load(tar).image.layers[0]
        #expect(try text("\(layer)/file") == "second")
        #expect(try text("\(layer)/a") == "a file now")
        #expect(try text("\(layer)/link-then-file") == "y")
        #expect(try text("\(layer)/e/kept") == "z")
        #expect(status("\(layer)/e").map { $0.st_mode & 0o7777 } == 0o750)
    }

    @Test("Names are bytes; long ones come by pax and by GNU's headers")
    func names() throws {
        let scratch = try Scratch()
        let decomposed = "e\u{301}"
        var tar = Tar()
        tar.addPax(["path": "pax/\(String(repeating: "p", count: 200))/\(decomposed)"])
        tar.add("short", "1")
        tar.addGNUName("gnu/" + String(repeating: "g", count: 150))
        tar.add("short", "2")
        tar.add(rawName: [0xe9, 0x2f, 0xff], content: "3")
        tar.add("/absolute/file", "4")
        tar.add("./dot/./file", "5")
        let layer = try scratch.load(tar).image.layers[0]
        #expect(try text("\(layer)/pax/\(String(repeating: "p", count: 200))/\(decomposed)") == "1")
        #expect(try text("\(layer)/gnu/\(String(repeating: "g", count: 150))") == "2")
        #expect(try text("\(layer)/absolute/file") == "4")
        #expect(try text("\(layer)/dot/file") == "5")
        let raw = layer.utf8CString.dropLast() + [0x2f, CChar(bitPattern: 0xe9), 0x2f, CChar(bitPattern: 0xff), 0]
        var found = stat()
        #expect(lstat(Array(raw), &found) == 0)
        // The composed form is another name.
        #expect(status("\(layer)/pax/\(String(repeating: "p", count: 200))/\u{e9}") == nil)
    }

    @Test("Owner, mode, nanoseconds, attributes and access lists come along; the kernel's own attributes don't")
    func metadata() throws {
        let scratch = try Scratch()
        var tar = Tar()
        tar.addPax([
            "uid": "70000", "gid": "3000000", "mtime": "1700000000.123456789",
            "SCHILY.xattr.user.note": "kept", "SCHILY.xattr.user.overlay.redirect": "/x",
            "SCHILY.xattr.trusted.overlay.opaque": "y",
            "SCHILY.acl.access": "user::rwx,user:joe:r--:1234,group::r-x,mask::rwx,other::---",
        ])
        tar.add("file", "x", mode: 0o6755)
        tar.addPax(["mtime": "1600000000.5"])
        tar.add(.directory, "dir", mode: 0o1777)
        tar.add("dir/below", "y")
        tar.add(.fifo, "fifo", mode: 0o640)
        let (image, warnings) = try scratch.load(tar)
        let layer = image.layers[0]
        let file = try #require(status("\(layer)/file"))
        #expect(file.st_uid == 70000 && file.st_gid == 3_000_000 && file.st_mode & 0o7000 == 0o6000)
        #expect(file.st_mtim.tv_sec == 1_700_000_000 && file.st_mtim.tv_nsec == 123_456_789)
        #expect(getxattr("\(layer)/file", "user.note", nil, 0) == 4)
        #expect(getxattr("\(layer)/file", "user.overlay.redirect", nil, 0) == -1)
        #expect(!isOpaque("\(layer)/file"))
        // Five entries of eight bytes behind the version.
        #expect(getxattr("\(layer)/file", "system.posix_acl_access", nil, 0) == 44)
        let directory = try #require(status("\(layer)/dir"))
        #expect(directory.st_mtim.tv_sec == 1_600_000_000 && directory.st_mtim.tv_nsec == 500_000_000)
        #expect(directory.st_mode & 0o7777 == 0o1777)
        #expect(kind("\(layer)/fifo") == S_IFIFO)
        #expect(warnings.contains { $0.contains("user.overlay.redirect") })
    }

    @Test("Sparse files keep their size and their holes")
    func sparse() throws {
        let scratch = try Scratch()
        var tar = Tar()
        tar.addPax([
            "GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "sparse",
            "GNU.sparse.realsize": "1048576",
        ])
        // One piece of five bytes at 4096.
        let map = "1\n4096\n5\n"
        tar.add("GNUSparseFile.0/sparse", map + String(repeating: "\0", count: 512 - map.utf8.count) + "piece")
        let layer = try scratch.load(tar).image.layers[0]
        let file = try #require(status("\(layer)/sparse"))
        #expect(file.st_size == 1_048_576)
        #expect(file.st_blocks < 64)
        let bytes = try OwnedDescriptor.open("\(layer)/sparse", O_RDONLY).readAll(limit: 2 << 20)
        #expect(Array(bytes[4096..<4101]) == Array("piece".utf8) && bytes[0] == 0)
    }

    @Test("Devices are left out with a warning, also those that would be whiteouts")
    func devices() throws {
        let scratch = try Scratch()
        var tar = Tar()
        tar.add(.characterDevice, "null")
        tar.add(.blockDevice, "disk")
        tar.add("file", "x")
        let (image, warnings) = try scratch.load(tar)
        #expect(warnings == ["left out a device: null", "left out a device: disk"])
        #expect(try OwnedDescriptor.open(image.layers[0], O_RDONLY | O_DIRECTORY).names() == ["file"])
    }

    enum Fault: String, CaseIterable {
        case parent, hardLinkOut, hardLinkNowhere, hardLinkToLower, whiteoutOfNothing, fileAsRoot, belowFile,
            badChecksum
        case cut, ownerTooLarge
    }

    @Test("What can't be is told with its name, and leaves nothing", arguments: Fault.allCases)
    func faults(fault: Fault) throws {
        let scratch = try Scratch()
        var lower = Tar()
        lower.add("lower", "x")
        var tar = Tar()
        tar.add("first", "x")
        let expected: String
        switch fault {
        case .parent:
            tar.add("a/../../b", "x")
            expected = #""a/../../b": leads out of its directory by "..""#
        case .hardLinkOut:
            tar.add(.hardLink, "twin", link: "../../etc/passwd")
            expected = #""../../etc/passwd": leads out of its directory by "..""#
        case .hardLinkNowhere:
            tar.add(.hardLink, "twin", link: "nowhere/file")
            expected = #""twin": is a hard link to "nowhere/file", which is no file of this archive"#
        case .hardLinkToLower:
            tar.add(.hardLink, "twin", link: "lower")
            expected = #""twin": is a hard link to "lower", which is no file of this archive"#
        case .whiteoutOfNothing:
            tar.add("dir/.wh..")
            expected = #""dir/.wh..": is a whiteout of nothing"#
        case .fileAsRoot:
            tar.add(".", "x")
            expected = "must be a directory"
        case .belowFile:
            tar.add("first/below", "x")
            expected = #"cannot enter the directory "first": Not a directory"#
        case .badChecksum:
            tar.add("damaged", "x")
            tar.damage()
            expected = "tar"
        case .cut:
            tar.add("long", String(repeating: "x", count: 5000))
            tar.cut(to: 3000)
            expected = "Truncated"
        case .ownerTooLarge:
            tar.addPax(["uid": "4294967295"])
            tar.add("file", "x")
            expected = #""file": Invalid argument"#
        }
        let error = #expect(throws: ImageStoreError.self) { try scratch.load(lower, tar) }
        #expect(error?.description.contains(expected) == true, "\(error?.description ?? "")")
        #expect(error?.description.hasPrefix("layer sha256:") == true)
        #expect(try scratch.names("state/images/incoming").isEmpty)
        #expect(try scratch.names("state/images/references").isEmpty)
    }

    @Test("A link is followed below the layer's root only, its missing directories made there")
    func links() throws {
        let scratch = try Scratch()
        try scratch.directory("outside")
        var tar = Tar()
        tar.add(.symbolicLink, "abs", link: "\(scratch.path)/outside")
        tar.add("abs/file", "x")
        tar.add(.symbolicLink, "up", link: "../../../../../made")
        tar.add("up/file", "y")
        tar.add(.symbolicLink, "round", link: "round")
        let layer = try scratch.load(tar).image.layers[0]
        #expect(try text("\(layer)\(scratch.path)/outside/file") == "x")
        #expect(try text("\(layer)/made/file") == "y")
        #expect(try scratch.names("outside").isEmpty)
    }
}
