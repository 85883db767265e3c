// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import Sandbox
import Testing

@Suite(.enabled(if: isRoot, "needs root: makes namespaces and mounts"))
struct VolumeTests {
    /// Runs with the fixture's `volume` directory mounted at `destination`.
    private func run(
        _ fixture: LaunchFixture, _ script: String, at destination: String = "/data",
        _ change: (inout BindMount) -> Void = { _ in }
    ) throws -> LaunchFixture.Result {
        mkdir("\(fixture.directory)/volume", 0o755)
        let source = try OwnedDescriptor.open("\(fixture.directory)/volume", O_PATH | O_DIRECTORY)
        var spec = fixture.spec(script)
        var mount = BindMount(source: source.rawValue, destination: destination)
        change(&mount)
        spec.mounts = [mount]
        return try fixture.run(spec)
    }

    @Test("What is written in a volume is on the host")
    func writes() throws {
        let fixture = try LaunchFixture()
        _ = try run(fixture, "echo kept > /data/file")
        let bytes = try OwnedDescriptor.open("\(fixture.directory)/volume/file", O_RDONLY).readAll(limit: 100)
        #expect(bytes == Array("kept\n".utf8))
    }

    @Test("A read-only volume takes nothing")
    func isReadOnly() throws {
        let fixture = try LaunchFixture()
        #expect(try run(fixture, "echo x > /data/file") { $0.readOnly = true }.output.contains("Read-only file system"))
    }

    @Test("A missing mount point is made, with its parents")
    func makesMountPoint() throws {
        let fixture = try LaunchFixture()
        #expect(
            try run(fixture, "ls -d /a/b/c && grep -c ' /a/b/c ' /proc/self/mounts", at: "/a/b/c").lines == [
                "/a/b/c", "1",
            ])
    }

    @Test("A file is mounted on a file")
    func mountsFile() throws {
        let fixture = try LaunchFixture()
        try fixture.write(Array("secret".utf8), to: "\(fixture.directory)/secret")
        let source = try OwnedDescriptor.open("\(fixture.directory)/secret", O_PATH)
        var spec = fixture.spec("cat /berth-test/deep/secret")
        spec.mounts = [BindMount(source: source.rawValue, destination: "/berth-test/deep/secret")]
        #expect(try fixture.run(spec).output == "secret")
    }

    @Test("A link in the image as mount point stays inside the root")
    func linkStaysInside() throws {
        let fixture = try LaunchFixture()
        try #require(symlink("\(fixture.directory)/outside", "\(fixture.image)/link") == 0)
        try #require(mkdir("\(fixture.directory)/outside", 0o755) == 0)
        let before = try OwnedDescriptor.open("/proc/self/mountinfo", O_RDONLY).readAll(limit: 1 << 20)
        _ = Result { try run(fixture, "touch /link/made", at: "/link/sub") }
        #expect(access("\(fixture.directory)/outside/sub", F_OK) == -1)
        #expect(try OwnedDescriptor.open("/proc/self/mountinfo", O_RDONLY).readAll(limit: 1 << 20) == before)
    }

    @Test(
        "A volume may not lie over the root, /dev, or in /proc and /sys",
        arguments: ["/", "/dev", "/proc", "/proc/self", "/sys/fs", "/a/../proc", "relative"])
    func refusesDestinations(destination: String) throws {
        let fixture = try LaunchFixture()
        let error = #expect(throws: LaunchError.self) { _ = try run(fixture, "true", at: destination) }
        #expect(error?.step == .bind)
    }

    @Test("A device node in a volume cannot be opened")
    func hasNoDevices() throws {
        let fixture = try LaunchFixture()
        #expect(try run(fixture, "mknod /data/zero c 1 5; head -c 1 /data/zero").output.contains("Permission denied"))
    }
}
