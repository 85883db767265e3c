// SPDX-License-Identifier: Apache-2.0

import CLinux
import CSeccompProbe
import ContainerRuntime
import Linux
import OCI
import Testing

@Suite("seccomp", .serialized, .enabled(if: getuid() == 0, "needs root: makes namespaces"))
struct SeccompRunTests {
    private func profile(_ action: String, _ more: String = "", standard: String = "ALLOW", _ top: String = "")
        -> String
    {
        """
        {"defaultAction": "SCMP_ACT_\(standard)", \(top)
         "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_\(action)"\(more)}]}
        """
    }

    @Test(
        "Each action does what it is called",
        arguments: [
            ("ERRNO", ", \"errnoRet\": 28", 1, "No space left"), ("ERRNO", "", 1, "not permitted"),
            ("KILL", "", 159, ""), ("KILL_THREAD", "", 159, ""), ("KILL_PROCESS", "", 159, ""), ("TRAP", "", 159, ""),
            ("TRACE", ", \"errnoRet\": 7", 1, "not implemented"), ("LOG", "", 0, ""), ("ALLOW", "", 0, ""),
        ])
    func acts(_ action: String, _ more: String, _ code: CInt, _ words: String) throws {
        let call = try RunFixture().run("exec mkdir /x", seccomp: profile(action, more))
        #expect(call.code == code && (words.isEmpty || call.error.contains(words)), "\(call.error)")
    }

    @Test("All flags are taken by the kernel")
    func flags() throws {
        let flags = LinuxSeccomp.Flag.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ",")
        let call = try RunFixture().run(
            "mkdir /x || echo refused", seccomp: profile("ERRNO", "", "\"flags\": [\(flags)],"))
        #expect(call.code == 0 && call.output == "refused\n", "\(call.error)")
    }

    @Test("Conditions on several arguments hold together, several on one argument are alternatives")
    func conditions() throws {
        func kill(_ args: String) -> String {
            "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"names\": [\"kill\"], \"action\": \"SCMP_ACT_ERRNO\", \"args\": [\(args)]}]}"
        }
        let script = "for s in 0 10 17; do kill -$s $$ 2>/dev/null && echo $s; done; true"
        let fixture = try RunFixture()
        let one = "{\"index\": 1, \"value\": 17, \"op\": \"SCMP_CMP_EQ\"}"
        let other = "{\"index\": 1, \"value\": 0, \"op\": \"SCMP_CMP_EQ\"}"
        let never = "{\"index\": 0, \"value\": 12345, \"op\": \"SCMP_CMP_EQ\"}"
        let ending = "trap : USR1; "
        #expect(try fixture.run(ending + script, seccomp: kill(one)).output == "0\n10\n")
        #expect(try fixture.run(ending + script, seccomp: kill("\(one), \(other)")).output == "10\n")
        #expect(try fixture.run(ending + script, seccomp: kill("\(one), \(never)")).output == "0\n10\n17\n")
    }

    @Test(
        "A listener gets the descriptor and the state, and answers every call from execve on",
        arguments: [("ALLOW", "create"), ("ALLOW", "run"), ("NOTIFY", "create"), ("NOTIFY", "run"), ("ALLOW", "exec")])
    func notifies(standard: String, command: String) throws {
        let fixture = try RunFixture()
        let agent = try Agent("\(fixture.directory)/agent")
        let seccomp =
            standard == "ALLOW"
            ? profile(
                "NOTIFY", "",
                "\"listenerPath\": \"\(agent.path)\", \"listenerMetadata\": \"m \\\"pid\\\":-2147483648\",")
            : """
            {"defaultAction": "SCMP_ACT_NOTIFY", "listenerPath": "\(agent.path)",
             "flags": ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"], "syscalls": []}
            """
        let script = "exec mkdir /x"
        switch command {
        case "run":
            agent.start()
            let call = try fixture.run(script, seccomp: seccomp)
            #expect(call.code == 0, "\(call.error)")
        case "create":
            agent.start()
            try fixture.configure(script, seccomp: seccomp)
            #expect(try fixture.create().error == "")
            #expect(try fixture.call("start", [fixture.id]).error == "")
            agent.wait()
        default:
            agent.start(connections: 2)
            try fixture.configure("sleep 100000", seccomp: seccomp)
            #expect(try fixture.create().error == "")
            #expect(try fixture.call("start", [fixture.id]).error == "")
            let call = try fixture.call("exec", [fixture.id, "sh", "-c", script])
            #expect(call.code == 0, "\(call.error)")
        }
        _ = try fixture.call("delete", ["--force", fixture.id])
        agent.wait()
        #expect(access("\(fixture.directory)/bundle/rootfs/x", F_OK) != 0, "the listener only said so")
        let message = try #require(agent.messages.last)
        #expect(agent.asked.contains(message.pid), "the pid is the one that the listener sees")
        #expect(message.state["id"] == .string(fixture.id) && message.state["status"] != nil)
        if command != "exec" { #expect(message.state["pid"] == .number(message.pid)) }
        if standard == "ALLOW" { #expect(message.metadata == "m \"pid\":-2147483648") }
    }

    @Test("A listener that isn't there, or isn't named, is an error before anything is made")
    func noListener() throws {
        let fixture = try RunFixture()
        let unnamed = try fixture.run("true", seccomp: profile("NOTIFY"))
        #expect(unnamed.code == 1 && unnamed.error.contains("linux.seccomp.listenerPath: is required"))
        let missing = try fixture.run("true", seccomp: profile("NOTIFY", "", "\"listenerPath\": \"/nowhere\","))
        #expect(missing.code == 1 && missing.error.contains("cannot connect to `/nowhere`"))
        #expect(try fixture.call("list", ["-q"]).output == "")
    }

    @Test("A listener that goes before the start makes the start fail, and the container ends")
    func listenerLeaves() throws {
        let fixture = try RunFixture()
        do {
            let agent = try Agent("\(fixture.directory)/agent")
            try fixture.configure(
                "echo ran > /ran", seccomp: profile("NOTIFY", "", "\"listenerPath\": \"\(agent.path)\","))
            #expect(try fixture.create().error == "")
        }
        let started = try fixture.call("start", [fixture.id])
        #expect(started.code == 1 && started.error.contains("seccomp filter"), "\(started.error)")
        #expect(access("\(fixture.directory)/bundle/rootfs/ran", F_OK) != 0)
        #expect(try fixture.call("state", [fixture.id]).output.contains("\"stopped\""))
    }
}
