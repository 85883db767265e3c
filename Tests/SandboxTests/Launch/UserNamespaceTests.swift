// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import Sandbox
import Testing

@Suite(.enabled(if: isRoot, "needs root: maps ids"))
struct UserNamespaceTests {
    @Test("Root of the container is nobody on the host, and its image's files are its own")
    func mapsRoot() throws {
        let fixture = try LaunchFixture()
        let namespaces = try UserNamespace.make(
            mapping: UserMapping(hostStart: 200_000, count: 65_536), hostname: "mapped")
        var spec = fixture.spec(
            "cat /proc/self/uid_map; id -u; stat -c %u /bin/busybox; hostname; echo x > /etc/new && stat -c %u /etc/new; ls /sys/class/net; echo > /dev/null && echo null"
        )
        spec.joinedNamespaces = namespaces.descriptors
        spec.inUserNamespace = true
        spec.namespaces = [.cgroup]
        let result = try fixture.run(spec)
        #expect(result.status == .exited(code: 0))
        #expect(result.lines.first?.split(separator: " ").map(String.init) == ["0", "200000", "65536"])
        #expect(result.lines.dropFirst() == ["0", "0", "mapped", "0", "lo", "null"])
    }

    @Test("Two containers of one pod share its network")
    func sharesNamespaces() throws {
        let fixture = try LaunchFixture()
        let namespaces = try UserNamespace.make(
            mapping: UserMapping(hostStart: 200_000, count: 65_536), hostname: "mapped")
        var spec = fixture.spec("readlink /proc/self/ns/net; readlink /proc/self/ns/user; readlink /proc/self/ns/ipc")
        spec.joinedNamespaces = namespaces.descriptors
        spec.inUserNamespace = true
        spec.namespaces = [.cgroup]
        let first = try fixture.run(spec)
        #expect(first.lines.count == 3)
        #expect(try fixture.run(spec).lines == first.lines)
    }

    @Test("A volume has the host's owners, or the container's where that is asked for", arguments: [false, true])
    func mapsVolume(idMapped: Bool) throws {
        let fixture = try LaunchFixture()
        try #require(
            mkdir("\(fixture.directory)/volume", 0o777) == 0 && chmod("\(fixture.directory)/volume", 0o777) == 0)
        let source = try OwnedDescriptor.open("\(fixture.directory)/volume", O_PATH | O_DIRECTORY)
        let namespaces = try UserNamespace.make(
            mapping: UserMapping(hostStart: 200_000, count: 65_536), hostname: "mapped")
        var spec = fixture.spec("stat -c %u /data; touch /data/new; stat -c %u /data/new; mknod /data/zero c 1 5")
        (spec.joinedNamespaces, spec.inUserNamespace, spec.namespaces) = (namespaces.descriptors, true, [.cgroup])
        spec.mounts = [BindMount(source: source.rawValue, destination: "/data")]
        spec.mounts[0].idMapped = idMapped
        let result = try fixture.run(spec)
        #expect(result.lines.prefix(2) == [idMapped ? "0" : "65534", "0"])
        #expect(result.output.contains("Operation not permitted"))
        var status = stat()
        try #require(stat("\(fixture.directory)/volume/new", &status) == 0)
        #expect(status.st_uid == (idMapped ? 0 : 200_000))
    }

    @Test("The host's root is never mapped")
    func refusesHostRoot() {
        #expect(throws: LaunchError.self) {
            _ = try UserNamespace.make(mapping: UserMapping(hostStart: 0, count: 10), hostname: "x")
        }
    }
}
