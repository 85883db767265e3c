// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import Sandbox
import Testing

/// What a container meets, told by the container itself.
@Suite(.enabled(if: isRoot, "needs root: makes namespaces and mounts"))
struct IsolationTests {
    @Test("It is PID 1 and sees no other process")
    func hasOwnProcesses() throws {
        let fixture = try LaunchFixture()
        let result = try fixture.run("echo $$; ls /proc | grep -c '^[0-9]'")
        #expect(result.lines.first == "1")
        #expect(result.lines.last.flatMap { Int($0) }.map { $0 <= 4 } == true)
    }

    @Test("It has its own host name, and loopback alone, which is up")
    func hasOwnNetwork() throws {
        let fixture = try LaunchFixture()
        let result = try fixture.run("hostname; ls /sys/class/net; ip -o link show lo")
        #expect(result.lines.prefix(2) == ["pod", "lo"])
        #expect(result.output.contains("LOOPBACK,UP"))
    }

    @Test("Nothing above standard error is open")
    func inheritsNoDescriptors() throws {
        let fixture = try LaunchFixture()
        let extra = clinux_openat(AT_FDCWD, "/etc", O_RDONLY, 0)  // without O_CLOEXEC, on purpose
        defer { close(extra) }
        // ls itself has its directory open.
        #expect(try fixture.run("ls /proc/self/fd").lines == ["0", "1", "2", "3"])
    }

