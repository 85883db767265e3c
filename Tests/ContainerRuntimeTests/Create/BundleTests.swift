// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import OCI
import Testing

@testable import ContainerRuntime

/// What bundles ask for, seen from inside their containers.
@Suite(
    "Bundles", .serialized, .enabled(if: ContainerFixture.canRun, "needs root and /bin/busybox"),
    .timeLimit(.minutes(2)))
struct BundleTests {
    private func output(_ script: String, _ change: (inout JSONValue) -> Void = { _ in }) throws -> String {
        let container = try ContainerFixture(script, change)
        let call = try container.call("run", "--bundle", container.bundle, container.id)
        #expect(call.code == 0, "\(call.error)")
        return call.output
    }

    /// What went wrong, of a configuration that must not run; nothing of it is left.
    private func refusal(_ change: (inout JSONValue) -> Void) throws -> String {
        let container = try ContainerFixture("true", change)
        let call = try container.call("run", "--bundle", container.bundle, container.id)
        #expect(call.code == 1)
        #expect(try container.call("list", "-q").output.isEmpty)
        for mount in try HostControllersOfTests.mountPoints() {
            #expect(access("\(mount)/\(RuntimeCgroup.parent)/\(container.id)", F_OK) != 0)
        }
        return call.error
    }

    @Test("A root that is a link to a directory is that directory")
    func linkedRoot() throws {
        let container = try ContainerFixture("echo in")
        try retrying { rename(container.bundle + "/rootfs", container.bundle + "/other") }
        try retrying { symlink("other", container.bundle + "/rootfs") }
        let call = try container.call("run", "--bundle", container.bundle, container.id)
        #expect(call.code == 0 && call.output == "in\n", "\(call.error)")
    }

    @Test("A bind mount has its options; a masked file is empty, a read-only path can't be written")
    func mounts() throws {
        let text = try output(
            "cat /proc/self/mountinfo >/dev/null; echo x >/data/f || echo denied; cat /masked; echo x >/fixed/f || echo fixed"
        ) { config in
            config = config.with(
                "mounts",
                [
                    ["destination": "/proc", "type": "proc", "source": "proc"],
                    [
                        "destination": "/data", "type": "bind", "source": "rootfs/bin",
                        "options": ["rbind", "ro", "nosuid"],
                    ],
                    ["destination": "/fixed", "type": "tmpfs", "source": "tmpfs"],
                    ["destination": "/masked", "type": "bind", "source": "config.json", "options": ["bind"]],
                ])
            config = config.with(
                "linux",
                [
                    "namespaces": [["type": "pid"], ["type": "mount"]], "maskedPaths": ["/masked", "/not/there"],
                    "readonlyPaths": ["/fixed"],
                ])
        }
        #expect(text == "denied\nfixed\n")
    }

    @Test("tmpcopyup begins with what the root has there")
    func copyUp() throws {
        let text = try output("echo new >/bin/new; cat /bin/new; true") { config in
            config = config.with(
                "mounts",
                [
                    ["destination": "/bin", "type": "tmpfs", "source": "tmpfs", "options": ["tmpcopyup", "size=32m"]]
                ])
        }
        #expect(text == "new\n")
    }

    @Test("A bind mount shows what an earlier entry has mounted at its source")
    func order() throws {
        let text = try output("echo seen >/own/file; cat /hosts/file") { config in
            let mounts: [JSONValue] = [
                ["destination": "/own", "type": "tmpfs", "source": "tmpfs"],
                ["destination": "/hosts", "type": "bind", "source": "rootfs/own", "options": ["bind"]],
            ]
            config = config.with("mounts", .array(mounts))
        }
        #expect(text == "seen\n")
    }

    /// On a host where mounts are shared, as systemd makes them.
    @Test(
        "What is mounted for a container, and in it, is mounted nowhere else, and nothing of the host's goes with it",
        arguments: ["", "private", "rprivate", "slave", "shared", "rshared", "unbindable"])
    func nothingGetsOut(propagation: String) throws {
        let container = try ContainerFixture("mount -t tmpfs inside /own && echo done; sleep 1000") { config in
            let mounts: [JSONValue] = [
                ["destination": "/proc", "type": "proc", "source": "proc"],
                ["destination": "/dev", "type": "tmpfs", "source": "tmpfs"],
                ["destination": "/own", "type": "bind", "source": "rootfs/hosts", "options": ["rbind"]],
            ]
            var linux: JSONValue = ["namespaces": [["type": "pid"], ["type": "mount"]]]
            if !propagation.isEmpty { linux = linux.with("rootfsPropagation", .string(propagation)) }
            let all: JSONValue = ["CAP_SYS_ADMIN"]
            config = config.with("mounts", .array(mounts)).with("linux", linux).with(
                "process",
                config["process"]!.with(
                    "capabilities", ["bounding": all, "effective": all, "permitted": all, "inheritable": []]))
        }
        let runtime = ([Call.program] + container.arguments([])).joined(separator: " ")
        let script = """
            cd \(container.path("")) && cat /proc/self/mountinfo >before
            \(runtime) run -d --bundle \(container.bundle) \(container.id) >output 2>&1 || exit 2
            until grep -q done output; do sleep 0.01; done
            cat /proc/self/mountinfo >during
            \(runtime) delete --force \(container.id) && cat /proc/self/mountinfo >after && cmp before during && cmp before after
            """
        let host = try spawn(
            "/usr/bin/unshare", ["unshare", "--mount", "--propagation", "shared", "sh", "-c", script],
            ["PATH=/usr/bin:/bin"])
        var status: CInt = 0
        try retrying { waitpid(host, &status, 0) }
        #expect(status == 0)
    }

