// SPDX-License-Identifier: Apache-2.0

import CLinux
import ContainerRuntime
import Linux
import OCI
import Testing

private func read(_ path: String) throws -> String {
    String(decoding: try OwnedDescriptor.open(path, O_RDONLY).readAll(limit: 1 << 20), as: UTF8.self)
}

@Suite("The built program")
struct CommandTests {
    @Test("--version and --help say what it is", arguments: [["--version"], ["-v"], ["--help"], ["-h"]])
    func version(_ arguments: [String]) throws {
        let call = try Call(arguments)
        #expect(call.code == 0 && call.output.contains("berth-runtime") && call.error.isEmpty)
    }

    @Test(
        "Each command has a help",
        arguments: [
            "create", "delete", "events", "exec", "features", "kill", "list", "pause", "ps", "resume", "run", "spec",
            "start", "state", "update",
        ])
    func help(_ command: String) throws {
        let call = try Call([command, "--help"])
        #expect(call.code == 0 && call.output.hasPrefix("Usage: berth-runtime \(command) ") && call.error.isEmpty)
        #expect(try Call(["--help"]).output.contains("\n  \(command) "))
    }

    @Test(
        "What it can't understand fails with a sentence",
        arguments: [
            ([], "a command is missing"), (["nothing"], "unknown command `nothing`"), (["--nothing"], "--nothing"),
            (["state"], "argument is missing"), (["state", "a", "b"], "too many"), (["--root"], "needs a value"),
            (["--log-format", "xml", "list"], "text or json"), (["--cgroup-manager", "x", "list"], "disabled"),
            (["--systemd-cgroup", "--cgroup-manager=disabled", "list"], "contradict"),
            (["kill", "id", "NOSIGNAL"], "no signal"), (["state", "../x"], "invalid container ID"),
            (["--log", "/nowhere/log", "list"], "cannot open the log"), (["list", "--format=x"], "table or json"),
        ] as [([String], String)])
    func misuse(_ arguments: [String], _ sentence: String) throws {
        let call = try Call(arguments)
        #expect(call.code == 1 && call.output.isEmpty)
        #expect(call.error.hasPrefix("berth-runtime: ") && call.error.contains(sentence), "\(call.error)")
        #expect(!call.error.contains("berth-runtime: berth-runtime"))
    }

    @Test("An unknown container is an error, but not for delete --force")
    func unknown() throws {
        let scratch = try Scratch()
        let root = ["--root", scratch.path + "/root"]
        for command in [["state", "c"], ["kill", "c"], ["kill", "--all", "c", "9"], ["delete", "c"]] {
            let call = try Call(root + command)
            #expect(call.code == 1 && call.error == "berth-runtime: container does not exist: `c`\n")
        }
        let call = try Call(root + ["delete", "--force", "c"])
        #expect(call.code == 0 && call.output.isEmpty && call.error.isEmpty)
        #expect(try Call(root + ["list", "-q"]).output == "")
        #expect(try Call(root + ["list", "--format", "json"]).output == "[]\n")
    }

    @Test("Errors are in the log as engines read it, and on standard error")
    func log() throws {
        let scratch = try Scratch()
        let file = scratch.path + "/log"
        let options = ["--root=\(scratch.path)/root", "--log", file]
        let first = try Call(options + ["--log-format=json", "state", "a"])
        _ = try Call(options + ["--log-format", "json", "state", "b"])
        #expect(first.error == "berth-runtime: container does not exist: `a`\n")
        let lines = try read(file).split(separator: "\n").map { try JSONValue(parsing: Array($0.utf8)) }
        #expect(lines.map { $0["msg"] } == ["container does not exist: `a`", "container does not exist: `b`"])
        #expect(lines.allSatisfy { $0["level"] == "error" })
        guard case .string(let time)? = lines[0]["time"] else {
            Issue.record("no time")
            return
        }
        #expect(time.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z/) != nil)
        _ = try Call(options + ["state", "c"])
        #expect(try read(file).hasSuffix(#" level="error" msg="container does not exist: `c`""# + "\n"))
    }

    @Test("A warning is in the log; without a log it is on standard error, and never both")
    func warnings() throws {
        let scratch = try Scratch()
        _ = try StateRoot(scratch.path + "/root").make("c")
        try OwnedDescriptor.open(scratch.path + "/root/c/state.json", O_WRONLY | O_CREAT, mode: 0o600).write("{")
        let options = ["--root=\(scratch.path)/root"]
        let told = try Call(options + ["list"])
        #expect(told.code == 0 && told.error.hasPrefix("berth-runtime: warning: the state of container `c` cannot"))
        let logged = try Call(options + ["--log", scratch.path + "/log", "--log-format=json", "list"])
        #expect(logged.code == 0 && logged.error.isEmpty)
        let line = try JSONValue(parsing: Array(read(scratch.path + "/log").utf8))
        #expect(line["level"] == "warning" && line["msg"] != nil)
    }

    @Test("spec writes a configuration that we read, and never over another one")
    func spec() throws {
        let scratch = try Scratch()
        #expect(try Call(["spec"], in: scratch.path).code == 0)
        let config = try ContainerConfig(json: Array(read(scratch.path + "/config.json").utf8))
        #expect(config.process?.args == ["sh"] && config.process?.noNewPrivileges == true)
        #expect(config.linux.namespaces.count == 6 && config.mounts.count == 7)
        let again = try Call(["spec", "--bundle", scratch.path])
        #expect(again.code == 1 && again.error.contains("remove it first"))
    }

