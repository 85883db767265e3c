// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import Testing

@testable import ContainerRuntime

@Suite("A process of a file", .serialized, .enabled(if: getuid() == 0, "needs root: makes namespaces and cgroups"))
struct ProcessFileTests {
    @Test("All of it is applied")
    func everything() throws {
        let fixture = try ExecFixture()
        let call = try fixture.run(
            process: """
                "cwd": "/tmp", "env": ["PATH=/bin", "X=y"], "noNewPrivileges": true, "oomScoreAdj": 500,
                "user": {"uid": 1000, "gid": 1001, "umask": 23, "additionalGids": [4, 5]},
                "rlimits": [{"type": "RLIMIT_NOFILE", "soft": 50, "hard": 60}, {"type": "RLIMIT_CORE", "soft": 0, "hard": 0}],
                "scheduler": {"policy": "SCHED_BATCH", "nice": 3}, "execCPUAffinity": {"initial": "0", "final": "0"},
                "ioPriority": {"class": "IOPRIO_CLASS_BE", "priority": 6},
                "capabilities": {"bounding": ["CAP_CHOWN", "CAP_KILL"], "permitted": ["CAP_CHOWN"],
                  "effective": ["CAP_CHOWN"], "inheritable": ["CAP_CHOWN"], "ambient": ["CAP_CHOWN"]}
                """,
            """
            pwd; echo $X $A $HOME; id -u; id -g; id -G; umask; cat /proc/self/oom_score_adj; ulimit -n; ulimit -Hn
            cut -d ' ' -f 19,41 /proc/self/stat; ionice; grep Cpus_allowed_list /proc/self/status | cut -f 2; grep -E '^(Cap|NoNew)' /proc/self/status | cut -f 2
            """)
        let expected = [
            "/tmp", "y /home/user", "1000", "1001", "1001 4 5", "0027", "500", "50", "60", "3 3", "best-effort: prio 6",
            "0",
            "0000000000000001", "0000000000000001", "0000000000000001", "0000000000000021", "0000000000000001", "1",
        ]
        #expect(call.output.split(separator: "\n").map(String.init) == expected, "\(call.error)")
    }

    @Test("What it leaves open is the container's")
    func inherited() throws {
        let fixture = try ExecFixture(
            process: """
                , "capabilities": {"bounding": ["CAP_CHOWN"], "permitted": ["CAP_CHOWN"], "effective": ["CAP_CHOWN"]},
                "rlimits": [{"type": "RLIMIT_NOFILE", "soft": 40, "hard": 40}], "oomScoreAdj": 321
                """)
        let call = try fixture.run(
            process: "\"cwd\": \"/\", \"env\": [\"PATH=/bin\"]",
            "ulimit -n; cat /proc/self/oom_score_adj; grep CapBnd /proc/self/status | cut -f 2")
        #expect(call.output == "40\n321\n0000000000000001\n", "\(call.error)")
    }

    @Test("The personality is the configuration's", arguments: [("LINUX", false), ("LINUX32", true)])
    func personality(_ domain: String, _ isOld: Bool) throws {
        let fixture = try ExecFixture(linux: ", \"personality\": {\"domain\": \"\(domain)\"}")
        let machine = try fixture.run("uname -m").output
        #expect(["i686\n", "armv8l\n"].contains(machine) == isOld, "\(machine)")
    }

    @Test("A hard limit above our own is an error where it can't be had, not a lower one")
    func limit() throws {
        let fixture = try ExecFixture()
        var own = rlimit()
        try #require(getrlimit(__rlimit_resource_t(7), &own) == 0)
        // The kernel's ceiling for open files is the same for everybody.
        let call = try fixture.run(
            process: """
                "cwd": "/", "env": ["PATH=/bin"],
                "rlimits": [{"type": "RLIMIT_NOFILE", "soft": 10, "hard": 9223372036854775807}]
                """, "true")
        #expect(call.code == 255)
        #expect(call.error == "berth-runtime: setrlimit RLIMIT_NOFILE: Operation not permitted\n")
    }

    @Test(
        "What this kernel doesn't have is refused by its path",
        arguments: [("\"selinuxLabel\": \"a:b:c:d\"", "process.selinuxLabel"), ("\"cwd\": \"tmp\"", "process.cwd")])
    func refused(_ member: String, _ path: String) throws {
        let fixture = try ExecFixture()
        let cwd = member.contains("cwd") ? "" : "\"cwd\": \"/\", "
        let call = try fixture.run(process: cwd + member, "true")
        #expect(call.code == 255 && call.error.contains(path), "\(call.error)")
    }

    @Test("Lists of CPUs as masks of whole words")
    func cpus() throws {
        #expect(try CPUList.mask("0-3,7", "x") == [0x8f, 0, 0, 0, 0, 0, 0, 0])
        #expect(try CPUList.mask("64", "x") == [UInt8](repeating: 0, count: 8) + [1, 0, 0, 0, 0, 0, 0, 0])
        for bad in ["", "a", "3-1", "1-", "-1", "1,,2", "99999"] {
            #expect(throws: RuntimeError.self) { _ = try CPUList.mask(bad, "x") }
        }
    }
}
