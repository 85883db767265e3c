// SPDX-License-Identifier: Apache-2.0

import CLinux
import ImageStore
import Linux
import Testing

/// A store and a scratch directory, removed with this.
private final class Place {
    let directory: String
    var state: String { directory + "/state" }

    init() throws {
        var template = Array("/tmp/berth-images-test.XXXXXX".utf8CString)
        directory = try template.withUnsafeMutableBufferPointer { buffer in
            try #require(mkdtemp(buffer.baseAddress!) != nil)
            return String(cString: buffer.baseAddress!)
        }
    }

    deinit {
        do {
            try OwnedDescriptor.open("/tmp", O_RDONLY | O_DIRECTORY).removeTree(String(directory.dropFirst(5)))
        } catch {
            Issue.record(error, "the test's directory is not gone")
        }
    }

    func path(_ name: String) -> String { "\(directory)/\(name)" }

    func write(_ text: String, to name: String, mode: mode_t = 0o644) throws {
        try OwnedDescriptor.open(path(name), O_WRONLY | O_CREAT | O_TRUNC, mode: mode).writeAll(Array(text.utf8))
    }

    func read(_ path: String) throws -> String {
        String(decoding: try OwnedDescriptor.open(path, O_RDONLY).readAll(limit: 1 << 20), as: UTF8.self)
    }

    /// A small tree with a hard link, a link, a set-user-id file and an attribute.
    func tree() throws -> String {
        for name in ["tree", "tree/bin", "tree/etc"] { try #require(mkdir(path(name), 0o755) == 0) }
        try write("program", to: "tree/bin/tool", mode: 0o755)
        try #require(chmod(path("tree/bin/tool"), 0o4755) == 0)
        try #require(link(path("tree/bin/tool"), path("tree/bin/same")) == 0)
        try #require(symlink("/etc/shadow", path("tree/etc/link")) == 0)
        try write("root:x:0:0:root:/root:/bin/sh\n", to: "tree/etc/passwd")
        try #require(chown(path("tree/etc/passwd"), 12, 34) == 0)
        return path("tree")
    }

    func names(_ name: String) throws -> [String] {
        // Made when it is first needed.
        guard access("\(state)/images/\(name)", F_OK) == 0 else { return [] }
        return try OwnedDescriptor.open("\(state)/images/\(name)", O_RDONLY | O_DIRECTORY).names().sorted()
    }

    /// Runs a program of the host.
    func shell(_ script: String) throws {
        let child = try ChildProcess.start(
            "/bin/sh", arguments: ["sh", "-c", "cd '\(directory)' && \(script)"], descriptors: [])
        try #require(try child.reap(wait: true) == 0, "\(script)")
    }
}

@Suite(.enabled(if: geteuid() == 0, "needs root: keeps owners, unpacks in a sandbox"))
struct LocalImagesTests {
    @Test("A directory is kept with owners, modes and links, and the same files are kept once")
    func importsDirectory() throws {
        let place = try Place()
        let images = try LocalImages(stateDirectory: place.state)
        let tree = try place.tree()
        let (image, warnings) = try images.add("tool", from: .directory(tree), ImageConfiguration())
        #expect(warnings == [])
        var (file, other) = (stat(), stat())
        #expect(lstat(image.layers[0] + "/bin/tool", &file) == 0 && lstat(image.layers[0] + "/bin/same", &other) == 0)
        #expect(file.st_mode & 0o7777 == 0o4755 && file.st_ino == other.st_ino)
        #expect(lstat(image.layers[0] + "/etc/passwd", &file) == 0 && file.st_uid == 12 && file.st_gid == 34)
        #expect(lstat(image.layers[0] + "/etc/link", &file) == 0 && CInt(file.st_mode) & S_IFMT == S_IFLNK)
        let (again, _) = try images.add("other", from: .directory(tree), ImageConfiguration())
        #expect(again.id == image.id)
        #expect(try place.names("layers").count == 1)
    }

    @Test(
        "An archive gives the same image as its directory, however it is compressed",
        arguments: ["", "gzip", "xz", "zstd"].filter { $0.isEmpty || access("/usr/bin/\($0)", X_OK) == 0 })
    func importsArchive(compression: String) throws {
        let place = try Place()
        let images = try LocalImages(stateDirectory: place.state)
        let tree = try place.tree()
        try place.shell("tar -C tree -cf all.tar --numeric-owner .")
        if !compression.isEmpty {
            try place.shell("\(compression) -c all.tar > packed && mv packed all.tar")
        }
        let (direct, _) = try images.add("direct", from: .directory(tree), ImageConfiguration())
        let (image, _) = try images.add("packed", from: .archive(place.path("all.tar")), ImageConfiguration())
        #expect(image.id == direct.id)
    }

    @Test("Devices are left out, with a word")
    func leavesDevicesOut() throws {
        let place = try Place()
        let images = try LocalImages(stateDirectory: place.state)
        let tree = try place.tree()
        try #require(mknod(tree + "/disk", mode_t(S_IFBLK) | 0o600, 8 << 8) == 0)
        let (image, warnings) = try images.add("tool", from: .directory(tree), ImageConfiguration())
        #expect(warnings.count == 1 && access(image.layers[0] + "/disk", F_OK) == -1)
    }

