// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import PodPlan
import Testing

@testable import PodSupervisor

@Suite(.enabled(if: isRoot, "needs root: runs real pods"), .serialized)
struct VolumeTests {
    private func plan(_ starter: Starter, _ script: String, _ source: VolumePlan.Source, subPath: String = "")
        -> PodPlan
    {
        var plan = starter.plan(script)
        plan.volumes = [VolumePlan()]
        plan.volumes[0].name = "v"
        plan.volumes[0].source = source
        var mount = MountPlan()
        mount.path = "/v"
        mount.subPath = subPath
        plan.containers[0].mounts = [mount]
        return plan
    }

    @Test("An emptyDir is writable for everybody and goes with the pod")
    func emptyDir() throws {
        let starter = try Starter()
        var plan = plan(
            starter, "stat -c '%a %u %g' /v; mkdir -p /v/a/b; ln -s / /v/a/root; echo x >/v/a/b/f; id -u", .emptyDir)
        plan.containers[0].user = 1000
        let pod = try starter.run(plan)
        #expect(pod.output() == "777 0 0\n1000\n")
    }

    @Test("fsGroup owns the volume and what is made in it")
    func fsGroup() throws {
        let starter = try Starter()
        var plan = plan(starter, "stat -c '%a %g' /v; touch /v/f; stat -c %g /v/f", .emptyDir)
        plan.volumes[0].groupID = 4321
        #expect(try starter.run(plan).output() == "2777 4321\n4321\n")
    }

    @Test(
        "A volume of huge pages is a hugetlbfs of its size, for everybody",
        .enabled(if: access("/sys/kernel/mm/hugepages/hugepages-2048kB", F_OK) == 0, "the kernel has no pages of 2 MiB")
    )
    func hugePages() throws {
        let starter = try Starter()
        let plan = plan(
            starter, "stat -c %a /v; grep -o ' /v hugetlbfs .*' /proc/mounts",
            .hugePages(pageBytes: 2 << 20, sizeBytes: 4 << 20))
        let output = try starter.run(plan).output()
        #expect(output.hasPrefix("777\n /v hugetlbfs rw,nosuid,nodev,"), "\(output)")
        #expect(output.contains("pagesize=2M") && output.contains("size=4194304"), "\(output)")
    }

    @Test("A memory volume has its size, and is not seen on the host")
    func memory() throws {
        let starter = try Starter()
        let plan = plan(
            starter, "df -k /v | tail -n 1; stat -c %a /v; echo up; while [ ! -e /v/go ]; do sleep 0.05; done",
            .memory(sizeBytes: 1 << 20))
        let pod = try starter.start(plan)
        try pod.waitForOutput("up")
        let words = pod.output().split(whereSeparator: \.isWhitespace)
        #expect(words.contains("1024") && words.contains("777"))
        let mounts = try OwnedDescriptor.open("/proc/self/mountinfo", O_RDONLY).readAll(limit: 16 << 20)
        #expect(!String(decoding: mounts, as: UTF8.self).contains(plan.uid))
        try pod.send(.terminate(gracePeriodSeconds: 0))
        try pod.finish()
        #expect(try starter.leftovers(of: plan) == [])
    }

    @Test("A hostPath shows the host's directory, and its contents stay")
    func hostPath() throws {
        let starter = try Starter()
        let pod = try starter.run(plan(starter, "echo x >/v/f", .hostPath("\(starter.directory)/host", .directory)))
        #expect(pod.end()?.exitCode == 0)
        #expect(access("\(starter.directory)/host/f", F_OK) == 0)
    }

