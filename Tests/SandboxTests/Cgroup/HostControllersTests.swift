// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Sandbox

struct HostControllersTests {
    struct Host: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var mountInfo: String
        var membership = "0::/\n"
        /// `cgroup.controllers` of the v2 mounts.
        var unified: [String] = []
        var memory: HostControllers.Home?
        var pids: HostControllers.Home?
        var cpu: HostControllers.Home?
        var cpuAccounting: HostControllers.Home?
        var devices: HostControllers.Home?
        var hugePages: HostControllers.Home?
        var hasHugePages = false

        func controllers() -> HostControllers {
            var mounts = CgroupMount.parse(mountInfo: mountInfo)
            for index in mounts.indices where mounts[index].version == .v2 { mounts[index].controllers = unified }
            return HostControllers(mounts: mounts, membership: membership, hasHugePages: hasHugePages)
        }

        func expected(_ controller: CgroupController) -> HostControllers.Home? {
            switch controller {
            case .memory: memory
            case .pids: pids
            case .cpu: cpu
            case .cpuAccounting: cpuAccounting
            case .devices: devices
            case .hugetlb: hugePages
            }
        }
    }

    private static let root = "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"
    private static let v2 = HostControllers.Home.v2(mountPoint: "/sys/fs/cgroup")

    private static func v1(_ name: String) -> HostControllers.Home { .v1(mountPoint: "/sys/fs/cgroup/\(name)") }

    static let hosts = [
        Host(
            testDescription: "systemd, cgroup v2",
            mountInfo: root + """
                24 22 0:22 / /sys rw,nosuid,nodev,noexec,relatime shared:7 - sysfs sysfs rw
                29 24 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot

                """,
            membership: "0::/user.slice/user-0.slice/session-1.scope\n",
            unified: ["cpuset", "cpu", "io", "memory", "hugetlb", "pids", "rdma", "misc"],
            memory: v2, pids: v2, cpu: v2, cpuAccounting: v2, devices: v2, hugePages: v2, hasHugePages: true),
        Host(
            testDescription: "each v1 controller by itself, v2 beside them with hugetlb",
            mountInfo: root + """
                31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
                32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu
                33 31 0:30 / /sys/fs/cgroup/cpuacct rw,relatime - cgroup cgroup rw,cpuacct
                35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
                36 31 0:33 / /sys/fs/cgroup/devices rw,relatime - cgroup cgroup rw,devices
                39 31 0:36 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids
                40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
                41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw

                """,
            membership: "9:name=systemd:/\n8:pids:/\n5:devices:/\n4:memory:/a\n2:cpuacct:/\n1:cpu:/\n0::/\n",
            unified: ["hugetlb"],
            memory: v1("memory"), pids: v1("pids"), cpu: v1("cpu"), cpuAccounting: v1("cpuacct"), devices: v1("devices")
        ),
        Host(
            testDescription: "systemd, cgroup v1 with cpu and cpuacct together",
            mountInfo: root + """
                25 24 0:22 / /sys/fs/cgroup ro,nosuid,nodev,noexec shared:9 - tmpfs tmpfs ro,mode=755
                26 25 0:23 / /sys/fs/cgroup/systemd rw,nosuid shared:10 - cgroup cgroup rw,xattr,release_agent=/lib/systemd/systemd-cgroups-agent,name=systemd
                30 25 0:27 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:14 - cgroup cgroup rw,cpu,cpuacct
                31 25 0:28 / /sys/fs/cgroup/memory rw,nosuid shared:15 - cgroup cgroup rw,memory
                32 25 0:29 / /sys/fs/cgroup/pids rw,nosuid shared:16 - cgroup cgroup rw,pids
                33 25 0:30 / /sys/fs/cgroup/devices rw,nosuid shared:17 - cgroup cgroup rw,devices

                """,
            membership: "5:devices:/\n4:pids:/\n3:memory:/\n2:cpu,cpuacct:/\n1:name=systemd:/\n",
            memory: v1("memory"), pids: v1("pids"), cpu: v1("cpu,cpuacct"), cpuAccounting: v1("cpu,cpuacct"),
            devices: v1("devices")),
        Host(
            testDescription: "memory on v2, pids on v1: devices and CPU time go with v2, cpu is nowhere",
            mountInfo: root + """
                32 31 0:29 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids
                36 31 0:33 / /sys/fs/cgroup/devices rw - cgroup cgroup rw,devices
                41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw

                """,
            unified: ["memory"],
            memory: .v2(mountPoint: "/sys/fs/cgroup/unified"), pids: v1("pids"),
            cpuAccounting: .v2(mountPoint: "/sys/fs/cgroup/unified"), devices: .v2(mountPoint: "/sys/fs/cgroup/unified")
        ),
        Host(
            testDescription: "an escaped path, a partial mount before a whole one, and a line of rubbish",
            mountInfo: """
                rubbish
                50 1 0:40 /docker/1 /my\\040cgroups/part rw - cgroup cgroup rw,memory
                51 1 0:40 / /my\\040cgroups/all rw - cgroup cgroup rw,memory

                """,
            memory: .v1(mountPoint: "/my cgroups/all")),
        Host(
            testDescription: "a v1 mount hidden by a v2 mount over it",
            mountInfo: root + """
                25 24 0:22 / /sys/fs/cgroup rw - tmpfs tmpfs rw
                31 25 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
                29 24 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw

                """,
            unified: ["memory"], memory: v2, cpuAccounting: v2, devices: v2),
        Host(testDescription: "nothing mounted", mountInfo: root, membership: ""),
    ]

    @Test("Each controller is found where the host has it", arguments: hosts, CgroupController.allCases)
    func homes(_ host: Host, _ controller: CgroupController) {
        let found = host.controllers()[controller]
        if let expected = host.expected(controller) {
            #expect(found == expected)
        } else if case .absent = found {
        } else {
            Issue.record("\(controller) should be absent, is \(found)")
        }
    }

    @Test(
        "An absent controller comes with what to do",
        arguments: [
            ("", "", "mount -t cgroup2 cgroup2 /sys/fs/cgroup"),
            (
                "31 25 0:28 / /sys/fs/cgroup/memory ro - cgroup cgroup ro,memory\n", "4:memory:/\n",
                "mount -o remount,rw /sys/fs/cgroup/memory"
            ),
            (
                "32 25 0:29 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n", "4:memory:/\n3:pids:/\n",
                "mount -t cgroup -o memory cgroup /sys/fs/cgroup/memory"
            ),
            ("32 25 0:29 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n", "3:pids:/\n", "cgroup_disable="),
            ("29 24 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", "0::/\n", "cgroup.subtree_control"),
        ])
    func advice(_ mountInfo: String, _ membership: String, _ words: String) {
        let host = Host(testDescription: "", mountInfo: mountInfo, membership: membership).controllers()
        #expect(host[.memory].description.contains(words))
    }

    @Test("A limit that no controller keeps is refused before anything is made")
    func missingControllers() {
        let bare = HostControllers(mounts: [], membership: "", hasHugePages: true)
        var unlimited = CgroupLimits()
        unlimited.allDevices = true
        #expect(throws: Never.self) { try unlimited.check(against: bare) }
        let changes: [(CgroupController, (inout CgroupLimits) -> Void)] = [
            (.memory, { $0.memoryMax = 1 << 20 }), (.memory, { $0.memoryLow = 1 }), (.pids, { $0.pidsMax = 1 }),
            (.cpu, { $0.cpuMillicores = 1 }), (.cpu, { $0.cpuShares = 2 }), (.devices, { $0.allDevices = false }),
            (.hugetlb, { $0.hugePages = [HugePageLimit(pageBytes: 2 << 20, maxBytes: 2 << 20)] }),
        ]
        for (controller, change) in changes {
            var limits = unlimited
            change(&limits)
            #expect {
                try limits.check(against: bare)
            } throws: { error in
                if case .controllerMissing(controller, _, _) = error as? CgroupError { true } else { false }
            }
        }
    }

    @Test("memory.min is refused on cgroup v1")
    func versionTwoOnly() {
        var limits = CgroupLimits()
        limits.memoryMin = 1 << 20
        #expect(throws: CgroupError.versionTwoOnly(limit: "memory.min")) {
            try limits.check(against: Self.hosts[1].controllers())
        }
    }
}

