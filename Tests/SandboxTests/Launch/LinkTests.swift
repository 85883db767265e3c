// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import Sandbox
import Testing

/// An image whose links lead elsewhere: nothing of ours follows them out of the root or into the kernel's files.
///
/// Paths are such as no host has: without the feature a test fails, and no file of the machine is touched.
@Suite(.enabled(if: isRoot, "needs root: makes namespaces and mounts"))
struct LinkTests {
    @Test(
        "A volume whose mount point is a link into the kernel's files, to / or to /dev ends the start",
        arguments: ["/proc/sys/kernel", "/sys/kernel", "/", "/dev", "/proc/self/root/proc/1"])
    func refusesLedAstrayVolume(target: String) throws {
        let fixture = try LaunchFixture()
        try #require(symlink(target, "\(fixture.image)/data") == 0)
        let source = try OwnedDescriptor.open(fixture.image, O_PATH | O_DIRECTORY)
        var spec = fixture.spec("true")
        spec.mounts = [BindMount(source: source.rawValue, destination: "/data")]
        let error = #expect(throws: LaunchError.self) { _ = try fixture.run(spec) }
        #expect(error?.step == .bind)
        #expect([Errno(EXDEV), Errno(ELOOP)].contains(error?.errno))
    }

    @Test("A file that we write takes the place of a link or a FIFO; what the link names is not touched")
    func filesReplaceLinks() throws {
        let fixture = try LaunchFixture()
        try fixture.write(Array("old".utf8), to: "\(fixture.image)/berth-test/target")
        try #require(symlink("target", "\(fixture.image)/berth-test/hosts") == 0)
        try #require(symlink("/proc/sys/kernel/hostname", "\(fixture.image)/berth-test/hostname") == 0)
        try #require(mkfifo("\(fixture.image)/berth-test/pipe", 0o644) == 0)
        var spec = fixture.spec("cd /berth-test; cat hosts hostname pipe target; hostname")
        spec.root.files = [
            RootFile(path: "/berth-test/hosts", contents: "hosts\n"),
            RootFile(path: "/berth-test/hostname", contents: "name\n"),
            RootFile(path: "/berth-test/pipe", contents: "file\n"),
        ]
        #expect(try fixture.run(spec).lines == ["hosts", "name", "file", "oldpod"])
    }

    @Test("A file is not written where a link leads into /proc")
    func refusesLedAstrayFile() throws {
        let fixture = try LaunchFixture()
        try #require(symlink("/proc/sys/kernel", "\(fixture.image)/conf") == 0)
        var spec = fixture.spec("true")
        spec.root.files = [RootFile(path: "/conf/hostname", contents: "taken")]
        let error = #expect(throws: LaunchError.self) { _ = try fixture.run(spec) }
        #expect(error?.step == .writeFile)
        #expect(error?.errno == Errno(EXDEV))
    }

    @Test(
        "A working directory is never reached by a magic link", arguments: ["/proc/self/fd/3", "/proc/1/root", "/link"])
    func refusesMagicLinks(path: String) throws {
        let fixture = try LaunchFixture()
        try #require(symlink("/proc/self/cwd", "\(fixture.image)/link") == 0)
        var spec = fixture.spec("pwd")
        spec.workingDirectory = path
        let error = #expect(throws: LaunchError.self) { _ = try fixture.run(spec) }
        #expect(error?.step == .workingDirectory)
        // Where the number is of no descriptor, there is no link either, and nothing can be made in /proc.
        #expect([Errno(ELOOP), Errno(ENOENT)].contains(error?.errno))
    }

    @Test("A path with links may lead anywhere inside the root, as in the container itself")
    func followsLinksInside() throws {
        let fixture = try LaunchFixture()
        try #require(mkdir("\(fixture.image)/real", 0o755) == 0)
        try #require(symlink("../../real", "\(fixture.image)/berth-test/alias") == 0)
        let source = try OwnedDescriptor.open("\(fixture.image)/bin", O_PATH | O_DIRECTORY)
        var spec = fixture.spec("pwd; test -x /real/sub/busybox && echo mounted")
        spec.mounts = [BindMount(source: source.rawValue, destination: "/berth-test/alias/sub")]
        spec.workingDirectory = "/berth-test/alias"
        #expect(try fixture.run(spec).lines == ["/real", "mounted"])
    }

    @Test("Two volumes for one mount point are refused")
    func refusesDuplicates() throws {
        let fixture = try LaunchFixture()
        let source = try OwnedDescriptor.open(fixture.image, O_PATH | O_DIRECTORY)
        var spec = fixture.spec("true")
        spec.mounts = ["/data", "//data/./"].map { BindMount(source: source.rawValue, destination: $0) }
        let error = #expect(throws: LaunchError.self) { _ = try fixture.run(spec) }
        #expect(error?.errno == Errno(EEXIST))
    }
}
