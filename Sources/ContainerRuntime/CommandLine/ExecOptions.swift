// SPDX-License-Identifier: Apache-2.0

/// What `exec` takes: the whole process from a file, or its parts by options.
struct ExecOptions {
    let id: String
    /// The file with a `process` of `config.json`; then none of the options on the process.
    let processFile: String?
    /// The program and its arguments; empty with a file.
    let command: [String]
    let cwd: String?
    /// `NAME=value`, added to the container's.
    let environment: [String]
    let hasTerminal: Bool
    let user: (uid: UInt32, gid: UInt32?)?
    let additionalGroups: [UInt32]
    let capabilities: [String]
    let apparmorProfile: String?
    let selinuxLabel: String?
    let noNewPrivileges: Bool

    let isDetached: Bool
    let pidFile: String?
    let consoleSocket: String?
    let pidfdSocket: String?
    let preservedDescriptors: Int
    /// Below the container's cgroup.
    let cgroup: String?
    /// Goes on although the container is paused: the process waits there.
    let ignoresPause: Bool

    static var usage: CommandUsage {
        CommandUsage(
            name: "exec", summary: "runs another program in a container",
            options: processOptions + callOptions, operands: "ID COMMAND [ARG...]", operandCount: 1...Int.max,
            stopsAtFirstOperand: true)
    }

    private static var processOptions: [Option] {
        [
            Option("process", "p", value: "FILE", help: "reads the process from a JSON file"),
            Option("cwd", value: "DIR", help: "its working directory"),
            Option("env", "e", value: "NAME=VALUE", help: "adds a variable to its environment"),
            Option("tty", "t", help: "gives it a terminal"),
            Option("user", "u", value: "UID[:GID]", help: "as whom it runs"),
            Option("additional-gids", "g", value: "GID", help: "adds a group"),
            Option("cap", "c", value: "CAP", help: "adds a capability"),
            Option("apparmor", value: "PROFILE", help: "its AppArmor profile"),
            Option("process-label", value: "LABEL", help: "its SELinux label"),
            Option("no-new-privs", help: "it can't gain privileges"),
        ]
    }

    private static var callOptions: [Option] {
        [
            Option("detach", "d", help: "doesn't wait until it has ended"),
            Option("pid-file", value: "FILE", help: "where its pid is written"),
            Option("console-socket", value: "SOCKET", help: "to which the terminal is sent"),
            Option("pidfd-socket", value: "SOCKET", help: "to which a pidfd of it is sent"),
            Option("preserve-fds", value: "N", help: "leaves N descriptors from 3 on open"),
            Option("cgroup", value: "PATH", help: "puts it into a cgroup below the container's"),
            Option("ignore-paused", help: "goes on although the container is paused"),
        ]
    }

    init(_ arguments: ParsedArguments) throws(RuntimeError) {
        id = arguments.operands[0]
        processFile = arguments["process"]
        command = Array(arguments.operands.dropFirst())
        cwd = arguments["cwd"]
        environment = arguments.all("env")
        hasTerminal = arguments.has("tty")
        user = if let text = arguments["user"] { try Self.user(text, arguments) } else { nil }
        var groups: [UInt32] = []
        // Both `-g 1 -g 2` and `-g 1,2`.
        for text in arguments.all("additional-gids").flatMap({ $0.split(separator: ",") }) {
            guard let group = UInt32(text) else { throw arguments.failure("--additional-gids: `\(text)` is no number") }
            groups.append(group)
        }
        additionalGroups = groups
        capabilities = arguments.all("cap")
        apparmorProfile = arguments["apparmor"]
        selinuxLabel = arguments["process-label"]
        noNewPrivileges = arguments.has("no-new-privs")
        isDetached = arguments.has("detach")
        pidFile = arguments["pid-file"]
        consoleSocket = arguments["console-socket"]
        pidfdSocket = arguments["pidfd-socket"]
        preservedDescriptors = try preservedCount(arguments)
        cgroup = arguments["cgroup"]
        ignoresPause = arguments.has("ignore-paused")
        if processFile == nil, command.isEmpty { throw arguments.failure("needs --process FILE or a command") }
    }

    private static func user(
        _ text: String, _ arguments: ParsedArguments
    ) throws(RuntimeError) -> (uid: UInt32, gid: UInt32?) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let uid = UInt32(parts[0]), parts.count == 1 || UInt32(parts[1]) != nil else {
            throw arguments.failure("--user takes numbers, UID or UID:GID, not `\(text)`")
        }
        return (uid, parts.count == 1 ? nil : UInt32(parts[1]))
    }
}