    @Test("A hostPath of another type keeps the pod Pending, with the kubelet's words")
    func hostPathType() throws {
        let starter = try Starter()
        let path = "\(starter.directory)/host"
        let plan = plan(starter, "echo never", .hostPath(path, .file))
        let pod = try starter.start(plan)
        try pod.wait { if case .event = $0 { true } else { false } }
        #expect(pod.events[0].warning)
        #expect(pod.events[0].reason == "FailedMount")
        #expect(
            pod.events[0].message
                == "MountVolume.SetUp failed for volume \"v\" : hostPath type check failed: \(path) is not a file")
        try pod.wait { if case .status = $0 { true } else { false } }
        #expect(pod.last.phase == .pending)
        try pod.send(.terminate(gracePeriodSeconds: 0))
        try pod.finish()
        #expect(pod.output() == "")
        #expect(try starter.leftovers(of: plan) == [])
    }

    @Test(
        "A missing hostPath is made when its type says so",
        arguments: [
            VolumePlan.HostPathCheck.directoryOrCreate, .fileOrCreate,
        ])
    func hostPathMade(check: VolumePlan.HostPathCheck) throws {
        let starter = try Starter()
        let path = "\(starter.directory)/host/new"
        let pod = try starter.run(plan(starter, "stat -c '%a %F' /v", .hostPath(path, check)))
        #expect(pod.output() == (check == .fileOrCreate ? "644 regular empty file\n" : "755 directory\n"))
    }

    @Test("A subPath is made, and only that is seen")
    func subPath() throws {
        let starter = try Starter()
        let pod = try starter.run(
            plan(starter, "echo x >/v/f; ls /v", .hostPath("\(starter.directory)/host", .directory), subPath: "a/b"))
        #expect(pod.output() == "f\n")
        #expect(access("\(starter.directory)/host/a/b/f", F_OK) == 0)
    }

    @Test("A subPath that a link leads out of the volume is refused", arguments: ["link", "link/etc", "up", "../x"])
    func subPathEscape(subPath: String) throws {
        let starter = try Starter()
        let host = "\(starter.directory)/host"
        #expect(symlink("/", "\(host)/link") == 0)
        #expect(symlink("../image", "\(host)/up") == 0)
        let plan = plan(starter, "ls /v", .hostPath(host, .directory), subPath: subPath)
        let pod = try starter.start(plan)
        try pod.wait(state: { state in
            if case .waiting("CreateContainerConfigError", _) = state.containers[0].state { true } else { false }
        })
        try pod.send(.terminate(gracePeriodSeconds: 0))
        try pod.finish()
        #expect(pod.output() == "")
        #expect(pod.last.phase == .failed)
    }

    @Test("A container that exchanges directories for links all the time gets nobody's mount out of the volume")
    func subPathRace() throws {
        let starter = try Starter()
        let host = "\(starter.directory)/host"
        try #require(mkdir("\(starter.directory)/outside", 0o755) == 0)
        let attacker = try starter.start(
            plan(
                starter,
                """
                cd /v; echo up
                while :; do
                    mkdir -p d/sub 2>/dev/null; rm -rf d; ln -s ../outside d; rm d
                    mkdir -p d 2>/dev/null; ln -s ../../outside d/sub; rm -rf d
                done
                """, .hostPath(host, .directory)))
        try attacker.waitForOutput("up")
        // On a busy machine it takes longer until a start gets between the links.
        var (mounted, starts) = (0, 0)
        while starts < 60 || mounted == 0 && starts < 1000 {
            starts += 1
            let pod = try starter.start(
                plan(starter, "echo x >/v/made; echo in", .hostPath(host, .directory), subPath: "d/sub"))
            var isRefused = false
            try pod.wait(state: { state in
                if case .waiting("CreateContainerConfigError", _) = state.containers[0].state { isRefused = true }
                return isRefused || state.phase == .succeeded || state.phase == .failed
            })
            if isRefused { try pod.send(.terminate(gracePeriodSeconds: 0)) }
            try pod.finish()
            if pod.output().hasSuffix("in\n") { mounted += 1 }
        }
        try attacker.send(.terminate(gracePeriodSeconds: 0))
        try attacker.finish()
        #expect(try OwnedDescriptor.open("\(starter.directory)/outside", O_RDONLY | O_DIRECTORY).names() == [])
        #expect(mounted > 0, "no start got between the links")
    }

    @Test("A tree deeper than there are descriptors is removed with its pod")
    func deep() throws {
        let starter = try Starter()
        let pod = try starter.run(
            plan(
                starter,
                "cd /v; i=0; while [ $i -lt 700 ]; do mkdir -p a/a/a/a/a/a/a/a; cd a/a/a/a/a/a/a/a; i=$((i+1)); done; echo done",
                .emptyDir))
        #expect(pod.output().hasSuffix("done\n"))
    }
}