    @Test("features has the shape that the specification gives it")
    func features() throws {
        let value = try JSONValue(parsing: Array(Call(["features"]).output.utf8))
        #expect(value["ociVersionMin"] == "1.0.0" && value["ociVersionMax"] == "1.2.0")
        #expect(value["hooks"] == .array(Hooks.Stage.allCases.map { .string($0.rawValue) }))
        let linux = try #require(value["linux"])
        #expect(linux["cgroup"]?["v2"] == true && linux["mountExtensions"]?["idmap"]?["enabled"] == true)
        guard case .array(let capabilities)? = linux["capabilities"], case .array(let options)? = value["mountOptions"],
            case .array(let flags)? = linux["seccomp"]?["supportedFlags"]
        else {
            Issue.record("a list is missing")
            return
        }
        #expect(capabilities.first == "CAP_CHOWN" && capabilities.count > 37)
        #expect(options.contains("rro") && options.contains("bind") && flags.contains("SECCOMP_FILTER_FLAG_LOG"))
    }
}

@Suite("Containers by their state alone")
struct ContainerStateTests {
    /// A process that is there until its end of file: the test's own.
    private struct Sleeper: ~Copyable {
        let pid: pid_t

        init() throws {
            pid = try spawn("/bin/sleep", ["sleep", "1000"])
        }

        /// How it ended.
        func end() throws -> CInt {
            var status: CInt = 0
            try retrying { waitpid(pid, &status, 0) }
            return status & 0x7F
        }
    }

    private func make(_ id: String, _ pid: pid_t, _ root: StateRoot) throws {
        var record = ContainerRecord(
            id: id, bundle: "/b", rootfs: "/b/rootfs", created: timestamp(), owner: "root",
            annotations: ["k": "v"], hasOwnProcesses: true)
        record.process = try ProcessIdentity.current(pid)
        let directory = try root.make(id)
        try directory.keep(config: Array(SpecSample.text.utf8))
        try directory.save(record)
    }

    @Test("state, list, kill and delete from running to stopped")
    func life() throws {
        let scratch = try Scratch()
        let root = ["--root", scratch.path]
        let sleeper = try Sleeper()
        try make("c", sleeper.pid, StateRoot(scratch.path))
        let state = try State(json: Array(Call(root + ["state", "c"]).output.utf8))
        #expect(state.status == .running && state.pid == sleeper.pid && state.bundle == "/b" && state.owner == "root")
        #expect(state.annotations == ["k": "v"])
        #expect(try Call(root + ["list", "-q"]).output == "c\n")
        let table = try Call(root + ["list"]).output
        #expect(table.hasPrefix("ID  PID") && table.contains("c   \(sleeper.pid)"))
        let early = try Call(root + ["delete", "c"])
        #expect(early.code == 1 && early.error.contains("not stopped: it is running"))
        #expect(try Call(root + ["kill", "c", "SIGUSR1"]).code == 0)
        #expect(try sleeper.end() == SIGUSR1)
        let stopped = try State(json: Array(Call(root + ["state", "c"]).output.utf8))
        #expect(stopped.status == .stopped && stopped.pid == 0)
        let late = try Call(root + ["kill", "c", "15"])
        #expect(late.code == 1 && late.error.contains("container not running"))
        #expect(try Call(root + ["kill", "--all", "c", "9"]).code == 0)
        #expect(try Call(root + ["delete", "c"]).code == 0)
        #expect(try Call(root + ["delete", "c"]).code == 1)
        #expect(try Call(root + ["delete", "--force", "c"]).code == 0)
    }

    @Test("delete --force kills what is running")
    func force() throws {
        let scratch = try Scratch()
        let sleeper = try Sleeper()
        try make("c", sleeper.pid, StateRoot(scratch.path))
        #expect(try Call(["--root", scratch.path, "delete", "-f", "c"]).code == 0)
        #expect(try sleeper.end() == SIGKILL)
        #expect(try Call(["--root", scratch.path, "list"]).output.split(separator: "\n").count == 1)
    }

    @Test("A process that has the number by chance gets no signal")
    func reuse() throws {
        let scratch = try Scratch()
        let root = StateRoot(scratch.path)
        let ours = try #require(try ProcessIdentity.current(getpid()))
        try make("c", getpid(), root)
        let directory = try root.container("c")
        var record = try #require(try directory.record())
        record.process = ProcessIdentity(pid: ours.pid, startTime: ours.startTime + 1)
        try directory.save(record)
        #expect(try Call(["--root", scratch.path, "kill", "c", "KILL"]).code == 1)
        #expect(try Call(["--root", scratch.path, "delete", "--force", "c"]).code == 0)
    }

    @Test("One whose making was cut off is told apart, and can be deleted")
    func cutOff() throws {
        let scratch = try Scratch()
        _ = try StateRoot(scratch.path).make("c")
        let call = try Call(["--root", scratch.path, "state", "c"])
        #expect(call.code == 1 && call.error.contains("delete it with delete --force"))
        #expect(try Call(["--root", scratch.path, "list", "-q"]).output == "c\n")
        #expect(try Call(["--root", scratch.path, "delete", "--force", "c"]).code == 0)
        #expect(try Call(["--root", scratch.path, "list", "-q"]).output == "")
    }
}

enum SpecSample {
    static let text = #"{"ociVersion":"1.2.0","root":{"path":"rootfs"},"process":{"args":["sh"],"cwd":"/"}}"#
}
