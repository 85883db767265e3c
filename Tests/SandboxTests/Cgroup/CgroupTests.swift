// SPDX-License-Identifier: Apache-2.0

import CLinux
import Testing

@testable import Linux
@testable import Sandbox

@Suite(.enabled(if: CgroupLane.isAvailable, CgroupLane.reason), .serialized)
struct CgroupTests {
    private static let page = clinux_page_size()

    private func limits(_ change: (inout CgroupLimits) -> Void) -> CgroupLimits {
        var result = CgroupLimits()
        change(&result)
        return result
    }

    // MARK: Limits

    @Test("Each limit is what the kernel holds")
    func limitsAreHeld() throws {
        try CgroupLane.withHierarchy { hierarchy in
            let cgroup = try hierarchy.makeCgroup(
                named: "uid.main.0",
                limits: limits {
                    $0.memoryMax = 20 << 20
                    $0.pidsMax = 77
                    $0.cpuMillicores = 250
                    $0.cpuShares = 1024
                })
            #expect(try cgroup.value("pids.max") == "77")
            if case .v2 = hierarchy.controllers[.memory] {
                #expect(try cgroup.value("memory.max") == String(20 << 20))
                #expect(try cgroup.value("memory.oom.group") == "1")
                #expect(try ["0", nil].contains(cgroup.value("memory.swap.max")))
            } else {
                #expect(try cgroup.value("memory.limit_in_bytes") == String(20 << 20))
                if hierarchy.controllers.swapIsLimited {
                    #expect(try cgroup.value("memory.memsw.limit_in_bytes") == String(20 << 20))
                } else {
                    #expect(try cgroup.value("memory.swappiness") == "0")
                }
            }
            if case .v2 = hierarchy.controllers[.cpu] {
                #expect(try cgroup.value("cpu.max") == "25000 100000")
                #expect(try cgroup.value("cpu.weight") == "100")
            } else {
                #expect(try cgroup.value("cpu.cfs_quota_us") == "25000")
                #expect(try cgroup.value("cpu.cfs_period_us") == "100000")
                #expect(try cgroup.value("cpu.shares") == "1024")
            }
        }
    }

