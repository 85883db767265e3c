// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import ContainerRuntime

private let usage = CommandUsage(
    name: "try", summary: "for tests",
    options: [
        Option("all", "a", help: ""), Option("bundle", "b", value: "DIR", help: ""),
        Option("env", "e", value: "N=V", help: ""), Option("quiet", "q", help: ""),
        Option("count", value: "N", help: ""),
    ], operands: "ID [X]", operandCount: 1...2)

private let inOrder = CommandUsage(
    name: "try", summary: "", options: usage.options, operandCount: 1...9, stopsAtFirstOperand: true)

@Suite("Arguments are read as getopt_long reads them")
struct ParsedArgumentsTests {
    @Test(
        "All ways to give a value mean the same",
        arguments: [
            ["--bundle", "/b", "id"], ["--bundle=/b", "id"], ["-b", "/b", "id"], ["-b/b", "id"], ["id", "-b", "/b"],
            ["-b", "/other", "--bundle", "/b", "id"], ["-qb", "/b", "id"], ["--bundle", "/b", "--", "id"],
        ])
    func values(_ arguments: [String]) throws {
        let parsed = try ParsedArguments(arguments, usage)
        #expect(parsed["bundle"] == "/b" && parsed.operands == ["id"])
    }

    @Test("A value may look like an option, be empty, and have an equals sign")
    func oddValues() throws {
        let parsed = try ParsedArguments(["--env", "A=b=c", "--env=D=", "-e", "-a", "--bundle=", "id"], usage)
        #expect(parsed.all("env") == ["A=b=c", "D=", "-a"] && parsed["bundle"] == "" && !parsed.has("all"))
    }

    @Test("Flags: alone, together, and with true or false")
    func flags() throws {
        let parsed = try ParsedArguments(["-aq", "id"], usage)
        #expect(parsed.has("all") && parsed.has("quiet"))
        #expect(try ParsedArguments(["--all=true", "id"], usage).has("all"))
        #expect(try !ParsedArguments(["--all", "--all=false", "id"], usage).has("all"))
        #expect(try !ParsedArguments(["id"], usage).has("all"))
    }

    @Test("After -- and, where the command says so, after the first operand, all are operands")
    func operands() throws {
        #expect(try ParsedArguments(["--", "-a", "--bundle"], usage).operands == ["-a", "--bundle"])
        #expect(try ParsedArguments(["id", "-"], usage).operands == ["id", "-"])
        let parsed = try ParsedArguments(["-q", "id", "ls", "-a", "--", "--help"], inOrder)
        #expect(parsed.operands == ["id", "ls", "-a", "--", "--help"] && !parsed.has("all") && parsed.has("quiet"))
        #expect(try ParsedArguments(["--", "id", "-a"], inOrder).operands == ["id", "-a"])
    }

