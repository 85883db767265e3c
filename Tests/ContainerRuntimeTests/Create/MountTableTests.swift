// SPDX-License-Identifier: Apache-2.0

import CLinux
import OCI
import Testing

@testable import ContainerRuntime

@Suite("What a mount's words and places mean")
struct MountTableTests {
    struct Words: Sendable {
        let words: [String]
        var flags = 0
        var set: CInt = 0
        var clear: CInt = 0
    }

    private static let words: [Words] = [
        Words(words: ["ro", "nosuid"], flags: MS_RDONLY | MS_NOSUID, set: MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID),
        Words(words: ["ro", "rw"], clear: MOUNT_ATTR_RDONLY),
        Words(words: ["rw", "ro"], flags: MS_RDONLY, set: MOUNT_ATTR_RDONLY),
        Words(words: ["noatime"], flags: MS_NOATIME, set: MOUNT_ATTR_NOATIME, clear: MOUNT_ATTR__ATIME),
        Words(words: ["sync", "async"]), Words(words: ["defaults"]),
    ]

    @Test("Words become flags of a new file system and attributes of a bind mount; later ones win", arguments: words)
    func flags(_ wanted: Words) {
        let options = MountOptions(wanted.words)
        #expect(options.flags == UInt64(wanted.flags))
        #expect(options.set == UInt64(wanted.set) && options.clear == UInt64(wanted.clear))
        #expect(options.data.isEmpty)
    }

    @Test("An r before a word means the mounts below, too; what nobody knows is the file system's")
    func others() {
        let options = MountOptions(["rbind", "rro", "rnoexec", "rexec", "rslave", "size=64m", "rare"])
        #expect(options.isBind && options.isRecursiveBind && options.propagatesRecursively)
        #expect(options.recursiveSet == UInt64(MOUNT_ATTR_RDONLY))
        #expect(options.recursiveClear == UInt64(MOUNT_ATTR_NOEXEC))
        #expect(options.propagation == UInt64(MS_SLAVE) && options.data == ["size=64m", "rare"])
    }

    @Test(
        "A path is what the kernel would read in a root without links",
        arguments: [
            ("/a/b", "/a/b"), ("//a//b/", "/a/b"), ("/a/./b", "/a/b"), ("/a/../b", "/b"), ("/../../x", "/x"),
            ("/", "/"),
            ("a", "/a"),
        ])
    func cleaned(path: String, cleaned: String) { #expect(MountPlace.cleaned(path) == cleaned) }

    @Test(
        "Nothing is mounted over the root, nor where the kernel's word could be forged",
        arguments: [
            ("/", nil), ("/x/..", nil), ("/proc", "tmpfs"), ("/proc/self/attr", nil), ("/proc/sys", "tmpfs"),
            ("/dev/../proc/1", nil),
        ] as [(String, String?)])
    func refused(destination: String, type: String?) {
        #expect(throws: RuntimeError.self) { try MountPlace(destination, type: type) }
    }

    @Test(
        "These may be",
        arguments: [
            ("/proc", "proc"), ("/sys", "sysfs"), ("/proc/cpuinfo", nil), ("/sys/fs/cgroup", "cgroup"), ("/data", nil),
        ]
            as [(String, String?)])
    func allowed(destination: String, type: String?) throws {
        #expect(try MountPlace(destination, type: type).path == destination)
    }

    @Test(
        "The first of dot and slash parts a parameter's name, as in sysctl(8)",
        arguments: [
            ("net.ipv4.ip_forward", "net/ipv4/ip_forward"), ("net/ipv4/conf/eth0.1/x", "net/ipv4/conf/eth0.1/x"),
            ("net.ipv4.conf.eth0/1.x", "net/ipv4/conf/eth0.1/x"), ("kernel.shmmax", "kernel/shmmax"),
        ])
    func parameter(name: String, path: String) { #expect(KernelParameterName.path(name) == path) }

    @Test(
        "Only parameters of the container's own namespaces are set",
        arguments: ["vm.swappiness", "kernel.shmmax", "net.ipv4.ip_forward", "net/../vm/swappiness", "fs.file-max"])
    func hostsParameter(name: String) throws {
        let held = HeldDescriptors()
        let namespaces = try NamespacePlan([try LinuxNamespace(json: Array(#"{"type":"mount"}"#.utf8))], held)
        #expect(throws: RuntimeError.self) { try KernelParameterName.check([name], namespaces) }
    }
}