    @Test(
        "Huge pages of each size are limited, and what is reserved of them",
        .enabled(if: HugePages.canBeLimited, "no huge pages are set apart on this host, or no cgroup counts them"))
    func hugePages() throws {
        try CgroupLane.withHierarchy { hierarchy in
            var limits = CgroupLimits()
            limits.hugePages = HugePages.limits
            let cgroup = try hierarchy.makeCgroup(named: "uid.main.0", limits: limits)
            let file = if case .v2 = hierarchy.controllers[.hugetlb] { "max" } else { "limit_in_bytes" }
            for limit in limits.hugePages {
                #expect(try cgroup.value("hugetlb.\(limit.sizeName).\(file)") == String(limit.pageBytes))
                #expect(
                    try [nil, String(limit.pageBytes)].contains(cgroup.value("hugetlb.\(limit.sizeName).rsvd.\(file)")))
            }
            let pod = try hierarchy.makePodCgroup(named: "uid.pod", limits: limits, allDevices: false)
            limits.hugePages = limits.hugePages.map { HugePageLimit(pageBytes: $0.pageBytes, maxBytes: 0) }
            let inner = try hierarchy.makeCgroup(named: "uid.inner.0", limits: limits, in: pod)
            #expect(try inner.value("hugetlb.\(limits.hugePages[0].sizeName).\(file)") == "0")
            try inner.remove()
            try pod.remove()
        }
    }

    @Test("A host that counts no huge pages has a container that asks for none, and none that asks for some")
    func noHugePages() throws {
        let bare = HostControllers(mounts: [], membership: "", hasHugePages: false)
        var limits = CgroupLimits()
        limits.allDevices = true
        limits.hugePages = [HugePageLimit(pageBytes: 2 << 20, maxBytes: 0)]
        #expect(throws: Never.self) { try limits.check(against: bare) }
        limits.hugePages[0].maxBytes = 2 << 20
        #expect(throws: CgroupError.self) { try limits.check(against: bare) }
        #expect(HugePageLimit(pageBytes: 1 << 30, maxBytes: 0).sizeName == "1GB")
        #expect(HugePageLimit(pageBytes: 64 << 10, maxBytes: 0).sizeName == "64KB")
    }

    @Test("A memory limit between two pages is held rounded down to a page")
    func memoryIsRounded() throws {
        try CgroupLane.withHierarchy { hierarchy in
            let cgroup = try hierarchy.makeCgroup(named: "a", limits: limits { $0.memoryMax = 10 * Self.page + 1 })
            let held = try cgroup.value("memory.max") ?? cgroup.value("memory.limit_in_bytes")
            #expect(held == String(10 * Self.page))
        }
    }

    @Test(
        "A limit out of its range is refused, and nothing is left",
        arguments: [
            { (limits: inout CgroupLimits) in limits.cpuShares = 1 },
            { (limits: inout CgroupLimits) in limits.memoryMax = 0 },
            { (limits: inout CgroupLimits) in limits.pidsMax = -1 },
            { (limits: inout CgroupLimits) in limits.cpuMillicores = .max },
        ] as [@Sendable (inout CgroupLimits) -> Void])
    func rangesAreChecked(_ change: @Sendable (inout CgroupLimits) -> Void) throws {
        try CgroupLane.withHierarchy { hierarchy in
            #expect {
                _ = try hierarchy.makeCgroup(named: "a", limits: limits(change))
            } throws: { error in
                if case .invalidLimit = error as? CgroupError { true } else { false }
            }
            let left = try names(in: hierarchy)
            #expect(left == [])
        }
    }

    @Test("A limit that the kernel refuses after others were set leaves no cgroup behind")
    func failureLeavesNothing() throws {
        try CgroupLane.withHierarchy { hierarchy in
            #expect(throws: CgroupError.self) {
                // Within Int64 but above what the scheduler takes.
                _ = try hierarchy.makeCgroup(
                    named: "a",
                    limits: limits {
                        $0.memoryMax = 1 << 24; $0.cpuMillicores = Int64.max / 1000
                    })
            }
            let left = try names(in: hierarchy)
            #expect(left == [])
        }
    }

    @Test("A second cgroup of the same name is refused, and the first stays")
    func namesAreUnique() throws {
        try CgroupLane.withHierarchy { hierarchy in
            let first = try hierarchy.makeCgroup(named: "a", limits: limits { $0.pidsMax = 5 })
            #expect {
                _ = try hierarchy.makeCgroup(named: "a", limits: CgroupLimits())
            } throws: { error in
                if case .system(.make, _, let errno) = error as? CgroupError { errno == EEXIST } else { false }
            }
            #expect(try first.value("pids.max") == "5")
        }
    }

    @Test("A name that is no plain directory name is refused", arguments: ["", ".", "..", "a/b", "a\nb", ".hidden"])
    func namesAreChecked(_ name: String) throws {
        try CgroupLane.withHierarchy { hierarchy in
            #expect(throws: CgroupError.invalidName(name)) {
                _ = try hierarchy.makeCgroup(named: name, limits: CgroupLimits())
            }
        }
    }

    // MARK: Effects

    @Test("An OOM kill of the first process is counted")
    func firstProcessOutOfMemory() throws {
        try CgroupLane.withHierarchy { hierarchy in
            let cgroup = try hierarchy.makeCgroup(named: "a", limits: limits { $0.memoryMax = 16 << 20 })
            #expect(try cgroup.run("exec dd if=/dev/zero of=/dev/null bs=64M count=1") == 128 + SIGKILL)
            let used = try cgroup.statistics()
            #expect(used.oomKills > 0)
            #expect(used.memoryPeakBytes.map { $0 > 8 << 20 && $0 <= 16 << 20 } ?? true)
        }
    }

    @Test("An OOM kill of a child is counted; on v2 it ends the whole container, on v1 the child alone")
    func childOutOfMemory() throws {
        try CgroupLane.withHierarchy { hierarchy in
            let cgroup = try hierarchy.makeCgroup(named: "a", limits: limits { $0.memoryMax = 16 << 20 })
            let status = try cgroup.run("dd if=/dev/zero of=/dev/null bs=64M count=1; exit 7")
            if case .v2 = hierarchy.controllers[.memory] {
                #expect(status == 128 + SIGKILL)
            } else {
                #expect(status == 7)
            }
            #expect(try cgroup.statistics().oomKills >= 1)
        }
    }

    @Test("A container that stays within its limit counts no OOM kill, but its peak and its CPU time")
    func withinTheLimit() throws {
        try CgroupLane.withHierarchy { hierarchy in
            let cgroup = try hierarchy.makeCgroup(named: "a", limits: limits { $0.memoryMax = 64 << 20 })
            #expect(try cgroup.run("dd if=/dev/zero of=/dev/null bs=8M count=4") == 0)
            let used = try cgroup.statistics()
            #expect(used.oomKills == 0)
            #expect(used.memoryPeakBytes.map { $0 > 8 << 20 } ?? true)
            #expect(used.cpuMicroseconds > 0)
        }
    }

    @Test("A fork bomb stops at pids.max")
    func forkBomb() throws {
        try CgroupLane.withHierarchy { hierarchy in
            let cgroup = try hierarchy.makeCgroup(named: "a", limits: limits { $0.pidsMax = 8 })
            let status = try cgroup.run("i=0; while [ $i -lt 40 ]; do sleep 60 & i=$((i+1)); done; exit 0")
            #expect(status != 0)
            #expect(try cgroup.members().count == 7)
            try cgroup.kill()
        }
    }

    @Test("A CPU limit throttles")
    func cpuQuota() throws {
        try CgroupLane.withHierarchy { hierarchy in
            let cgroup = try hierarchy.makeCgroup(named: "a", limits: limits { $0.cpuMillicores = 20 })
            let shell = try JoinedShell("while :; do :; done", in: cgroup)
            try eventually("a busy loop is throttled") {
                KeyedFile.value("nr_throttled", in: try #require(try cgroup.value("cpu.stat"))) ?? 0 > 0
            }
            try cgroup.kill()
            #expect(try shell.wait() == 128 + SIGKILL)
        }
    }

    @Test("Only the standard devices open; any node may be made")
    func devices() throws {
        try CgroupLane.withHierarchy { hierarchy in
            let cgroup = try hierarchy.makeCgroup(named: "a", limits: CgroupLimits())
            let node = "/dev/berth-test-\(getpid())"
            defer { unlink(node) }
            #expect(try cgroup.run("mknod \(node) c 1 11") == 0, "mknod of /dev/kmsg's twin")
            #expect(try JoinedShell(": <\(node)", in: nil).wait() == 0, "it opens outside")
            #expect(try cgroup.run(": <\(node)") != 0, "it must not open inside")
            #expect(try cgroup.run(": <>\(node)") != 0)
            for device in ["null", "zero", "full", "random", "urandom", "ptmx"] {
                #expect(try cgroup.run(": <>/dev/\(device)") == 0, "/dev/\(device)")
            }
        }
    }

    @Test("No block device opens")
    func blockDevices() throws {
        try CgroupLane.withHierarchy { hierarchy in
            let cgroup = try hierarchy.makeCgroup(named: "a", limits: CgroupLimits())
            let node = "/dev/berth-test-block-\(getpid())"
            defer { unlink(node) }
            // Numbers as those of the allowed /dev/null: the kind decides. Outside, no such device is an ENXIO.
            #expect(try cgroup.run("mknod \(node) b 1 3") == 0)
            #expect(errnoOfOpening(node, in: cgroup) == "Operation not permitted")
            #expect(errnoOfOpening(node, in: nil) != "Operation not permitted")
        }
    }

    /// The shell's words for why a file did not open.
    private func errnoOfOpening(_ path: String, in cgroup: Cgroup?) -> String? {
        let report = "/tmp/berth-test-\(getpid())"
        defer { unlink(report) }
        do {
            _ = try JoinedShell("dd if=\(path) of=/dev/null count=0 2>\(report)", in: cgroup).wait()
            let text = String(decoding: try OwnedDescriptor.open(report, O_RDONLY).readAll(limit: 4096), as: UTF8.self)
            return text.split(separator: "\n").first?.split(separator: ":").last.map { String($0.dropFirst()) }
        } catch {
            return nil
        }
    }

    @Test("With all devices allowed the others open too")
    func allDevices() throws {
        try CgroupLane.withHierarchy { hierarchy in
            let cgroup = try hierarchy.makeCgroup(named: "a", limits: limits { $0.allDevices = true })
            #expect(try cgroup.run(": </dev/kmsg") == 0)
        }
    }

    // MARK: The end

    @Test("Kill ends a whole tree, and remove leaves nothing")
    func killAndRemove() throws {
        try CgroupLane.withHierarchy { hierarchy in
            let cgroup = try hierarchy.makeCgroup(
                named: "a",
                limits: limits {
                    $0.pidsMax = 50; $0.cpuMillicores = 1000
                })
            let shell = try JoinedShell("for i in 1 2 3 4; do (sleep 600 & sleep 600) & done; wait", in: cgroup)
            try eventually("the processes joined") { try cgroup.members().count >= 9 }
            try cgroup.kill()
            #expect(try shell.wait() == 128 + SIGKILL)
            try cgroup.remove()
            let left = try names(in: hierarchy)
            #expect(left == [])
            try cgroup.remove()
            try cgroup.kill()
        }
    }

    @Test("A cgroup with a live process is not removed, and the error names the process")
    func removeOfTheLiving() throws {
        try CgroupLane.withHierarchy { hierarchy in
            let cgroup = try hierarchy.makeCgroup(named: "a", limits: CgroupLimits())
            let shell = try JoinedShell("exec sleep 600", in: cgroup)
            try eventually("the processes joined") { try !cgroup.members().isEmpty }
            #expect {
                try cgroup.remove()
            } throws: { error in
                if case .notEmpty(_, let processes) = error as? CgroupError { processes == [shell.pid] } else { false }
            }
        }
    }

    @Test("Cgroups that were made inside are removed with it")
    func nestedCgroups() throws {
        try CgroupLane.withHierarchy { hierarchy in
            let cgroup = try hierarchy.makeCgroup(named: "a", limits: CgroupLimits())
            for leaf in cgroup.leaves { try leaf.parent.child("a").childMade("b").make("c") }
            try cgroup.remove()
            let left = try names(in: hierarchy)
            #expect(left == [])
        }
    }

    @Test("A sweep kills and removes what it is told to and nothing else")
    func sweep() throws {
        try CgroupLane.withHierarchy { hierarchy in
            let kept = try hierarchy.makeCgroup(named: "uid1.main.0", limits: CgroupLimits())
            let stale = try hierarchy.makeCgroup(named: "uid2.main.0", limits: limits { $0.cpuShares = 2 })
            let privileged = try hierarchy.makeCgroup(named: "uid2.main.1", limits: limits { $0.allDevices = true })
            let (keptShell, staleShell) = (
                try JoinedShell("exec sleep 600", in: kept), try JoinedShell("exec sleep 600", in: stale)
            )
            try eventually("the processes joined") { try !kept.members().isEmpty && !stale.members().isEmpty }
            var asked: [String] = []
            let swept = try hierarchy.sweep { name in
                asked.append(name)
                return name.hasPrefix("uid2.")
            }
            #expect(swept == CgroupSweep(removed: ["uid2.main.0", "uid2.main.1"], errors: []))
            #expect(asked == ["uid1.main.0", "uid2.main.0", "uid2.main.1"])
            #expect(try staleShell.wait() == 128 + SIGKILL)
            #expect(try kept.members() == [keptShell.pid])
            #expect(try privileged.value("pids.max") == nil)
            #expect(try names(in: hierarchy) == ["uid1.main.0"])
        }
    }

    @Test("Setting up again changes nothing for the containers that run")
    func setUpTwice() throws {
        try CgroupLane.withHierarchy { hierarchy in
            let cgroup = try hierarchy.makeCgroup(named: "a", limits: CgroupLimits())
            let again = try CgroupHierarchy.detect(base: hierarchy.base)
            #expect(again.controllers == hierarchy.controllers)
            #expect(try cgroup.run(": <>/dev/null") == 0)
            #expect(try cgroup.run(": </dev/kmsg") != 0)
        }
    }

    /// The containers' cgroups that are there.
    private func names(in hierarchy: CgroupHierarchy) throws -> [String] {
        var result: [String] = []
        _ = try hierarchy.sweep { name in
            result.append(name)
            return false
        }
        return result
    }
}

private enum HugePages {
    /// A page of each size that this host has set apart.
    static var limits: [HugePageLimit] {
        let pools = (try? HugePagePool.all()) ?? []
        return pools.map { HugePageLimit(pageBytes: $0.pageBytes, maxBytes: $0.pageBytes) }
    }

    static var canBeLimited: Bool {
        guard !limits.isEmpty, let controllers = try? HostControllers.read() else { return false }
        if case .absent = controllers[.hugetlb] { return false }
        return true
    }
}
