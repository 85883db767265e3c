// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import OCI
import Sandbox
import Testing

@testable import ContainerRuntime

@Suite("Hooks", .serialized)
struct HookTests {
    private func hooks(_ json: String) throws -> [Hook] {
        try Hooks(json: Array("{\"poststart\": [\(json)]}".utf8)).poststart
    }

    private func shell(_ script: String, _ more: String = "") throws -> Hook {
        try hooks("{\"path\": \"/bin/sh\", \"args\": [\"sh\", \"-c\", \(JSONValue.string(script).text())]\(more)}")[0]
    }

    private func failure(_ hooks: [Hook], _ state: String = "{}") -> String? {
        do throws(RuntimeError) {
            try runHooks(hooks, .poststart, state: Array(state.utf8), in: .runtime)
            return nil
        } catch {
            return error.message
        }
    }

    @Test("They run in their order, each with its arguments, its variables and no other, and the state")
    func order() throws {
        let scratch = try Scratch()
        let file = "\(scratch.path)/out"
        let first = try shell(
            "echo first $0 $A >> \(file); /usr/bin/env >> \(file); cat >> \(file)", ", \"env\": [\"A=b c\"]")
        let second = try shell("echo second >> \(file)")
        #expect(failure([first, second], "the state\n") == nil)
        let text = String(decoding: try OwnedDescriptor.open(file, O_RDONLY).readAll(limit: 4096), as: UTF8.self)
        #expect(text.hasPrefix("first sh b c\n") && text.hasSuffix("the state\nsecond\n"))
        let variables = text.split(separator: "\n").filter {
            $0.contains("=") && !$0.hasPrefix("PWD") && !$0.hasPrefix("_")
        }
        #expect(variables.filter { !$0.hasPrefix("SHLVL") && !$0.hasPrefix("OLDPWD") } == ["A=b c"])
    }

    @Test("One that doesn't read a long state has not failed")
    func unread() throws { #expect(failure([try shell("exit 0")], String(repeating: "x", count: 1 << 20)) == nil) }

    @Test("A failed one is named with its stage, its end and its last words, and the next is not run")
    func fails() throws {
        let scratch = try Scratch()
        let next = try shell("echo > \(scratch.path)/next")
        #expect(
            failure([try shell("echo out; echo err >&2; exit 3"), next])
                == "hooks.poststart[0]: /bin/sh: exited with status 3: out; err")
        #expect(failure([try shell("kill -9 $$"), next]) == "hooks.poststart[0]: /bin/sh: killed by signal 9")
        #expect(access("\(scratch.path)/next", F_OK) != 0)
        #expect(
            failure(try hooks("{\"path\": \"/no/such\"}")) == "hooks.poststart[0]: /no/such: No such file or directory")
        let long = try #require(failure([try shell("yes | head -c 200000; exit 1")]))
        #expect(long.utf8.count < 2000)
    }

    @Test("A late one is killed with all that it started")
    func late() throws {
        let scratch = try Scratch()
        let script = "sleep 100000 & echo $! > \(scratch.path)/pid; wait"
        let message = failure([try shell(script, ", \"timeout\": 1, \"env\": [\"PATH=/bin:/usr/bin\"]")])
        #expect(message == "hooks.poststart[0]: /bin/sh: took longer than its 1 s, and was killed")
        let text = try OwnedDescriptor.open("\(scratch.path)/pid", O_RDONLY).readAll(limit: 100)
        let pid = try #require(pid_t(String(decoding: text.dropLast(), as: UTF8.self)))
        // It may wait to be reaped by whoever is init here.
        for _ in 0..<1000 where try ProcessIdentity.current(pid) != nil { usleep(10_000) }
        #expect(try ProcessIdentity.current(pid) == nil)
    }

    @Test("One that leaves something behind has not failed, and nobody waits for that")
    func leaves() throws {
        #expect(failure([try shell("sleep 3 & exit 0", ", \"env\": [\"PATH=/bin:/usr/bin\"]")]) == nil)
    }

    @Test("Where failures change nothing any more, all are run and each is a warning")
    func warns() throws {
        var warnings: [String] = []
        warnOfHooks([try shell("exit 1"), try shell("exit 2")], .poststop, state: []) { warnings.append($0) }
        #expect(warnings.count == 2 && warnings.allSatisfy { $0.hasPrefix("hooks.poststop[0]: /bin/sh: exited") })
    }
}

