// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import PodPlan
import Testing

@testable import PodSupervisor

@Suite(.enabled(if: isRoot, "needs root: runs real pods"), .serialized)
struct FileVolumeTests {
    private func plan(_ starter: Starter, _ script: String, subPath: String = "") -> PodPlan {
        var plan = starter.plan(script)
        plan.contents = [Array("one\n".utf8), Array("#!/bin/sh\necho ran\n".utf8), [0, 255]]
        plan.volumes = [VolumePlan()]
        plan.volumes[0].name = "v"
        plan.volumes[0].source = .files([
            VolumeFile(path: "a", mode: 0o644, contents: 0), VolumeFile(path: "d/e/run", mode: 0o755, contents: 1),
            VolumeFile(path: "d/key", mode: 0o400, contents: 2),
        ])
        var mount = MountPlan()
        mount.path = "/v"
        mount.subPath = subPath
        mount.readOnly = true
        plan.containers[0].mounts = [mount]
        return plan
    }

    @Test("The kubelet's layout: links through ..data to one directory named after the time")
    func layout() throws {
        let starter = try Starter()
        let pod = try starter.run(
            plan(
                starter,
                """
                cd /v; readlink a; readlink d; readlink ..data | grep -cE '^\\.\\.[0-9]{4}(_[0-9]{2}){5}\\.[0-9]+$'
                ls -A | grep -v '^\\.\\.2'; stat -c '%a %u %g' . ..data/ ..data/d ..data/d/e a d/e/run d/key
                stat -Lc '%a' a d/e/run d/key; cat a; ./d/e/run; wc -c <d/key
                """))
        #expect(
            pod.output() == """
                ..data/a
                ..data/d
                1
                ..data
                a
                d
                777 0 0
                755 0 0
                755 0 0
                755 0 0
                777 0 0
                755 0 0
                400 0 0
                644
                755
                400
                one
                ran
                2

                """)
    }

    @Test("Nobody in the container can write to it, root neither")
    func readOnly() throws {
        let starter = try Starter()
        let pod = try starter.run(
            plan(
                starter,
                "for c in 'echo x >/v/a' 'echo x >/v/new' 'rm /v/a' 'mv /v/a /v/b' 'chmod 777 /v/..data/a'; do sh -c \"$c\" 2>/dev/null && echo \"$c\"; done; cat /v/a"
            ))
        #expect(pod.output() == "one\n")
    }

    @Test("It is in memory, without setuid and devices, seen by nobody else, and gone with the pod")
    func inMemory() throws {
        let starter = try Starter()
        let plan = plan(
            starter,
            "stat -f -c %T /v; grep ' /v ' /proc/self/mountinfo; echo up; while [ ! -e /go ]; do sleep 0.05; done")
        let pod = try starter.start(plan)
        try pod.waitForOutput("up")
        let output = pod.output()
        #expect(output.hasPrefix("tmpfs\n"))
        for word in ["ro,", "nosuid", "nodev"] { #expect(output.contains(word)) }
        let mounts = try OwnedDescriptor.open("/proc/self/mountinfo", O_RDONLY).readAll(limit: 16 << 20)
        #expect(!String(decoding: mounts, as: UTF8.self).contains(plan.uid))
        // On the disk there is only the empty place.
        let place = try OwnedDescriptor.open("\(plan.directory)/files", O_RDONLY | O_DIRECTORY)
        #expect(try place.names() == [])
        try pod.send(.terminate(gracePeriodSeconds: 0))
        try pod.finish()
        #expect(try starter.leftovers(of: plan) == [])
    }

    @Test("fsGroup owns it and may read all of it")
    func fsGroup() throws {
        let starter = try Starter()
        var plan = plan(
            starter, "cd /v; stat -c '%a %g' . ..data/ ..data/d ..data/a ..data/d/key; stat -c %g a; wc -c <d/key")
        plan.volumes[0].groupID = 4321
        plan.containers[0].user = 1000
        plan.containers[0].supplementalGroups = [4321]
        #expect(
            try starter.run(plan).output() == "2777 4321\n2755 4321\n2755 4321\n644 4321\n440 4321\n4321\n2\n")
    }

    @Test("Without it, who isn't the owner can't read what only the owner may")
    func otherUser() throws {
        let starter = try Starter()
        var plan = plan(starter, "cat /v/a; cat /v/d/key 2>/dev/null || echo no")
        plan.containers[0].user = 1000
        #expect(try starter.run(plan).output() == "one\nno\n")
    }

    @Test("In a user namespace, root of the container owns it")
    func userNamespace() throws {
        let starter = try Starter()
        var plan = plan(
            starter, "stat -Lc '%a %u %g' /v /v/a /v/d/key; wc -c </v/d/key; echo x 2>/dev/null >/v/a || echo no")
        plan.userNamespace = IDRange(start: 200_000, count: 65536)
        plan.volumes[0].groupID = 4321
        #expect(try starter.run(plan).output() == "2777 0 4321\n644 0 4321\n440 0 4321\n2\nno\n")
    }

    @Test("So it does a volume in memory, and parts of it that are made for it")
    func memoryInUserNamespace() throws {
        let starter = try Starter()
        var plan = starter.plan("stat -c '%a %u %g' /v /v/a /s; touch /s/f /v/g; stat -c '%u %g' /s/f /v/g; ls /v/a/b")
        plan.userNamespace = IDRange(start: 200_000, count: 65536)
        plan.volumes = [VolumePlan()]
        plan.volumes[0].name = "v"
        plan.volumes[0].source = .memory(sizeBytes: 1 << 20)
        plan.volumes[0].groupID = 4321
        var (whole, part) = (MountPlan(), MountPlan())
        whole.path = "/v"
        (part.path, part.subPath) = ("/s", "a/b")
        plan.containers[0].mounts = [part, whole]
        #expect(
            try starter.run(plan).output() == "2777 0 4321\n2777 0 4321\n2777 0 4321\n0 4321\n0 4321\nf\n")
    }

    @Test("A group that the user namespace lacks keeps the pod waiting")
    func groupOutside() throws {
        let starter = try Starter()
        var plan = plan(starter, "echo never")
        plan.userNamespace = IDRange(start: 200_000, count: 1000)
        plan.volumes[0].groupID = 1000
        let pod = try starter.start(plan)
        try pod.wait { if case .event(let event) = $0 { event.reason == "FailedMount" } else { false } }
        try pod.send(.terminate(gracePeriodSeconds: 0))
        try pod.finish()
        #expect(pod.output() == "")
    }

    @Test("A subPath is one file or directory of it", arguments: [("a", "one\n"), ("d", "e\nkey\n")])
    func subPath(path: String, output: String) throws {
        let starter = try Starter()
        let pod = try starter.run(plan(starter, "if [ -d /v ]; then ls /v; else cat /v; fi", subPath: path))
        #expect(pod.output() == output)
    }

    @Test("Several volumes share one file system, but a container sees only those that it mounts")
    func several() throws {
        let starter = try Starter()
        var plan = plan(starter, "find / -xdev -name secret 2>/dev/null; ls /v/..; cd /v; ls ..; cat /v/a")
        plan.volumes.append(VolumePlan())
        plan.volumes[1].name = "w"
        plan.volumes[1].source = .files([VolumeFile(path: "secret", mode: 0o644, contents: 0)])
        let output = try starter.run(plan).output()
        #expect(output.hasSuffix("one\n") && !output.contains("secret") && !output.contains("w\n"))
    }

    @Test("Large and many files fit")
    func large() throws {
        let starter = try Starter()
        var plan = plan(starter, "cat /v/* | wc -c; ls /v | wc -l")
        plan.contents = (0..<3).map { Array(repeating: UInt8(ascii: "a") + $0, count: 1 << 20) } + [[10]]
        plan.volumes[0].source = .files(
            (0..<2000).map { VolumeFile(path: "f\($0)", mode: 0o444, contents: min($0, 3)) })
        #expect(try starter.run(plan).output() == "\((3 << 20) + 1997)\n2000\n")
    }

    @Test("A volume that cannot be had keeps the pod Pending, with the message that the plan has")
    func unavailable() throws {
        let starter = try Starter()
        var plan = plan(starter, "echo never")
        plan.volumes.append(VolumePlan())
        plan.volumes[1].name = "w"
        plan.volumes[1].source = .unavailable("configmap \"x\" not found")
        plan.contents = []
        let pod = try starter.start(plan)
        // The second try comes after half a second.
        while pod.events.count < 2 { #expect(try pod.receive()) }
        for event in pod.events {
            #expect(event.warning && event.reason == "FailedMount")
            #expect(event.message == "MountVolume.SetUp failed for volume \"w\" : configmap \"x\" not found")
        }
        #expect(pod.last.phase == .pending)
        try pod.send(.terminate(gracePeriodSeconds: 0))
        try pod.finish()
        #expect(pod.output() == "")
        #expect(try starter.leftovers(of: plan) == [])
    }
}