    @Test(
        "Root has exactly the capabilities asked for",
        arguments: [CapabilitySet.standard, [], CapabilitySet(rawValue: 1 << 5)])
    func rootCapabilities(set: CapabilitySet) throws {
        let fixture = try LaunchFixture()
        var spec = fixture.spec("grep ^Cap /proc/self/status")
        spec.capabilities = set
        let wanted = hexadecimal(set.rawValue)
        let zero = hexadecimal(0)
        #expect(
            try fixture.run(spec).lines == [
                "CapInh:\t\(zero)", "CapPrm:\t\(wanted)", "CapEff:\t\(wanted)", "CapBnd:\t\(wanted)",
                "CapAmb:\t\(zero)",
            ])
    }

    @Test("Another user has the bounding set alone, and its own ids and groups")
    func userCapabilities() throws {
        let fixture = try LaunchFixture()
        var spec = fixture.spec("grep -E '^(Cap|Uid|Gid|Groups|NoNewPrivs)' /proc/self/status")
        spec.user = ContainerUser(id: 1000, groupID: 2000, additionalGroupIDs: [3000, 3001])
        spec.noNewPrivileges = true
        let wanted = hexadecimal(CapabilitySet.standard.rawValue)
        let zero = hexadecimal(0)
        #expect(
            try fixture.run(spec).lines == [
                "Uid:\t1000\t1000\t1000\t1000", "Gid:\t2000\t2000\t2000\t2000", "Groups:\t3000 3001 ",
                "CapInh:\t\(zero)", "CapPrm:\t\(zero)", "CapEff:\t\(zero)", "CapBnd:\t\(wanted)", "CapAmb:\t\(zero)",
                "NoNewPrivs:\t1",
            ])
    }

    @Test("The caller's own groups do not stay, when none are asked for")
    func dropsGroups() throws {
        let fixture = try LaunchFixture()
        #expect(try fixture.run("grep ^Groups /proc/self/status").lines == ["Groups:\t "])
    }

    @Test("A capability that the host lacks ends the start")
    func refusesMissingCapability() throws {
        let fixture = try LaunchFixture()
        var spec = fixture.spec("true")
        spec.capabilities = CapabilitySet(rawValue: 1 << 62)
        let error = #expect(throws: LaunchError.self) { _ = try fixture.run(spec) }
        #expect(error?.step == .setCapabilities)
    }

    @Test(
        "The paths that tell of the host are masked, and cannot be written",
        arguments: ["kcore", "keys", "timer_list", "interrupts"])
    func masksFiles(name: String) throws {
        let fixture = try LaunchFixture()
        // A kernel need not have each of them.
        let script = "test -e /proc/\(name) || { echo 0; exit; }; cat /proc/\(name) | wc -c"
        #expect(try fixture.run(script).output == "0\n")
    }

    @Test(
        "Kernel settings are read-only",
        arguments: [
            "/proc/sys/kernel/hostname", "/proc/sysrq-trigger", "/proc/irq/default_smp_affinity",
            "/sys/kernel/uevent_helper",
        ])
    func settingsAreReadOnly(path: String) throws {
        let fixture = try LaunchFixture()
        // Opened for writing only: without the feature this must do the machine no harm.
        let result = try fixture.run("test -e \(path) || exit 9; : >> \(path)")
        #expect(result.status == .exited(code: 9) || result.output.contains("Read-only file system"))
    }

    @Test("A device node that it makes cannot be opened")
    func refusesDevices() throws {
        let fixture = try LaunchFixture()
        let result = try fixture.run("mknod /tmp/zero c 1 5 && head -c 1 /tmp/zero; head -c 1 /dev/zero | wc -c")
        #expect(result.output.contains("Permission denied"))
        #expect(result.lines.last == "1")
    }

    @Test(
        "Directories that tell of the host are empty and read-only",
        arguments: ["/proc/acpi", "/proc/scsi", "/sys/firmware"])
    func masksDirectories(path: String) throws {
        let fixture = try LaunchFixture()
        let result = try fixture.run("test -d \(path) || exit 9; ls -A \(path) | wc -l; touch \(path)/x")
        guard result.status != .exited(code: 9) else { return }  // not in this kernel
        #expect(result.lines.first == "0")
        #expect(result.output.contains("Read-only file system"))
    }

    @Test("/dev has the standard nodes and links, and nothing else of the host")
    func hasStandardDevices() throws {
        let fixture = try LaunchFixture()
        let names = [
            "fd", "full", "mqueue", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin", "stdout", "tty",
            "urandom", "zero",
        ]
        #expect(try fixture.run("ls /dev").lines == names)
        #expect(
            try fixture.run(
                "stat -c '%t:%T %a' /dev/null /dev/tty; readlink /dev/ptmx; test -c /dev/ptmx && echo terminal"
            ).lines == ["1:3 666", "5:0 666", "pts/ptmx", "terminal"])
    }

    @Test("Every file system in memory has a size and a number of files that are bounded")
    func boundsMemory() throws {
        let fixture = try LaunchFixture()
        var spec = fixture.spec(
            "df -k /dev /dev/shm | tr -s ' ' | cut -d' ' -f2; df -i /dev /dev/shm | tr -s ' ' | cut -d' ' -f2")
        spec.sharedMemory = .fresh(sizeBytes: 2 << 20)
        #expect(try fixture.run(spec).lines == ["1K-blocks", "64", "2048", "Inodes", "64", "65536"])
    }

    @Test("Mounts other than /dev and its terminals have no devices, the kernel's file systems no programs")
    func mountFlags() throws {
        let fixture = try LaunchFixture()
        for line in try fixture.run("cat /proc/self/mounts").lines {
            let words = line.split(separator: " ")
            let flags = words[3].split(separator: ",")
            if words[1] == "/sys" { #expect(flags.first == "ro", "\(line)") }
            if !["/dev", "/dev/pts"].contains(words[1]), !words[1].hasPrefix("/proc/") {
                #expect(flags.contains("nodev"), "\(line)")
            }
            if ["proc", "sysfs", "mqueue"].contains(words[2]) {
                #expect(flags.contains("noexec") && flags.contains("nosuid"), "\(line)")
            }
            #expect(!line.contains(fixture.directory), "a path of the host is told")
        }
    }

    @Test("Standard streams are never a directory")
    func refusesDirectoryStream() throws {
        let fixture = try LaunchFixture()
        let directory = try OwnedDescriptor.open("/", O_RDONLY | O_DIRECTORY)
        var spec = fixture.spec("true")
        spec.standardInput = directory.rawValue
        let error = #expect(throws: LaunchError.self) { _ = try fixture.run(spec) }
        #expect(error?.step == .setStreams)
    }

    @Test("Priority and domain name are not the caller's, the OOM score is as asked for")
    func inheritsNoAttributes() throws {
        let fixture = try LaunchFixture()
        try #require(setpriority(PRIO_PROCESS, 0, 3) == 0)  // of this thread, on Linux
        defer { _ = setpriority(PRIO_PROCESS, 0, 0) }
        var spec = fixture.spec(
            "cut -d' ' -f19 /proc/self/stat; cat /proc/sys/kernel/domainname; cat /proc/self/oom_score_adj")
        spec.oomScoreAdjustment = 1000
        #expect(try fixture.run(spec).lines == ["0", "(none)", "1000"])
    }

    @Test("Layers may have any path and be many; the upper ones win")
    func stacksLayers() throws {
        let fixture = try LaunchFixture()
        let odd = "\(fixture.directory)/a:b,c\\d" + String(repeating: "x", count: 120)
        try #require(mkdir(odd, 0o755) == 0)
        var layers: [String] = []
        for number in 0..<60 {
            layers.append("\(odd)/\(number)")
            try #require(mkdir(layers[number], 0o755) == 0)
            try fixture.write(Array("\(number)\n".utf8), to: "\(layers[number])/top")
            try fixture.write([], to: "\(layers[number])/of\(number)")
        }
        var spec = fixture.spec("cat /top; ls -d /of* | wc -l")
        spec.root.layers = layers + [fixture.image]
        #expect(try fixture.run(spec).lines == ["0", "60"])
    }

    @Test("The root has the mode and owner that the image's root has")
    func keepsRootAttributes() throws {
        let fixture = try LaunchFixture()
        try #require(chown(fixture.image, 12, 34) == 0 && chmod(fixture.image, 0o751) == 0)
        #expect(try fixture.run("stat -c '%u %g %a' /").output == "12 34 751\n")
    }

    @Test("It cannot mount, and nothing that it sees is shared with the host")
    func cannotMount() throws {
        let fixture = try LaunchFixture()
        let result = try fixture.run("mount -t tmpfs x /tmp; grep -c shared: /proc/self/mountinfo")
        #expect(result.output.contains("ermission denied") || result.output.contains("not permitted"))
        #expect(result.lines.last == "0")
    }

    @Test("Only its own mounts are in its table, and the host's table is as before")
    func leavesNoMount() throws {
        let fixture = try LaunchFixture()
        let before = try hostMounts()
        let result = try fixture.run(
            "grep -c . /proc/self/mounts; grep -c \(fixture.directory) /proc/self/mounts; cat /proc/1/mounts")
        #expect(!result.output.contains("/work"))
        #expect(try hostMounts() == before)
    }

    @Test("What it writes goes with it; a read-only root takes nothing")
    func rootIsThrownAway() throws {
        let fixture = try LaunchFixture()
        #expect(try fixture.run("echo x > /new && cat /new").output == "x\n")
        #expect(access("\(fixture.image)/new", F_OK) == -1)
        var spec = fixture.spec("echo x > /new")
        spec.root.readOnly = true
        #expect(try fixture.run(spec).output.contains("Read-only file system"))
    }

    @Test("The upper layer is bounded")
    func upperIsBounded() throws {
        let fixture = try LaunchFixture()
        var spec = fixture.spec("dd if=/dev/zero of=/big bs=1M count=8 2>&1")
        spec.root.upperSizeBytes = 4 << 20
        #expect(try fixture.run(spec).output.contains("No space left on device"))
    }

    @Test("/dev, /proc and /sys of an image must be directories", arguments: ["dev", "proc", "sys"])
    func refusesLinkedMountPoints(name: String) throws {
        let fixture = try LaunchFixture()
        try #require(symlink("/tmp", "\(fixture.image)/\(name)") == 0)
        let error = #expect(throws: LaunchError.self) { _ = try fixture.run("true") }
        #expect(error?.errno == Errno(ENOTDIR))
        #expect(error?.object == name)
    }

    @Test("The process starts clean: session, umask, signals, core limit, directory")
    func processIsClean() throws {
        let fixture = try LaunchFixture()
        // Ignored signals stay so over execve: this one is the parent's.
        signal(SIGUSR2, unsafeBitCast(1, to: (@convention(c) (CInt) -> Void).self))
        defer { signal(SIGUSR2, nil) }
        let result = try fixture.run("umask; ulimit -c; ulimit -n; pwd")
        #expect(result.lines.prefix(3) == ["0022", "0", "1024"])
        #expect(result.lines.last == "/")
        var spec = fixture.spec("")
        spec.arguments = ["grep", "-E", "^Sig(Blk|Ign|Cgt)", "/proc/self/status"]
        let zero = hexadecimal(0)
        #expect(try fixture.run(spec).lines == ["SigBlk:\t\(zero)", "SigIgn:\t\(zero)", "SigCgt:\t\(zero)"])
    }

    @Test("A working directory that is missing is made")
    func workingDirectory() throws {
        let fixture = try LaunchFixture()
        var spec = fixture.spec("pwd")
        spec.workingDirectory = "/made/for/it"
        #expect(try fixture.run(spec).output == "/made/for/it\n")
    }

    @Test("/proc/self/exe of the container is a file of its image")
    func ownExecutable() throws {
        let fixture = try LaunchFixture()
        #expect(try fixture.run("readlink /proc/1/exe").output == "/bin/busybox\n")
    }

    private func hexadecimal(_ bits: UInt64) -> String {
        let text = String(bits, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }

    private func hostMounts() throws -> String {
        String(
            decoding: try OwnedDescriptor.open("/proc/self/mountinfo", O_RDONLY).readAll(limit: 1 << 20), as: UTF8.self)
    }
}