@Suite("Hooks of a container", .serialized, .enabled(if: getuid() == 0, "needs root: makes namespaces"))
struct ContainerHookTests {
    private func hook(_ stage: String, _ script: String, _ more: String = "") -> String {
        """
        {"\(stage)": [{"path": "/bin/sh", "args": ["sh", "-c", \(JSONValue.string(script).text())],
         "env": ["PATH=/bin:/usr/bin"]\(more)}]}
        """
    }

    @Test(
        "createRuntime sees the host, createContainer the host's files and the container's pid, startContainer the container"
    )
    func places() throws {
        let fixture = try RunFixture()
        let out = fixture.directory
        let host = "cat > \(out)/told; test -f \(out)/bundle/config.json"
        let runtime = try fixture.run("true", hooks: hook("createRuntime", "\(host) || exit 9"))
        #expect(runtime.code == 0, "\(runtime.error)")
        let seen = try JSONValue(parsing: Array(try fixture.read("told").utf8))
        #expect(seen["id"] == .string(fixture.id) && seen["status"] == "created" && seen["pid"] != 1)
        let container = try fixture.run("true", hooks: hook("createContainer", "\(host) || exit 9"))
        #expect(container.code == 0, "\(container.error)")
        #expect(try JSONValue(parsing: Array(try fixture.read("told").utf8))["pid"] == 1)
        let start = try fixture.run("cat /state", hooks: hook("startContainer", "test ! -e \(out) && cat > /state"))
        #expect(start.code == 0, "\(start.error)")
        #expect(try JSONValue(parsing: Array(start.output.utf8))["pid"] == 1)
    }

    @Test(
        "A failure up to poststart ends the container, with poststop and without a trace",
        arguments: ["prestart", "createRuntime", "createContainer", "startContainer", "poststart"])
    func fails(stage: String) throws {
        let fixture = try RunFixture()
        let poststop = hook("poststop", "echo > \(fixture.directory)/stopped").dropFirst().dropLast()
        let failing = hook(stage, "echo words; exit 5").dropFirst().dropLast()
        let call = try fixture.run("sleep 100000", hooks: "{\(failing), \(poststop)}")
        #expect(call.code == 1 && call.error.contains("hooks.\(stage)"), "\(call.error)")
        #expect(call.error.contains("exited with status 5: words"), "\(call.error)")
        #expect(access("\(fixture.directory)/stopped", F_OK) == 0)
        #expect(try fixture.call("list", ["-q"]).output == "")
    }

    @Test("A failed poststop is a warning")
    func poststop() throws {
        let call = try RunFixture().run("true", hooks: hook("poststop", "exit 5"))
        #expect(call.code == 0 && call.error.contains("hooks.poststop[0]: /bin/sh: exited with status 5"))
    }

    @Test("startContainer comes with start, and its failure and its lateness are the caller's to hear")
    func startContainer() throws {
        let fixture = try RunFixture()
        try fixture.configure("sleep 100000", hooks: hook("startContainer", "echo x > /hooked; exit 4"))
        #expect(try fixture.create().code == 0)
        #expect(access("\(fixture.directory)/bundle/rootfs/hooked", F_OK) != 0)
        let started = try fixture.call("start", [fixture.id])
        #expect(started.code == 1 && started.error.contains("hooks.startContainer: /bin/sh: exited with status 4"))
        #expect(access("\(fixture.directory)/bundle/rootfs/hooked", F_OK) == 0)
        let late = try RunFixture().run(
            "true", hooks: hook("startContainer", "sleep 100000", ", \"timeout\": 1"))
        #expect(late.code == 1 && late.error.contains("took longer than its 1 s"), "\(late.error)")
        let missing = try RunFixture().run("true", hooks: "{\"startContainer\": [{\"path\": \"/bin/none\"}]}")
        #expect(missing.code == 1 && missing.error.contains("/bin/none: No such file"), "\(missing.error)")
    }
}
