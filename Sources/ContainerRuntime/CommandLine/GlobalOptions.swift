// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// What stands before the command.
struct GlobalOptions {
    var root: StateRoot
    var logPath: String?
    var logsJSON = false
    var isVerbose = false
    var cgroupManager = CgroupManager.cgroupfs

    static let usage = CommandUsage(
        name: "berth-runtime", summary: "Runs containers as the OCI runtime specification describes them.",
        options: [
            Option("root", value: "DIR", help: "where the states of containers are (default \(StateRoot.standard))"),
            Option("log", value: "FILE", help: "appends errors and warnings to the file"),
            Option("log-format", value: "text|json", help: "how the file is written (default text)"),
            Option("systemd-cgroup", help: "the same as --cgroup-manager systemd"),
            Option("cgroup-manager", value: "disabled|cgroupfs|systemd", help: "who makes cgroups (default cgroupfs)"),
            Option("rootless", value: "true|false|auto", help: "whether the state is the user's own (default auto)"),
            Option("debug", help: "logs more"),
            Option("version", "v", help: "shows the version"),
        ], operands: "COMMAND ...", operandCount: 0...Int.max, stopsAtFirstOperand: true)

    init(_ arguments: ParsedArguments) throws(RuntimeError) {
        root = StateRoot(try Self.rootPath(arguments))
        logPath = arguments["log"].flatMap { $0.isEmpty ? nil : $0 }
        switch arguments["log-format"] ?? "text" {
        case "text": logsJSON = false
        case "json": logsJSON = true
        case let other: throw arguments.failure("--log-format is text or json, not `\(other)`")
        }
        isVerbose = arguments.has("debug")
        if let word = arguments["cgroup-manager"] {
            guard let manager = CgroupManager(rawValue: word) else {
                throw arguments.failure("--cgroup-manager is disabled, cgroupfs or systemd, not `\(word)`")
            }
            cgroupManager = manager
        }
        if arguments.has("systemd-cgroup") {
            if arguments["cgroup-manager"] != nil, cgroupManager != .systemd {
                throw arguments.failure("--systemd-cgroup and --cgroup-manager \(cgroupManager) contradict each other")
            }
            cgroupManager = .systemd
        }
    }

    private static func rootPath(_ arguments: ParsedArguments) throws(RuntimeError) -> String {
        let rootless: Bool
        switch arguments["rootless"] ?? "auto" {
        case "true": rootless = true
        case "false": rootless = false
        case "auto": rootless = geteuid() != 0
        case let other: throw arguments.failure("--rootless is true, false or auto, not `\(other)`")
        }
        if let path = arguments["root"] {
            if path.isEmpty { throw arguments.failure("--root is empty") }
            return try absolutePath(path)
        }
        guard rootless else { return StateRoot.standard }
        guard let runtime = getenv("XDG_RUNTIME_DIR"), runtime.pointee != 0 else {
            throw arguments.failure("XDG_RUNTIME_DIR is not set: say with --root where the state is to be")
        }
        return String(cString: runtime) + "/berth-runtime"
    }
}

/// The path from the root directory on; links are left as they are.
func absolutePath(_ path: String) throws(RuntimeError) -> String {
    if path.isAbsolutePath { return path }
    guard let directory = getcwd(nil, 0) else {
        throw RuntimeError("cannot tell the working directory: \(Errno.current)")
    }
    defer { free(directory) }
    let base = String(cString: directory)
    return path.isEmpty || path == "." ? base : "\(base == "/" ? "" : base)/\(path)"
}