    @Test("Help wins over what is missing", arguments: [["--help"], ["-h"], ["-ah"], ["id", "x", "--help"]])
    func help(_ arguments: [String]) throws { #expect(try ParsedArguments(arguments, usage).wantsHelp) }

    @Test(
        "What can't be understood is said",
        arguments: [
            (["--nothing", "id"], "try: unknown option --nothing"), (["-x", "id"], "try: unknown option -x"),
            (["--al", "id"], "try: unknown option --al"), (["id", "--bundle"], "try: option --bundle needs a value"),
            (["id", "-b"], "try: option -b needs a value"), (["-xa", "id"], "try: unknown option -x"),
            (["--all=yes", "id"], "try: option --all takes no value, or true or false"),
            ([], "try: an argument is missing: it takes ID [X]"),
            (["a", "b", "c"], "try: too many arguments: it takes ID [X]"),
        ])
    func refused(_ arguments: [String], _ sentence: String) throws {
        let error = try #require(throws: RuntimeError.self) { try ParsedArguments(arguments, usage) }
        #expect(error.message == sentence)
    }

    @Test("Numbers have a range", arguments: [("0", 0), ("9", 9), ("10", nil), ("-1", nil), ("x", nil), ("", nil)])
    func numbers(_ text: String, _ number: Int?) throws {
        let parsed = try ParsedArguments(["--count=\(text)", "id"], usage)
        if let number {
            #expect(try parsed.number("count", in: 0...9) == number)
        } else {
            #expect(throws: RuntimeError.self) { try parsed.number("count", in: 0...9) }
        }
    }
}

@Suite("Options of the commands that start and change containers")
struct CommandOptionsTests {
    @Test("create as podman and containerd call it")
    func create() throws {
        let usage = CommandUsage(name: "create", summary: "", options: CreateOptions.options, operandCount: 1...1)
        let podman = try CreateOptions(
            ParsedArguments(["--bundle", "/d", "--pid-file", "/r/pidfile", "--console-socket", "/tmp/s", "id"], usage))
        #expect(podman.bundle == "/d" && podman.pidFile == "/r/pidfile" && podman.consoleSocket == "/tmp/s")
        let containerd = try CreateOptions(
            ParsedArguments(["--bundle=/d", "--no-pivot", "--no-new-keyring", "id"], usage))
        #expect(containerd.noPivot && containerd.noNewKeyring && containerd.preservedDescriptors == 0)
        #expect(throws: RuntimeError.self) {
            try CreateOptions(ParsedArguments(["--preserve-fds", "-1", "id"], usage))
        }
    }

    @Test("exec as podman calls it, and as people do")
    func exec() throws {
        let podman = try ExecOptions(
            ParsedArguments(
                ["--pid-file", "/p", "--process", "/f", "--detach", "--tty", "--console-socket", "/s", "id"],
                ExecOptions.usage))
        #expect(podman.processFile == "/f" && podman.isDetached && podman.hasTerminal && podman.id == "id")
        let people = try ExecOptions(
            ParsedArguments(
                ["-e", "A=b", "-u", "7:8", "-g", "1,2", "-g3", "--cap=CAP_KILL", "id", "ls", "-l"], ExecOptions.usage))
        #expect(people.command == ["ls", "-l"] && people.environment == ["A=b"] && people.capabilities == ["CAP_KILL"])
        #expect(people.user?.uid == 7 && people.user?.gid == 8 && people.additionalGroups == [1, 2, 3])
        for arguments in [["id"], ["-u", "root", "id", "ls"], ["-u", "1:", "id", "ls"], ["-gx", "id", "ls"]] {
            #expect(throws: RuntimeError.self) { try ExecOptions(ParsedArguments(arguments, ExecOptions.usage)) }
        }
    }

    @Test(
        "The time between two events",
        arguments: [("500ms", Duration.milliseconds(500)), ("5s", .seconds(5)), ("2m", .seconds(120))])
    func interval(_ text: String, _ duration: Duration) throws {
        #expect(
            try EventsOptions(ParsedArguments(["--interval", text, "id"], EventsOptions.usage)).interval == duration)
    }

    @Test("No time", arguments: ["5", "", "0s", "-1s", "s", "1.5s"])
    func noInterval(_ text: String) {
        #expect(throws: RuntimeError.self) {
            try EventsOptions(ParsedArguments(["--interval", text, "id"], EventsOptions.usage))
        }
    }
}

@Suite("Signals by number and by name")
struct SignalNameTests {
    @Test(
        "What engines and people write",
        arguments: [
            ("9", 9), ("TERM", 15), ("SIGTERM", 15), ("sigkill", 9), ("usr1", 10), ("64", 64), ("RTMIN", 34),
            ("SIGRTMIN+3", 37), ("RTMAX-1", 63), ("CLD", 17), ("SYS", 31),
        ])
    func known(_ text: String, _ number: CInt) throws { #expect(try signalNumber(text) == number) }

    @Test("What is none", arguments: ["0", "65", "-9", "", "SIG", "TERMX", "RTMIN+31", "RTMIN-1", "RTMAX+1", "RTMINx"])
    func unknown(_ text: String) { #expect(throws: RuntimeError.self) { try signalNumber(text) } }
}