    @Test(
        "The root's propagation is the one asked for",
        arguments: [("shared", " shared:"), ("rshared", " shared:"), ("unbindable", " unbindable"), ("private", " - ")])
    func propagation(_ name: String, _ mark: String) throws {
        let text = try output(
            "while read -r line; do case $line in *' / rw'*) echo \"$line\"; esac; done </proc/self/mountinfo"
        ) { config in
            config = config.with("mounts", [["destination": "/proc", "type": "proc", "source": "proc"]])
            config = config.with(
                "linux",
                ["namespaces": [["type": "pid"], ["type": "mount"]], "rootfsPropagation": .string(name)])
        }
        #expect(text.contains(mark), "\(text)")
        #expect(mark != " - " || !text.contains("shared:") && !text.contains("master:"), "\(text)")
    }

    @Test(
        "A label for mounts is left out with a warning where there is no SELinux",
        .enabled(if: access("/sys/fs/selinux", F_OK) != 0, "this kernel has SELinux"))
    func mountLabel() throws {
        let container = try ContainerFixture("echo in") { config in
            config = config.with(
                "linux", ["namespaces": [["type": "mount"]], "mountLabel": "system_u:object_r:svirt_sandbox_file_t:s0"])
        }
        let call = try container.call("run", "--bundle", container.bundle, container.id)
        #expect(call.code == 0 && call.output == "in\n", "\(call.error)")
        #expect(call.error.contains("linux.mountLabel: this kernel has no SELinux: left out"))
    }

    @Test("A device that no rule allows can't be opened; the standard ones can")
    func devices() throws {
        let text = try output("cat </dev/null && echo null; cat </dev/kmsg && echo kmsg; true") { config in
            config = config.with(
                "linux",
                [
                    "namespaces": [["type": "pid"], ["type": "mount"]],
                    "devices": [["path": "/dev/kmsg", "type": "c", "major": 1, "minor": 11]],
                    "resources": ["devices": [["allow": false, "access": "rwm"]]],
                ])
        }
        #expect(text == "null\n")
    }

    @Test(
        "In a user namespace root is the id that its map says; an id-mapped mount's files are its own, others are not")
    func userNamespace() throws {
        let script =
            "cat /proc/self/uid_map; cat /dev/null && echo null; [ -O /own ] && echo own; [ -O /hosts ] || echo foreign"
        let text = try output(script) { config in
            let maps: JSONValue = [["containerID": 0, "hostID": 100_000, "size": 65_536]]
            config = config.with(
                "linux",
                [
                    "namespaces": [["type": "pid"], ["type": "mount"], ["type": "user"], ["type": "ipc"]],
                    "uidMappings": maps, "gidMappings": maps,
                ])
            config = config.with("root", ["path": "rootfs"]).with(
                "mounts",
                [
                    ["destination": "/proc", "type": "proc", "source": "proc"],
                    ["destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["mode=755"]],
                    ["destination": "/own", "type": "bind", "source": "rootfs/bin", "options": ["bind", "idmap"]],
                    ["destination": "/hosts", "type": "bind", "source": "rootfs/bin", "options": ["bind"]],
                ])
        }
        #expect(
            text.split(whereSeparator: \.isWhitespace).map(String.init)
                == ["0", "100000", "65536", "null", "own", "foreign"])
    }

    @Test(
        "What can't be had is refused by its name, and leaves nothing",
        arguments: [
            ("root.path", "root", ["path": "nowhere"]),
            ("/nowhere", "mounts", [["destination": "/x", "type": "bind", "source": "/nowhere", "options": ["bind"]]]),
            (
                "inside /proc", "mounts",
                [["destination": "/proc/1", "type": "bind", "source": "/", "options": ["bind"]]]
            ),
            ("pids", "linux", ["namespaces": [["type": "mount"], ["type": "mount"]]]),
            ("mount namespace", "linux", ["namespaces": [["type": "pid"]]]),
            (
                "linux.sysctl", "linux",
                ["namespaces": [["type": "mount"], ["type": "pid"]], "sysctl": ["vm.swappiness": "1"]]
            ),
            ("linux.intelRdt", "linux", ["namespaces": [["type": "mount"]], "intelRdt": ["closID": "a"]]),
            ("can't be a container's own", "linux", ["namespaces": [["type": "mount"]], "cgroupsPath": "/"]),
            ("createRuntime", "hooks", ["createRuntime": [["path": "/bin/false"]]]),
        ] as [(String, String, JSONValue)])
    func refused(words: String, member: String, value: JSONValue) throws {
        let errors = try refusal { $0 = $0.with(member, value) }
        #expect(errors.contains(words == "pids" ? "twice" : words))
    }
}

extension JSONValue {
    /// The same object with another value for a member.
    func with(_ name: String, _ value: JSONValue) -> JSONValue {
        guard case .object(let members) = self else { return self }
        return .object(members.filter { $0.name != name } + [JSONMember(name, value)])
    }
}
