// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing

/// The configuration with the value at a path replaced; nil takes the member away.
func changed(_ value: JSONValue, _ path: [String], to replacement: JSONValue?) -> JSONValue {
    guard let first = path.first else { return replacement ?? .null }
    let rest = Array(path.dropFirst())
    switch value {
    case .array(var elements):
        elements[Int(first)!] = changed(elements[Int(first)!], rest, to: replacement)
        return .array(elements)
    case .object(var members):
        let old = members.first { $0.name == first }?.value
        members.removeAll { $0.name == first }
        if !rest.isEmpty || replacement != nil {
            members.append(JSONMember(first, changed(old ?? [:], rest, to: replacement)))
        }
        return .object(members)
    default: return changed([:], path, to: replacement)
    }
}

@Suite("config.json")
struct ContainerConfigTests {
    let config: ContainerConfig

    init() throws { config = try ContainerConfig(json: Array(fullConfig.utf8)) }

    @Test("The process is read with all that it has")
    func process() throws {
        let process = try #require(config.process)
        #expect(process.terminal && process.consoleSize?.height == 24 && process.consoleSize?.width == 80)
        #expect(process.user.uid == 1 && process.user.gid == 2 && process.user.umask == 0o77)
        #expect(process.user.additionalGids == [5, 6])
        #expect(process.args == ["sh", "-c", "true"] && process.env == ["PATH=/bin", "A="] && process.cwd == "/tmp")
        let capabilities = try #require(process.capabilities)
        #expect(capabilities.effective == ["CAP_CHOWN"] && capabilities.bounding == ["CAP_CHOWN", "CAP_KILL"])
        #expect(capabilities.inheritable == ["CAP_KILL"] && capabilities.permitted == ["CAP_CHOWN", "CAP_SETUID"])
        #expect(capabilities.ambient == ["CAP_SETGID"])
        #expect(process.rlimits.map(\.type) == [.openFiles, .core] && process.rlimits[0].hard == .max)
        #expect(process.noNewPrivileges && process.apparmorProfile == "p" && process.selinuxLabel == "a:b:c")
        #expect(process.oomScoreAdj == -500)
        #expect(process.scheduler?.policy == .deadline && process.scheduler?.flags == [.resetOnFork])
        #expect(process.scheduler?.runtime == 1_000_000 && process.scheduler?.period == 3_000_000)
        #expect(process.ioPriority?.class == .bestEffort && process.ioPriority?.priority == 4)
        #expect(process.execCPUAffinity?.initial == "0-3,7" && process.execCPUAffinity?.finally == "1")
    }

