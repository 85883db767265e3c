// SPDX-License-Identifier: Apache-2.0

import CLinux
import ContainerRuntime
import Linux
import OCI
import Testing

@Suite("exec", .serialized, .enabled(if: getuid() == 0, "needs root: makes namespaces and cgroups"))
struct ExecTests {
    @Test(
        "Output and exit status are the process's own", arguments: [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", 137)])
    func status(_ end: String, _ code: CInt) throws {
        let fixture = try ExecFixture()
        let call = try fixture.run("echo out; echo err >&2; \(end)")
        #expect(call.code == code && call.output == "out\n" && call.error == "err\n")
    }

    @Test("It is in the container's namespaces, root and cgroups, and sees nothing of the host")
    func place() throws {
        let fixture = try ExecFixture(namespaces: ", {\"type\": \"cgroup\"}, {\"type\": \"time\"}")
        let call = try fixture.run(
            """
            for n in pid mnt net ipc uts cgroup time; do
              test "$(readlink /proc/self/ns/$n)" = "$(readlink /proc/1/ns/$n)" || echo $n differs
            done
            test "$(cat /proc/self/cgroup)" = "$(cat /proc/1/cgroup)" || echo cgroup differs
            hostname; test -d /proc/1 && cat /proc/1/comm; readlink /proc/self/exe
            """)
        #expect(call.output == "inside\nsleep\n/bin/busybox\n", "\(call.error)")
    }

    @Test("Nothing is open in it but its streams")
    func descriptors() throws {
        let fixture = try ExecFixture()
        // 3 is the directory that ls reads.
        #expect(try fixture.run("ls /proc/self/fd").output == "0\n1\n2\n3\n")
    }

    @Test("Options change what the container's process has")
    func options() throws {
        let fixture = try ExecFixture(process: ", \"user\": {\"uid\": 5, \"gid\": 6, \"additionalGids\": [7]}")
        let kept = try fixture.run("id -u; id -g; id -G; echo $A $HOME; pwd")
        #expect(kept.output == "5\n6\n6 7\ncontainer /\n/\n")
        let changed = try fixture.run(
            ["-u", "1000:1001", "-g", "8", "-e", "A=b", "--env=B=c d", "--cwd", "/tmp", "--no-new-privs"],
            "id -u; id -g; id -G; echo $A $B $HOME; pwd; grep NoNewPrivs /proc/self/status | cut -f 2")
        #expect(changed.output == "1000\n1001\n1001 7 8\nb c d /home/user\n/tmp\n1\n")
    }

    @Test("A capability that is asked for is there, and no other")
    func capability() throws {
        let fixture = try ExecFixture()
        let script = "grep -E 'Cap(Prm|Eff|Bnd)' /proc/self/status | cut -f 2"
        #expect(try fixture.run(script).output == String(repeating: "0000000000000000\n", count: 3))
        #expect(
            try fixture.run(["--cap", "CAP_CHOWN"], script).output == String(repeating: "0000000000000001\n", count: 3))
    }

    @Test(
        "What can't be executed is told in the words that engines know",
        arguments: [
            ("nope", "executable file `nope` not found in $PATH: No such file or directory"),
            ("/bin/nope", "executable file `/bin/nope` not found, or the interpreter that it names: No such file"),
            ("/etc/passwd", "open executable `/etc/passwd`: Permission denied"),
            ("/bin", "open executable `/bin`: "),
        ])
    func missing(_ program: String, _ message: String) throws {
        let fixture = try ExecFixture()
        for options in [[], ["--detach"]] {
            let call = try Call(fixture.arguments(options, [program]))
            #expect(call.code == 255 && call.error.hasPrefix("berth-runtime: " + message), "\(call.error)")
        }
    }

    @Test("A working directory that isn't there is no missing program")
    func workingDirectory() throws {
        let fixture = try ExecFixture()
        let call = try fixture.run(["--cwd", "/gone"], "true")
        #expect(call.code == 255)
        #expect(call.error == "berth-runtime: process.cwd: the directory `/gone` is not in the container\n")
        for path in ["/proc/self/fd/3", "/proc/self/cwd"] {
            #expect(try fixture.run(["--cwd", path], "true").code == 255)
        }
    }

    @Test("Only a container that runs can be joined")
    func ended() throws {
        let fixture = try ExecFixture()
        #expect(try Call(["--root", fixture.root, "kill", fixture.id, "KILL"]).code == 0)
        var call = try fixture.run("true")
        // The kernel takes its time.
        for _ in 0..<500 where call.code == 0 || !call.error.contains("not running") { call = try fixture.run("true") }
        #expect(call.code == 255 && call.error.contains("cannot exec in a container that is not running"))
        #expect(try Call(["--root", fixture.root, "exec", "unknown", "true"]).code == 255)
    }

    @Test("A paused container is not joined, unless the process is to wait there")
    func paused() throws {
        let fixture = try ExecFixture()
        try #require(try Call(["--root", fixture.root, "pause", fixture.id]).code == 0)
        let call = try fixture.run("true")
        #expect(call.code == 255 && call.error.contains("cannot exec in a paused container"))
        let arguments = fixture.arguments(["--ignore-paused"], ["sh", "-c", "echo > /tmp/ran; exit 4"])
        let child = try ChildProcess.start(Call.program, arguments: ["berth-runtime"] + arguments, descriptors: [])
        usleep(20_000)
        #expect(access("\(fixture.rootfs)/tmp/ran", F_OK) == -1)
        try #require(try Call(["--root", fixture.root, "resume", fixture.id]).code == 0)
        #expect(try child.reap(wait: true) == 4)
    }

    @Test("With --cgroup it is in one below the container's")
    func cgroup() throws {
        let fixture = try ExecFixture()
        let record = try #require(try StateRoot(fixture.root).container(fixture.id).record())
        let directories = try CgroupPlace(from: JSONNode(try #require(record.cgroup))).branches.map(\.directory)
        for directory in directories {
            try #require(mkdir("\(directory)/below", 0o755) == 0)
            // A new cpuset of v1 has none.
            for file in ["cpuset.cpus", "cpuset.mems"] where access("\(directory)/below/\(file)", F_OK) == 0 {
                let value = try OwnedDescriptor.open("\(directory)/\(file)", O_RDONLY).readAll(limit: 4096)
                if !value.isEmpty { try OwnedDescriptor.open("\(directory)/below/\(file)", O_WRONLY).writeAll(value) }
            }
        }
        defer { for directory in directories { rmdir("\(directory)/below") } }
        let call = try fixture.run(["--cgroup", "below"], "cat /proc/self/cgroup")
        #expect(call.output.contains("/\(fixture.id)/below\n") && !call.output.contains("/\(fixture.id)\n"))
        #expect(try fixture.run(["--cgroup", "gone"], "true").code == 255)
    }

    @Test("Detached, the process is there on its own when the runtime returns, and its number in the file")
    func detached() throws {
        let fixture = try ExecFixture()
        let call = try fixture.run(
            ["--detach", "--pid-file", "\(fixture.directory)/pid"], "echo $$ > /tmp/inner; sleep 1000; true")
        #expect(call.code == 0)
        let pid = try #require(pid_t(try fixture.await("pid")))
        #expect(try ProcessIdentity.current(pid)?.pid == pid)
        let inner = try fixture.await("bundle/rootfs/tmp/inner")
        #expect(try fixture.run("cat /proc/\(inner.dropLast())/comm").output == "sh\n")
    }

    @Test("A pid file that can't be written ends the process before its program runs")
    func pidFile() throws {
        let fixture = try ExecFixture()
        let call = try fixture.run(["--detach", "--pid-file", "/gone/pid"], "echo > /tmp/ran")
        #expect(call.code == 255 && call.error.contains("/gone/pid"))
        #expect(try fixture.run("ls /tmp").output == "")
    }

    @Test("Signals to the runtime go to the process")
    func signals() throws {
        let fixture = try ExecFixture()
        let script = "trap 'exit 3' TERM; echo ready > /tmp/ready; while :; do sleep 0.05; done"
        let child = try ChildProcess.start(
            Call.program, arguments: ["berth-runtime"] + fixture.arguments([], ["sh", "-c", script]), descriptors: [])
        _ = try fixture.await("bundle/rootfs/tmp/ready")
        try child.process.send(signal: SIGTERM)
        #expect(try child.reap(wait: true) == 3)
    }

    @Test("Descriptors are handed on when asked for, and only those")
    func preserved() throws {
        let fixture = try ExecFixture()
        let file = try OwnedDescriptor.open("\(fixture.directory)/out", O_WRONLY | O_CREAT, mode: 0o644)
        let other = try OwnedDescriptor.open("/dev/null", O_RDONLY)
        let script = "ls /proc/self/fd >&3"
        let child = try ChildProcess.start(
            Call.program,
            arguments: ["berth-runtime"] + fixture.arguments(["--preserve-fds", "1"], ["sh", "-c", script]),
            descriptors: [file.rawValue, other.rawValue])
        #expect(try child.reap(wait: true) == 0)
        // 4 is the directory that ls reads.
        #expect(try fixture.await("out") == "0\n1\n2\n3\n4\n")
        let lacking = try fixture.run(["--preserve-fds", "1"], "true")
        #expect(lacking.code == 255 && lacking.error.contains("descriptor 3 is not open"))
        let sockets = try Call(fixture.arguments([], ["true"]), environment: ["LISTEN_FDS=1"])
        #expect(sockets.code == 255 && sockets.error.contains("LISTEN_FDS: descriptor 3 is not open"))
    }

    @Test("The runtime's program can't be written through what a container could get hold of")
    func ownProgram() throws {
        let fixture = try ExecFixture()
        let child = try ChildProcess.start(
            Call.program,
            arguments: ["berth-runtime"]
                + fixture.arguments([], ["sh", "-c", "echo > /tmp/x; echo y > /tmp/x; sleep 1000"]),
            descriptors: [])
        _ = try fixture.await("bundle/rootfs/tmp/x")
        #expect(access("/proc/\(child.process.pid)/exe", W_OK) == -1 && Errno.current == EROFS)
        try child.process.send(signal: SIGKILL)
        _ = try child.reap(wait: true)
    }

    @Test("The container's filter holds for it, whoever it is", arguments: ["0:0", "1000:1000"])
    func filter(_ user: String) throws {
        let fixture = try ExecFixture(
            linux: """
                , "seccomp": {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
                  {"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 95}]}
                """)
        let call = try fixture.run(["-u", user], "mkdir /tmp/x; grep Seccomp: /proc/self/status | cut -f 2")
        #expect(call.output == "2\n" && call.error.contains("Operation not supported"), "\(call.error)")
        // What loading the filter needs is gone again.
        #expect(try fixture.run(["-u", user], "grep CapPrm /proc/self/status").output == "CapPrm:\t0000000000000000\n")
    }

    @Test("In a user namespace it has that one's ids")
    func userNamespace() throws {
        let map = "[{\"containerID\": 0, \"hostID\": 200000, \"size\": 65536}]"
        let fixture = try ExecFixture(
            namespaces: ", {\"type\": \"user\"}", linux: ", \"uidMappings\": \(map), \"gidMappings\": \(map)")
        let call = try fixture.run(["-u", "5:6"], "id -u; id -g; read a b c < /proc/self/uid_map; echo $a $b")
        #expect(call.output == "5\n6\n0 200000\n", "\(call.error)")
    }
}
