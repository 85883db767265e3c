// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import Sandbox
import Seccomp
import Testing

/// What a container may do: filters, capabilities in all combinations with them, and `privileged`.
@Suite(.enabled(if: isRoot, "needs root: makes namespaces and mounts"))
struct PrivilegeTests {
    private static let standard = "00000000a80425fb"
    private static let none = "0000000000000000"

    @Test(
        "A filter is in force, whoever runs, and loading it leaves no capability behind", arguments: [0, 1000],
        [false, true])
    func loadsFilter(user: UInt32, noNewPrivileges: Bool) throws {
        let fixture = try LaunchFixture()
        var spec = fixture.spec("grep -E '^(CapPrm|CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status")
        spec.user = ContainerUser(id: user, groupID: user)
        spec.noNewPrivileges = noNewPrivileges
        spec.seccomp = try SeccompCache().program(for: .runtimeDefault, capabilities: spec.capabilities.rawValue)?.bytes
        let held = user == 0 ? Self.standard : Self.none
        #expect(
            try fixture.run(spec).lines == [
                "CapPrm:\t\(held)", "CapEff:\t\(held)", "CapBnd:\t\(Self.standard)",
                "NoNewPrivs:\t\(noNewPrivileges ? 1 : 0)", "Seccomp:\t2",
            ])
    }

    @Test("A profile need not allow what a start does before it is loaded", arguments: [false, true])
    func loadsStrictFilter(noNewPrivileges: Bool) throws {
        let fixture = try LaunchFixture()
        let calls = [
            "capset", "capget", "prctl", "setuid", "setresuid", "setresgid", "setgroups", "close_range", "seccomp",
            "mount", "chdir", "pivot_root", "openat2",
        ]
        let profile = SeccompProfile(defaultAction: .allow, rules: [.init(calls, .errno(UInt16(EACCES)))])
        var spec = fixture.spec("")
        spec.arguments = ["true"]
        spec.noNewPrivileges = noNewPrivileges
        spec.user = ContainerUser(id: 1000, groupID: 1000)
        spec.seccomp = try profile.compile(capabilities: spec.capabilities.rawValue).bytes
        #expect(try fixture.run(spec).status == .exited(code: 0))
    }

    @Test("A profile that refuses execve ends the start with its own answer")
    func tellsRefusedExecve() throws {
        let fixture = try LaunchFixture()
        let profile = SeccompProfile(defaultAction: .allow, rules: [.init(["execve"], .errno(UInt16(EPERM)))])
        var spec = fixture.spec("true")
        spec.seccomp = try profile.compile(capabilities: 0).bytes
        let error = #expect(throws: LaunchError.self) { _ = try fixture.run(spec) }
        #expect(error == LaunchError(step: .execute, object: "sh", errno: Errno(EPERM)))
    }

    @Test("A filter of no or half instructions ends the start; it is never taken for none", arguments: [0, 4, 12])
    func refusesBrokenFilter(bytes: Int) throws {
        let fixture = try LaunchFixture()
        var spec = fixture.spec("true")
        spec.seccomp = [UInt8](repeating: 0, count: bytes)
        let error = #expect(throws: LaunchError.self) { _ = try fixture.run(spec) }
        #expect(error?.step == .loadSeccomp)
    }

    @Test("Privileged: every capability, the host's devices, no masks, /sys for writing")
    func privileged() throws {
        let fixture = try LaunchFixture()
        var spec = fixture.spec(
            """
            grep CapEff /proc/self/status; grep -c . /proc/timer_list >/dev/null && echo unmasked
            grep -E ' /sys | /proc/sys ' /proc/self/mounts | cut -d' ' -f2,4
            for node in null zero loop-control kmsg; do test -e /dev/$node && echo $node; done
            """)
        spec.privileged = true
        spec.capabilities = .available
        let result = try fixture.run(spec)
        let lines = result.lines
        let held = String(CapabilitySet.available.rawValue, radix: 16)
        #expect(lines.first?.hasSuffix("0" + held) == true)
        if access("/proc/timer_list", R_OK) == 0 { #expect(lines.contains("unmasked")) }
        #expect(lines.contains { $0.hasPrefix("/sys rw") })
        #expect(!lines.contains { $0.hasPrefix("/proc/sys") })
        for node in ["null", "zero", "loop-control", "kmsg"] where access("/dev/\(node)", F_OK) == 0 {
            #expect(lines.contains(node))
        }
    }

    @Test("A privileged container may write to /sys, though another of its pod that may not was first")
    func sharedSysIsNotReadOnly() throws {
        let fixture = try LaunchFixture()
        let namespaces = try UserNamespace.make(
            mapping: UserMapping(hostStart: 200_000, count: 65_536), hostname: "mapped")
        // While one runs, the file system of the network namespace stays; its mount is read-only, it is not.
        var first = fixture.spec("sleep 60")
        (first.joinedNamespaces, first.inUserNamespace, first.namespaces) = (namespaces.descriptors, true, [.cgroup])
        let running = try first.launch(in: .writeTasks([]))
        var second = fixture.spec("grep ' /sys ' /proc/self/mounts")
        (second.joinedNamespaces, second.inUserNamespace, second.namespaces) = (namespaces.descriptors, true, [.cgroup])
        second.privileged = true
        let result = try fixture.run(second)
        try running.send(signal: SIGKILL)
        _ = try running.wait()
        #expect(result.output.hasPrefix("sysfs /sys sysfs rw,"))
    }
}
