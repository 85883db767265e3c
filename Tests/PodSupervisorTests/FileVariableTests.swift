// SPDX-License-Identifier: Apache-2.0

import CLinux
import PodPlan
import Testing

@testable import PodSupervisor

/// Variables out of files, in real pods: one container writes, the next is started with what it wrote.
@Suite(.enabled(if: isRoot, "needs root: runs real pods"), .serialized)
struct FileVariableTests {
    private func variable(_ key: String, optional: Bool = false, path: String = "d/e", entry: String? = nil)
        -> FileVariablePlan
    {
        var plan = FileVariablePlan()
        (plan.name, plan.path, plan.key, plan.optional) = ("V", path, key, optional)
        (plan.substitute, plan.entry) = ("$(V)", entry)
        return plan
    }

    private func plan(_ starter: Starter, _ write: String, _ variable: FileVariablePlan) -> PodPlan {
        var plan = starter.plan("")
        plan.volumes = [VolumePlan()]
        plan.volumes[0].name = "v"
        var mount = MountPlan()
        mount.path = "/v"
        plan.initContainers = [starter.container("writer", "mkdir -p /v/d; \(write)")]
        plan.initContainers[0].mounts = [mount]
        var reader = starter.container("reader", "")
        reader.arguments = ["sh", "-c", "echo V=${V-unset} $0", FileVariablePlan.mark(0)]
        reader.environment.append("V=\(FileVariablePlan.mark(0))")
        reader.fileVariables = [variable]
        plan.containers = [reader]
        return plan
    }

    @Test(
        "The value is in the environment and in the command, also from a user namespace",
        arguments: [nil, IDRange(start: 1 << 20, count: 65536)])
    func value(range: IDRange?) throws {
        let starter = try Starter()
        var plan = plan(starter, #"printf "A='no'\nK='one two'\n" >/v/d/e"#, variable("K"))
        plan.userNamespace = range
        let pod = try starter.run(plan)
        #expect(pod.output("reader") == "V=one two one two\n")
        #expect(pod.last.phase == .succeeded)
    }

    @Test("A value that isn't there and needn't be is no variable; another value of that name stays")
    func optional() throws {
        let starter = try Starter()
        let none = try starter.run(plan(starter, "true", variable("K", optional: true)))
        #expect(none.output("reader").elementsEqual("V=unset $(V)\n"))
        var kept = plan(starter, "touch /v/d/e", variable("K", optional: true, entry: "V=image"))
        kept.uid = "\(kept.uid.dropLast())f"
        #expect(try starter.run(kept).output("reader").elementsEqual("V=image $(V)\n"))
    }

    @Test(
        "Else the container isn't created, and what is wrong is said",
        arguments: [
            ("true", "couldn't read env file \"d/e\": No such file or directory"),
            ("echo \"A='x'\" >/v/d/e", "environment variable key \"K\" not found in file \"d/e\""),
            ("echo K=x >/v/d/e", "couldn't parse env file \"d/e\": value must be enclosed in single quotes at line 1"),
            ("ln -s /etc/passwd /v/d/e", "couldn't read env file \"d/e\": Invalid cross-device link"),
            ("mkfifo /v/d/e", "couldn't read env file \"d/e\": Invalid argument"),
        ])
    func missing(write: String, message: String) throws {
        let starter = try Starter()
        let pod = try starter.start(plan(starter, write, variable("K")))
        try pod.wait(state: {
            $0.containers[0].state == .waiting(reason: "CreateContainerConfigError", message: message)
        })
        try pod.send(.terminate(gracePeriodSeconds: 0))
        try pod.finish()
        #expect(pod.output("reader") == "")
    }

    @Test("Hooks and probes that are commands see the variable, too")
    func hooks() throws {
        let starter = try Starter()
        var plan = plan(starter, "echo \"K='seen'\" >/v/d/e", variable("K"))
        plan.containers[0].arguments = ["sh", "-c", "until [ -e /tmp/done ]; do sleep 0.02; done; cat /tmp/done"]
        plan.containers[0].postStart = .exec(["sh", "-c", "echo $V >/tmp/new; busybox mv /tmp/new /tmp/done"])
        #expect(try starter.run(plan).output("reader") == "seen\n")
    }
}
