// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import PodPlan
import Testing

/// `/etc/hosts` and its like: one file for all containers of a pod.
@Suite(.enabled(if: isRoot, "needs root: runs real pods"), .serialized)
struct SharedFileTests {
    private func plan(_ starter: Starter, _ scripts: (name: String, script: String)...) -> PodPlan {
        var plan = starter.plan("")
        plan.files = [
            FilePlan(path: "/etc/hosts", contents: "first\n"), FilePlan(path: "/etc/hostname", contents: "name\n"),
        ]
        plan.sharesFiles = true
        plan.containers = scripts.map { starter.container($0.name, $0.script) }
        return plan
    }

    @Test(
        "What one container writes the others read, whoever root is, and whether the root is read-only",
        arguments: [nil, IDRange(start: 1 << 20, count: 65536)], [false, true])
    func shared(range: IDRange?, readOnly: Bool) throws {
        let starter = try Starter()
        var plan = plan(
            starter,
            (
                "one",
                "cat /etc/hosts /etc/hostname; (echo x >>/etc/hostname) 2>/dev/null || echo ro; echo added >>/etc/hosts"
            ),
            (
                "two",
                "until grep -q added /etc/hosts; do sleep 0.01; done; cat /etc/hosts; busybox stat -c %u:%a /etc/hosts"
            ))
        plan.userNamespace = range
        for index in plan.containers.indices { plan.containers[index].readOnlyRootFilesystem = readOnly }
        let pod = try starter.run(plan)
        #expect(pod.output("one") == "first\nname\n" + (readOnly ? "ro\n" : ""))
        #expect(pod.output("two") == "first\nadded\n0:644\n")
    }

    @Test("A file is replaced while containers run, and they see it; one that starts later, too")
    func replaced() throws {
        let starter = try Starter()
        var plan = plan(
            starter,
            (
                "c",
                "echo ready; until grep -q second /etc/hosts; do [ -s /etc/hosts ] || echo empty; done; cat /etc/hosts; until grep -q third /etc/hosts; do sleep 0.01; done; cat /etc/hosts; [ -e /v/again ] || { touch /v/again; exit 1; }"
            ))
        plan.restartPolicy = .onFailure
        plan.volumes = [VolumePlan()]
        plan.volumes[0].name = "v"
        var mount = MountPlan()
        mount.path = "/v"
        plan.containers[0].mounts = [mount]
        let pod = try starter.start(plan)
        try pod.waitForOutput("ready")
        try pod.send(.replaceFile(path: "/etc/hosts", contents: "second is longer than the first\n"))
        try pod.waitForOutput("second")
        try pod.send(.replaceFile(path: "/etc/hosts", contents: "third second\n"))
        try pod.finish()
        #expect(
            pod.output()
                == "ready\nsecond is longer than the first\nthird second\nready\nthird second\nthird second\n")
        #expect(pod.last.phase == .succeeded)
        #expect(try starter.leftovers(of: plan) == [])
    }

    @Test("A replacement that comes before the pod is made is what its containers get")
    func early() throws {
        let starter = try Starter()
        let plan = plan(starter, ("c", "until grep -q early /etc/hosts; do sleep 0.01; done; cat /etc/hosts"))
        let pod = try starter.start(plan)
        try pod.send(.replaceFile(path: "/etc/hosts", contents: "early\n"))
        try pod.finish()
        #expect(pod.output() == "early\n")
    }

    @Test("A file that is not the pod's is refused")
    func refused() throws {
        let starter = try Starter()
        let pod = try starter.start(plan(starter, ("c", "sleep 1000")))
        try pod.send(.replaceFile(path: "/etc/passwd", contents: "x"))
        try pod.wait { if case .event(let event) = $0 { event.reason == "FailedUpdate" } else { false } }
        try pod.send(.terminate(gracePeriodSeconds: 0))
        try pod.finish()
    }

    @Test("A link of the image at the place of a file leads nowhere; a volume there is what the container sees")
    func covered() throws {
        let starter = try Starter()
        try #require(symlink("/nowhere/else", "\(starter.directory)/image/etc/hosts") == 0)
        defer { unlink("\(starter.directory)/image/etc/hosts") }
        var plan = plan(starter, ("one", "cat /etc/hosts; busybox stat -c %F /etc/hosts"), ("two", "cat /etc/hosts"))
        let own = try OwnedDescriptor.open("\(starter.directory)/host/hosts", O_WRONLY | O_CREAT, mode: 0o644)
        try own.write("mine\n")
        plan.volumes = [VolumePlan()]
        plan.volumes[0].name = "v"
        plan.volumes[0].source = .hostPath("\(starter.directory)/host/hosts", .file)
        var mount = MountPlan()
        mount.path = "/etc/./hosts"
        plan.containers[1].mounts = [mount]
        let pod = try starter.run(plan)
        #expect(pod.output("one") == "first\nregular file\n")
        #expect(pod.output("two") == "mine\n")
    }
}
