// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import OCI
import Sandbox
import Testing

@testable import ContainerRuntime

@Suite("Names and limits for systemd")
struct SystemdScopeTests {
    @Test(
        "linux.cgroupsPath names the slice and the unit",
        arguments: [
            (nil, "system.slice", "berth-x.scope", "/system.slice/berth-x.scope"),
            ("::x", "system.slice", "x.scope", "/system.slice/x.scope"),
            ("kubepods.slice:cri-containerd:12ab", "kubepods.slice", "cri-containerd-12ab.scope", nil),
            ("a-b-c.slice:p:x", "a-b-c.slice", "p-x.scope", "/a.slice/a-b.slice/a-b-c.slice/p-x.scope"),
            ("-.slice:p:x", "-.slice", "p-x.scope", "/p-x.scope"),
        ] as [(String?, String, String, String?)])
    func names(path: String?, slice: String, unit: String, end: String?) throws {
        let scope = try SystemdScope(path: path, id: "x")
        #expect(scope.slice == slice)
        #expect(scope.unit == unit)
        // What comes before it is where systemd itself runs.
        if let end { #expect(try scope.relativePath().hasSuffix(end)) }
    }

    @Test(
        "Other forms are refused",
        arguments: [
            "", "/a/path", "a.slice:x", "a.slice:p:", "a:p:x", "a/b.slice:p:x", "../a.slice:p:x", "a--b.slice:p:x",
            "-a.slice:p:x", "a.slice:p:../x", "a.slice:p:b.slice", "a.slice:p:x:y",
        ])
    func refused(path: String) {
        #expect {
            _ = try SystemdScope(path: path, id: "x")
        } throws: { "\($0)".contains("linux.cgroupsPath") }
    }