    @Test("Root, names, mounts, hooks and annotations are read")
    func top() {
        #expect(config.root.path == "rootfs" && config.root.readonly)
        #expect(config.hostname == "h" && config.domainname == "d")
        #expect(config.mounts.map(\.destination) == ["/proc", "/data"])
        #expect(config.mounts[1].options == ["rbind", "idmap"] && config.mounts[1].uidMappings[0].hostID == 1000)
        #expect(
            Hooks.Stage.allCases.map { stage in config.hooks[stage].map(\.path) }
                == [["/p"], ["/a", "/b"], ["/c"], ["/d"], ["/e"], ["/f"]])
        let hook = config.hooks.createRuntime[0]
        #expect(hook.args == ["a", "b"] && hook.env == ["K=V"] && hook.timeout == 5)
        #expect(config.annotations == ["com.example.key": "value"])
    }

    @Test("The part about Linux is read")
    func linux() {
        let linux = config.linux
        #expect(linux.namespaces.map(\.type) == LinuxNamespace.Kind.allCases)
        #expect(linux.namespace(.network)?.path == "/var/run/netns/n" && linux.namespaces[2].path == nil)
        #expect(linux.uidMappings[0].size == .max && linux.gidMappings[0].hostID == 100000)
        #expect(linux.timeOffsets[.monotonic]?.secs == -5 && linux.timeOffsets[.monotonic]?.nanosecs == 7)
        #expect(linux.timeOffsets[.boottime]?.secs == 9)
        #expect(linux.devices[0].fileMode == 0o666 && linux.devices[0].minor == 229 && linux.devices[1].type == .pipe)
        #expect(linux.netDevices["eth0"]?.name == "inside" && linux.netDevices["eth1"]?.name == nil)
        #expect(linux.cgroupsPath == "/a/b" && linux.sysctl == ["net.ipv4.ip_forward": "1"])
        #expect(linux.rootfsPropagation == .slave && linux.maskedPaths == ["/proc/kcore"])
        #expect(linux.readonlyPaths == ["/proc/sys"] && linux.mountLabel?.isEmpty == false)
        #expect(linux.intelRdt?.closID == "guests" && linux.intelRdt?.enableMBM == true)
        #expect(linux.personality?.domain == .linux32)
    }

    @Test("The resources are read")
    func resources() throws {
        let resources = try #require(config.linux.resources)
        #expect(resources.devices.map(\.type) == [.all, .character, .block])
        #expect(resources.devices[2].minor == nil && resources.devices[2].access == "rwm")
        #expect(resources.memory?.swap == -1 && resources.memory?.limit == 536_870_912)
        #expect(resources.memory?.checkBeforeUpdate == true && resources.cpu?.idle == 1 && resources.cpu?.mems == "0-7")
        #expect(resources.pids?.limit == 32771 && resources.blockIO?.throttleWriteIOPSDevice.first?.rate == 603)
        #expect(resources.hugepageLimits[0].limit == 9_223_372_036_854_772_000)
        #expect(resources.network?.classID == 1_048_577 && resources.network?.priorities[0].priority == 500)
        #expect(resources.rdma["mlx5_1"]?.hcaHandles == 3 && resources.rdma["mlx4_0"]?.hcaHandles == nil)
        #expect(resources.unified == ["memory.high": "1073741824"])
    }

    @Test("The filter of system calls is read")
    func seccomp() throws {
        let seccomp = try #require(config.linux.seccomp)
        #expect(seccomp.defaultAction == .errno && seccomp.defaultErrnoRet == 38)
        #expect(seccomp.architectures == [.x86_64, .x32] && seccomp.flags == [.log, .speculationAllowed])
        #expect(seccomp.listenerPath == "/run/listener" && seccomp.listenerMetadata == "m")
        #expect(seccomp.syscalls[1].errnoRet == 1 && seccomp.syscalls[1].args[0].op == .maskedEqual)
        #expect(seccomp.syscalls[1].args[0].value == 2_114_060_288)
    }

    @Test(
        "Versions from 1.0.0 on are read, and 2 isn't",
        arguments: [
            ("1.0.0", true), ("1.0.2-dev", true), ("1.1.0+git", true), ("1.3.0", true), ("1.99.0", true),
            ("0.9.0", false), ("2.0.0", false), ("1.0", false), ("", false), ("one", false), ("1..0", false),
        ])
    func versions(_ version: String, _ accepted: Bool) throws {
        let text = changed(try JSONValue(parsing: Array(fullConfig.utf8)), ["ociVersion"], to: .string(version)).text()
        if accepted {
            _ = try ContainerConfig(json: Array(text.utf8))
        } else {
            let error = try #require(throws: JSONError.self) { try ContainerConfig(json: Array(text.utf8)) }
            #expect(error.place == .path("ociVersion"))
        }
    }

    @Test("What a container needs is little")
    func minimum() throws {
        let config = try ContainerConfig(json: Array(#"{"ociVersion":"1.0.0","root":{"path":"/r"}}"#.utf8))
        #expect(config.process == nil && config.linux.namespaces.isEmpty && !config.root.readonly)
    }

    @Test(
        "A value that can't be is an error that names its path",
        arguments: [
            ("ociVersion", nil), ("root", nil), ("root.path", nil), ("root.path", ""), ("root.readonly", "yes"),
            ("process", []), ("process.args", nil), ("process.args", []), ("process.args.0", 1), ("process.cwd", nil),
            ("process.cwd", "tmp"), ("process.user.uid", -1), ("process.user.umask", 512),
            ("process.rlimits.0.type", "RLIMIT_X"), ("process.rlimits.1.type", "RLIMIT_NOFILE"),
            ("process.rlimits.0.soft", -1), ("process.rlimits.1.soft", 1), ("process.oomScoreAdj", 1001),
            ("process.scheduler.policy", "SCHED_X"), ("process.scheduler.nice", 20), ("process.scheduler.priority", 1),
            ("process.scheduler.policy", "SCHED_OTHER"), ("process.ioPriority.class", "X"),
            ("process.ioPriority.priority", 8), ("process.consoleSize.height", 65536),
            ("mounts.0.destination", ""), ("mounts.0.destination", nil), ("mounts.1.uidMappings", nil),
            ("mounts.1.uidMappings.0.size", 0), ("mounts.0.options", "ro"), ("hooks.prestart.0.path", "p"),
            ("hooks.createRuntime.0.timeout", 0), ("annotations.com", 1), ("linux.namespaces.0.type", "net"),
            ("linux.namespaces.7.type", "ipc"), ("linux.namespaces.1.path", "n"), ("linux.timeOffsets.realtime", [:]),
            ("linux.timeOffsets.boottime.nanosecs", 1_000_000_000), ("linux.devices.0.path", "fuse"),
            ("linux.devices.0.type", "a"), ("linux.devices.0.major", nil), ("linux.devices.0.minor", -1),
            ("linux.devices.0.fileMode", 0o200000), ("linux.resources.devices.0.access", "x"),
            ("linux.resources.devices.0.allow", nil), ("linux.resources.devices.0.major", -2),
            ("linux.resources.memory.limit", "1G"), ("linux.resources.memory.limit", -2),
            ("linux.resources.memory.swappiness", 101), ("linux.resources.cpu.shares", -1),
            ("linux.resources.pids.limit", "max"), ("linux.resources.blockIO.weight", 65536),
            ("linux.resources.blockIO.weightDevice.0.weight", nil),
            ("linux.resources.hugepageLimits.0.pageSize", "2mb"), ("linux.resources.hugepageLimits.0.pageSize", "MB"),
            ("linux.resources.rdma.mlx4_0.hcaObjects", nil), ("linux.resources.unified.a/b", "1"),
            ("linux.resources.unified.memory", 1), ("linux.sysctl.a", 1), ("linux.seccomp.defaultAction", nil),
            ("linux.seccomp.defaultAction", "ALLOW"), ("linux.seccomp.architectures.0", "x86_64"),
            ("linux.seccomp.flags.0", "LOG"), ("linux.seccomp.syscalls.0.names", []),
            ("linux.seccomp.syscalls.0.action", nil), ("linux.seccomp.syscalls.1.args.0.index", 6),
            ("linux.seccomp.syscalls.1.args.0.op", "EQ"), ("linux.seccomp.listenerPath", "l"),
            ("linux.seccomp.listenerPath", nil), ("linux.rootfsPropagation", "X"), ("linux.maskedPaths.0", "p"),
            ("linux.personality.domain", "LINUX64"), ("linux.personality.flags", ["X"]),
            ("linux.intelRdt.closID", "a/b"), ("linux.uidMappings.0.hostID", 1),
        ] as [(String, JSONValue?)])
    func refused(_ path: String, _ value: JSONValue?) throws {
        let parts = path.split(separator: ".").map(String.init)
        let text = changed(try JSONValue(parsing: Array(fullConfig.utf8)), parts, to: value).text()
        let error = try #require(throws: JSONError.self) { try ContainerConfig(json: Array(text.utf8)) }
        guard case .path(let told) = error.place else {
            Issue.record("no path: \(error)")
            return
        }
        // What is wrong together with another member is told at the object that has both, or at the other.
        let words = told.split { ".[]".contains($0) }.map(String.init)
        #expect(words.starts(with: parts.dropLast()), "\(error)")
    }

    @Test("A name without a namespace of its own would be the host's: refused")
    func hostNames() throws {
        let value = changed(
            try JSONValue(parsing: Array(fullConfig.utf8)), ["linux", "namespaces"],
            to: [["type": "user"], ["type": "time"], ["type": "network"]])
        let error = try #require(throws: JSONError.self) { try ContainerConfig(json: Array(value.text().utf8)) }
        #expect(error.place == .path("hostname"))
    }
}

@Suite("The state")
struct StateTests {
    @Test("It is printed as engines read it, and read back")
    func json() throws {
        var state = State(id: "c1", status: .running, pid: 7, bundle: "/b", annotations: ["b": "2", "a": "1"])
        state.rootfs = "/b/rootfs"
        #expect(
            state.json.text()
                == #"{"ociVersion":"1.2.0","id":"c1","status":"running","pid":7,"bundle":"/b","rootfs":"/b/rootfs","#
                + #""annotations":{"a":"1","b":"2"}}"#)
        #expect(try State(json: Array(state.json.text().utf8)).json == state.json)
    }
}