    @Test(
        "A hostile archive reaches nothing outside, and leaves nothing behind",
        arguments: [
            "tar -cPf evil.tar --transform 's,^,../../../../../../tmp/,' victim",
            "ln -s / out; tar -cf evil.tar out; mkdir -p d/out/tmp; cp victim d/out/tmp/; tar -C d -rf evil.tar out/tmp/victim",
            "tar -cPf evil.tar --transform 's,^,/tmp/,' victim",
        ])
    func containsHostileArchives(script: String) throws {
        let place = try Place()
        let images = try LocalImages(stateDirectory: place.state)
        let victim = "berth-escaped-\(getpid())"
        try place.write("escaped", to: victim)
        try place.shell(script.replacing("victim", with: victim))
        _ = Result { try images.add("evil", from: .archive(place.path("evil.tar")), ImageConfiguration()) }
        #expect(access("/tmp/\(victim)", F_OK) == -1)
        #expect(try place.names("incoming") == [])
    }

    @Test("What is no archive, an empty one and a cut one are refused, and nothing is left")
    func refusesBrokenArchives() throws {
        let place = try Place()
        let images = try LocalImages(stateDirectory: place.state)
        _ = try place.tree()
        try place.write(String(repeating: "no archive ", count: 100), to: "text")
        try place.shell(
            "mkdir empty; tar -C empty -cf empty.tar -T /dev/null; tar -cf all.tar tree; head -c 700 all.tar > cut.tar")
        for name in ["text", "empty.tar", "cut.tar", "missing.tar"] {
            #expect(throws: ImageStoreError.self) {
                try images.add("bad", from: .archive(place.path(name)), ImageConfiguration())
            }
        }
        #expect(try images.list().isEmpty)
        #expect(try place.names("incoming") == [] && place.names("layers") == [])
    }

    @Test("Content goes with its last name, and not while a run holds the store")
    func removes() throws {
        let place = try Place()
        let images = try LocalImages(stateDirectory: place.state)
        try images.add("one", from: .directory(try place.tree()), ImageConfiguration())
        try images.tag("one", as: "two")
        try images.remove("one")
        #expect(try place.names("layers").count == 1)
        do {
            let use = try images.holdForUse()
            try images.remove("two")
            #expect(try place.names("layers").count == 1)
            _ = use.rawValue
        }
        try images.bind("next", to: "/", ImageConfiguration())
        #expect(try place.names("layers") == [])
        let error = #expect(throws: ImageStoreError.self) { try images.remove("one") }
        #expect(error == .notFound("one:latest"))
    }

    @Test("A bound directory is used where it is; a file and nothing are refused")
    func binds() throws {
        let place = try Place()
        let images = try LocalImages(stateDirectory: place.state)
        var configuration = ImageConfiguration()
        configuration.command = ["a b", "100%", "line\nbreak"]
        configuration.environment = ["K=V=W"]
        try images.bind("host", to: "/", configuration)
        let image = try #require(try images.resolve("host"))
        #expect(image.layers == ["/"] && image.configuration == configuration)
        for path in ["/etc/passwd", "/no/such/place"] {
            #expect(throws: ImageStoreError.self) { try images.bind("bad", to: path, ImageConfiguration()) }
        }
    }

    @Test("What a killed import left is gone with the next change")
    func sweeps() throws {
        let place = try Place()
        let images = try LocalImages(stateDirectory: place.state)
        try images.bind("host", to: "/", ImageConfiguration())
        try #require(mkdir("\(place.state)/images/incoming/root", 0o755) == 0)
        try images.bind("host", to: "/", ImageConfiguration())
        #expect(try place.names("incoming") == [])
    }

    @Test(
        "busybox is there by itself, with its applets",
        .enabled(if: access("/bin/busybox", X_OK) == 0, "no busybox here"))
    func hasBusybox() throws {
        let place = try Place()
        let images = try LocalImages(stateDirectory: place.state)
        let image = try #require(try images.resolve("busybox"))
        #expect(access(image.layers[0] + "/bin/busybox", X_OK) == 0)
        var status = stat()
        #expect(lstat(image.layers[0] + "/bin/sh", &status) == 0 && CInt(status.st_mode) & S_IFMT == S_IFLNK)
        #expect(try images.resolve("docker.io/library/busybox:latest") == image)
        #expect(try images.resolve("perl") == nil)
    }

    @Test("A file of an image is read inside its root only, when it is a regular file")
    func readsFiles() throws {
        let place = try Place()
        let images = try LocalImages(stateDirectory: place.state)
        let tree = try place.tree()
        try place.write("outside", to: "secret")
        try #require(symlink(place.path("secret"), tree + "/etc/out") == 0)
        try #require(mkfifo(tree + "/etc/fifo", 0o644) == 0)
        try images.bind("tool", to: tree, ImageConfiguration())
        let image = try #require(try images.resolve("tool"))
        #expect(
            try image.contents(of: "/etc/passwd").map { String(decoding: $0, as: UTF8.self) }?.hasPrefix("root:")
                == true)
        #expect(try image.contents(of: "/etc/out") == nil)
        #expect(try image.contents(of: "/etc/fifo") == nil)
        #expect(try image.contents(of: "/etc/none") == nil)
        #expect(throws: ImageStoreError.self) { try image.contents(of: "/etc/passwd", limit: 3) }
    }

    @Test("Another user may not be able to write to the store")
    func checksOwner() throws {
        let place = try Place()
        try #require(mkdir(place.state, 0o755) == 0 && mkdir(place.state + "/images", 0o755) == 0)
        try #require(chmod(place.state + "/images", 0o777) == 0)
        #expect(throws: ImageStoreError.self) { _ = try LocalImages(stateDirectory: place.state) }
    }
}