    @Test(
        "Limits become properties",
        arguments: [
            (#"{}"#, []),
            (#"{"memory":{"limit":100}}"#, ["MemoryMax t 100"]),
            (#"{"memory":{"limit":-1}}"#, ["MemoryMax t max", "MemorySwapMax t max"]),
            (
                #"{"memory":{"limit":100,"swap":150,"reservation":50}}"#,
                ["MemoryMax t 100", "MemoryLow t 50", "MemorySwapMax t 50"]
            ),
            (#"{"memory":{"limit":100,"swap":100}}"#, ["MemoryMax t 100", "MemorySwapMax t 0"]),
            (#"{"memory":{"limit":100,"swap":-1}}"#, ["MemoryMax t 100", "MemorySwapMax t max"]),
            (#"{"pids":{"limit":0}}"#, ["TasksMax t max"]),
            (#"{"pids":{"limit":7}}"#, ["TasksMax t 7"]),
            (#"{"cpu":{"shares":1024}}"#, ["CPUWeight t 100"]),
            (
                #"{"cpu":{"quota":50000,"period":200000}}"#,
                ["CPUQuotaPeriodUSec t 200000", "CPUQuotaPerSecUSec t 250000"]
            ),
            (#"{"cpu":{"quota":33333}}"#, ["CPUQuotaPerSecUSec t 340000"]),
            (#"{"cpu":{"quota":-1}}"#, ["CPUQuotaPerSecUSec t max"]),
            (
                #"{"cpu":{"cpus":"0,9","mems":"0"}}"#,
                ["AllowedCPUs ay 8 1 2 0 0 0 0 0 0", "AllowedMemoryNodes ay 8 1 0 0 0 0 0 0 0"]
            ),
            (
                #"{"unified":{"memory.high":"max","memory.min":"5","cpu.max":"max 1000","cpu.weight":"3","io.max":"x"}}"#,
                ["CPUQuotaPerSecUSec t max", "CPUWeight t 3", "MemoryHigh t max", "MemoryMin t 5"]
            ),
        ] as [(String, [String])])
    func properties(resources: String, expected: [String]) throws {
        let list = try SystemdProperty.list(try LinuxResources(json: Array(resources.utf8)))
        let texts = list.map { $0.arguments.joined(separator: " ") }
        #expect(texts == expected.map { $0.hasSuffix("max") ? $0.dropLast(3) + String(UInt64.max) : $0 })
    }
}

/// Where systemd is the machine's first process and the devices are on v2: `scripts/vm-test --cgroups systemd`.
@Suite(
    "Cgroups of systemd", .serialized,
    .enabled(
        if: ContainerFixture.canRun && ContainerFixture.hasSystemd,
        "needs root, /bin/busybox, and systemd with its bus over cgroup v2"), .timeLimit(.minutes(5)))
struct SystemdCgroupTests {
    private func container(
        _ script: String, _ resources: JSONValue = ["pids": ["limit": 20]]
    ) throws -> (ContainerFixture, unit: String) {
        let name = "\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        let fixture = try ContainerFixture(script) { config in
            config = config.with(
                "linux",
                config["linux"]!
                    .with("cgroupsPath", .string("berthtest-a.slice:test:\(name)")).with("resources", resources))
        }
        return (fixture, "test-\(name).scope")
    }

    private func file(_ unit: String, _ name: String) -> String? {
        let path = "/sys/fs/cgroup/berthtest.slice/berthtest-a.slice/\(unit)"
        return try? CgroupFiles(path: path).read(name)
    }

    private func property(_ unit: String, _ name: String) throws -> String {
        try ProgramOutput.of("systemctl", ["show", "--value", "-p", name, unit])
    }

    private func run(_ container: ContainerFixture) throws {
        let call = try container.call(
            "--systemd-cgroup", "run", "-d", "--bundle", container.bundle, container.id)
        try #require(call.code == 0, "\(call.error)")
    }

    @Test("It is a scope in the slice that was asked for, with the limits, and they survive a reload of systemd")
    func limits() throws {
        let (container, unit) = try container(
            "sleep 1000",
            [
                "memory": ["limit": 67_108_864, "swap": 67_108_864], "pids": ["limit": 1],
                "cpu": ["quota": 50_000, "period": 100_000],
            ])
        try run(container)
        #expect(try property(unit, "Slice") == "berthtest-a.slice\n")
        #expect(try property(unit, "Delegate") == "yes\n")
        for round in 0...1 {
            if round == 1 { _ = try ProgramOutput.of("systemctl", ["daemon-reload"]) }
            #expect(file(unit, "memory.max") == "67108864")
            #expect(file(unit, "memory.swap.max") ?? "0" == "0")
            #expect(file(unit, "cpu.max") == "50000 100000")
            #expect(file(unit, "pids.max") == "1")
        }
        // The one process that may be there is the container's.
        #expect(file(unit, "pids.current") == "1")
    }

    @Test("An update is in the cgroup and in systemd's memory")
    func update() throws {
        let (container, unit) = try container("sleep 1000")
        try run(container)
        try OwnedDescriptor.open(container.path("new.json"), O_WRONLY | O_CREAT, mode: 0o600)
            .writeAll(Array(#"{"pids":{"limit":9},"memory":{"limit":33554432}}"#.utf8))
        #expect(try container.call("update", "--resources", container.path("new.json"), container.id).code == 0)
        _ = try ProgramOutput.of("systemctl", ["daemon-reload"])
        #expect(file(unit, "pids.max") == "9")
        #expect(file(unit, "memory.max") == "33554432")
    }

    @Test("Devices are held back, also after a reload")
    func devices() throws {
        let (container, _) = try container("while :; do sleep 1000; done")
        try run(container)
        _ = try ProgramOutput.of("systemctl", ["daemon-reload"])
        // A node of the memory device can't be made.
        let call = try container.call("exec", container.id, "/bin/sh", "-c", "mknod /dev/mem c 1 1; echo $?")
        #expect(call.output == "1\n")
    }

    @Test("It is paused, looked into, killed and deleted; the unit goes, and its name is free at once")
    func life() throws {
        let (container, unit) = try container("sleep 1000 & sleep 1000")
        for _ in 1...3 {
            try run(container)
            try container.await(.running)
            #expect(try container.call("pause", container.id).error == "")
            #expect(try container.status() == .paused)
            #expect(try container.call("resume", container.id).error == "")
            #expect(try container.call("exec", container.id, "/bin/echo", "inside").output == "inside\n")
            let deletion = try container.call("delete", "--force", container.id)
            try #require(deletion.code == 0, "\(deletion.error)")
            #expect(file(unit, "cgroup.procs") == nil)
        }
    }

    @Test("One that was created waits in its scope for its start")
    func created() throws {
        let (container, unit) = try container("sleep 1000")
        let call = try container.call("--systemd-cgroup", "create", "--bundle", container.bundle, container.id)
        #expect(call.code == 0, "\(call.error)")
        #expect(file(unit, "pids.current") == "1")
        #expect(try container.call("start", container.id).code == 0)
        try container.await(.running)
    }

    @Test("A container that ends by itself leaves no unit, whatever it came to")
    func end() throws {
        for (script, code) in [("exit 0", 0), ("exit 7", 7), ("x=1; while :; do x=$x$x; done", 137)] as [(String, CInt)]
        {
            // The last one meets its limit.
            let (container, unit) = try container(script, ["memory": ["limit": 16_777_216, "swap": 16_777_216]])
            let call = try container.call("--systemd-cgroup", "run", "--bundle", container.bundle, container.id)
            #expect(call.code == code, "\(call.error)")
            #expect(file(unit, "cgroup.procs") == nil)
            #expect(try property(unit, "LoadState") == "not-found\n")
        }
    }

    @Test("A runtime that is killed at any time leaves nothing but what delete takes away")
    func killed() throws {
        for attempt in 0..<12 {
            let (container, unit) = try container("sleep 1000")
            let arguments = ["--systemd-cgroup", "create", "--bundle", container.bundle, container.id]
            let begun = try spawn(
                Call.program, ["berth-runtime"] + container.arguments(arguments), ["PATH=/usr/bin:/bin"])
            usleep(UInt32(attempt) * 30_000)
            kill(begun, SIGKILL)
            var status: CInt = 0
            waitpid(begun, &status, 0)
            #expect(try container.call("delete", "--force", container.id).code == 0)
            #expect(file(unit, "cgroup.procs") ?? "" == "")
        }
    }

    @Test("A unit that is somebody else's is an error, and stays as it is")
    func taken() throws {
        let (container, unit) = try container("sleep 1000")
        let other = try spawn("/bin/busybox", ["busybox", "sleep", "1000"])
        defer {
            kill(other, SIGKILL)
            waitpid(other, nil, 0)
        }
        let scope = try SystemdScope(path: "berthtest-a.slice::\(unit.dropLast(".scope".count))", id: "x")
        try scope.start(around: other, description: "a test's", [])
        let call = try container.call("--systemd-cgroup", "run", "--bundle", container.bundle, container.id)
        #expect(call.code == 1)
        #expect(call.error.contains("has processes in it"))
        #expect(file(unit, "cgroup.procs") == "\(other)")
        try scope.stop()
    }
}