struct LimitValuesTests {
    @Test(
        "Shares become the weight of the newer formula",
        arguments: [
            (2, 1), (3, 2), (102, 17), (512, 59), (1024, 100), (2048, 174), (10_240, 639), (262_143, 10_000),
            (262_144, 10_000),
        ] as [(UInt64, UInt64)])
    func weights(_ shares: UInt64, _ weight: UInt64) {
        #expect(CPUWeight.weight(shares: shares) == weight)
    }

    @Test(
        "A CPU limit is a quota of at least a millisecond in 100",
        arguments: [
            (1, 1000), (10, 1000), (11, 1100), (500, 50_000), (2000, 200_000),
        ] as [(Int64, Int64)])
    func quotas(_ millicores: Int64, _ quota: Int64) {
        #expect(CPUQuota.microseconds(millicores: millicores) == quota)
    }

    @Test(
        "A memory limit may lose less than a page",
        arguments: [
            ("8192", 8192, true), ("8192", 8193, true), ("8192", 12_288, false), ("12288", 8193, false),
            ("max", 8192, false), ("max", .max, true), ("9223372036854771712", .max, true), ("", 1, false),
        ] as [(String, Int64, Bool)])
    func rounding(_ held: String, _ bytes: Int64, _ accepted: Bool) {
        #expect(PageRounding.matches(held, bytes) == accepted)
    }

    @Test("The device program ends with a refusal and allows as often as there are rules, and mknod")
    func deviceProgram() {
        let allow: UInt64 = 0xb7 | 1 << 32
        let code = DeviceProgram().instructions
        #expect(code.filter { $0 == allow }.count == DeviceRules.standard.count + 1)
        #expect(code.suffix(2) == [0xb7, 0x95])
    }
}
