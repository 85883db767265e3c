// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import Testing

@testable import ImageStore

@Suite(.enabled(if: isRoot, "needs root: unpacks in real namespaces"))
struct ImportTests {
    /// A small root file system with what is easily lost on the way.
    static func fill(_ scratch: Scratch, _ name: String) throws -> String {
        let root = try scratch.directory(name)
        try scratch.file("\(name)/bin/tool", Array("#!/bin/sh\n".utf8), mode: 0o4755)
        try #require(link("\(root)/bin/tool", "\(root)/bin/twin") == 0)
        try #require(symlink("/etc/shadow", "\(root)/outside") == 0)
        try #require(chown("\(root)/bin", 12, 34) == 0)
        try #require(setxattr("\(root)/bin/tool", "user.note", "kept", 4, 0) == 0)
        // cap_net_raw+ep. See `struct vfs_ns_cap_data`.
        let capability: [UInt8] = [1, 0, 0, 2, 0, 0x20, 0, 0] + [UInt8](repeating: 0, count: 12)
        try scratch.file("\(name)/bin/ping", Array("ping".utf8), mode: 0o755)
        try #require(setxattr("\(root)/bin/ping", "security.capability", capability, 20, 0) == 0)
        let latin: [CChar] = Array(root.utf8CString.dropLast()) + [0x2f, CChar(bitPattern: 0xe9), 0]
        try #require(mkdir(latin, 0o700) == 0)
        for path in ["bin/tool", "bin/ping", "outside"] {
            let times = [timespec(tv_sec: 1_000_000, tv_nsec: 0), timespec(tv_sec: 1_000_000, tv_nsec: 0)]
            try #require(utimensat(AT_FDCWD, "\(root)/\(path)", times, AT_SYMLINK_NOFOLLOW) == 0)
        }
        return root
    }

    @Test("A directory comes with modes, owners, times, links, attributes and file capabilities")
    func directory() throws {
        let scratch = try Scratch()
        let root = try Self.fill(scratch, "root")
        let (image, warnings) = try scratch.store().add("it", from: .directory(root), .init())
        #expect(warnings == [])
        let layer = image.layers[0]
        let tool = try #require(status("\(layer)/bin/tool"))
        #expect(tool.st_mode & 0o7777 == 0o4755)
        #expect(tool.st_ino == status("\(layer)/bin/twin")?.st_ino)
        #expect(tool.st_mtim.tv_sec == 1_000_000)
        #expect(status("\(layer)/bin").map { [$0.st_uid, $0.st_gid] } == [12, 34])
        #expect(status("\(layer)/outside").map { CInt($0.st_mode) & S_IFMT } == S_IFLNK)
        #expect(getxattr("\(layer)/bin/tool", "user.note", nil, 0) == 4)
        #expect(getxattr("\(layer)/bin/ping", "security.capability", nil, 0) == 20)
        #expect(image.sizeBytes == 14)
    }

    @Test("The same files are kept once, wherever the store is; another file makes another image")
    func sameContent() throws {
        let scratch = try Scratch()
        let root = try Self.fill(scratch, "root")
        let first = try scratch.store().add("one", from: .directory(root), .init()).image
        let second = try scratch.store().add("two", from: .directory(root), .init()).image
        #expect(first.id == second.id)
        #expect(try scratch.layers.count == 1)
        let elsewhere = try LocalImages(stateDirectory: scratch.path + "/another/state")
        #expect(try elsewhere.add("three", from: .directory(root), .init()).image.id == first.id)

        try #require(chmod("\(root)/bin/tool", 0o755) == 0)
        #expect(try scratch.store().add("two", from: .directory(root), .init()).image.id != first.id)
        #expect(try scratch.layers.count == 2)
    }

    @Test("An archive is taken from a file or a pipe, compressed or not", arguments: ["", "--gzip", "--xz", "--zstd"])
    func archives(compression: String) throws {
        let scratch = try Scratch()
        let root = try Self.fill(scratch, "root")
        let direct = try scratch.store().add("direct", from: .directory(root), .init()).image
        let archive = scratch.path + "/it.tar"
        let options = ["tar", "--xattrs", "--xattrs-include=*", "-cf", archive, "-C", root]
        _ = try HostProgram.output(of: "/bin/tar", options + (compression.isEmpty ? [] : [compression]) + ["."])
        #expect(try scratch.store().add("file", from: .archive(archive), .init()).image.id == direct.id)
        let file = try OwnedDescriptor.open(archive, O_RDONLY)
        #expect(try scratch.store().add("redirected", from: .stream(file.rawValue), .init()).image.id == direct.id)

        let pipe = try ProgramPipe(for: archive)
        let cat = try HostProgram.start("/bin/cat", ["cat", archive], output: pipe.writing.rawValue)
        let reading = pipe.readingEnd()
        #expect(try scratch.store().add("piped", from: .stream(reading.rawValue), .init()).image.id == direct.id)
        var ended: CInt = 0
        try retrying { waitpid(cat, &ended, 0) }
        #expect(try scratch.layers.count == 1)
    }

    @Test("Devices and sockets are left out, and it is said")
    func leavesOut() throws {
        let scratch = try Scratch()
        var tar = Tar()
        tar.add("file", "x")
        tar.add(.characterDevice, "null")
        tar.add(.blockDevice, "disk")
        tar.add(.fifo, "fifo")
        let (image, warnings) = try scratch.add("it", tar)
        #expect(warnings.count == 2)
        #expect(warnings.first?.hasPrefix("left out a device: ") == true && warnings.first?.contains("null") == true)
        #expect(try OwnedDescriptor.open(image.layers[0], O_RDONLY | O_DIRECTORY).names().sorted() == ["fifo", "file"])

        let root = try scratch.directory("root")
        try scratch.file("root/file", "x")
        try #require(mknod("\(root)/socket", mode_t(S_IFSOCK | 0o600), 0) == 0)
        let second = try scratch.store().add("socket", from: .directory(root), .init())
        #expect(second.warnings.count == 1 && second.warnings[0].hasPrefix("left out a socket: "))
    }

    @Test("A name's configuration comes back as it was given")
    func configuration() throws {
        let scratch = try Scratch()
        var given = ImageConfiguration()
        given.entrypoint = ["/bin/sh", "-c"]
        given.command = ["echo 100%\n\"ä\"", ""]
        given.environment = ["A=b c", "EMPTY="]
        given.user = "app:staff"
        given.workingDirectory = "/srv"
        given.stopSignal = "SIGINT"
        var tar = Tar()
        tar.add("file")
        try scratch.store().add("it", from: .archive(try scratch.file("a.tar", tar.bytes)), given)
        #expect(try scratch.store().resolve("it")?.configuration == given)
    }

    @Test("The busybox that is there by itself is the one that rootfs/busybox makes")
    func busybox() throws {
        let scratch = try Scratch()
        let own = try #require(try scratch.store().resolve("docker.io/library/busybox"))
        let project = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()
        _ = try HostProgram.output(of: "/bin/bash", ["bash", project + "/rootfs/busybox", scratch.path + "/root"])
        let made = try scratch.store().add("made", from: .directory(scratch.path + "/root"), .init()).image
        #expect(made.id == own.id)
        #expect(own.configuration.command == ["sh"])

        // Whoever gives the name to another image has that.
        try scratch.store().bind("busybox", to: "/", .init())
        #expect(try scratch.store().resolve("busybox")?.layers == ["/"])
    }
}
