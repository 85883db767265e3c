// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import OCI

/// The command line of `berth-runtime`.
public enum RuntimeCommand {
    /// The program's own version.
    static let version = "0.1.0"

    /// A command by its name; a switch, so that a start makes no table.
    private static func command(_ name: String) -> SubcommandKind? {
        switch name {
        case "create": SubcommandKind(CreateCommand.self)
        case "delete": SubcommandKind(DeleteCommand.self)
        case "events": SubcommandKind(EventsCommand.self)
        case "exec": SubcommandKind(ExecCommand.self)
        case "features": SubcommandKind(FeaturesCommand.self)
        case "kill": SubcommandKind(KillCommand.self)
        case "list": SubcommandKind(ListCommand.self)
        case "pause": SubcommandKind(PauseCommand.self)
        case "ps": SubcommandKind(PsCommand.self)
        case "resume": SubcommandKind(ResumeCommand.self)
        case "run": SubcommandKind(RunCommand.self)
        case "spec": SubcommandKind(SpecCommand.self)
        case "start": SubcommandKind(StartCommand.self)
        case "state": SubcommandKind(StateCommand.self)
        case "update": SubcommandKind(UpdateCommand.self)
        default: nil
        }
    }

    /// For the help, in its order.
    private static let names = [
        "create", "delete", "events", "exec", "features", "kill", "list", "pause", "ps", "resume", "run", "spec",
        "start", "state", "update",
    ]

    /// Carries out one call.
    ///
    /// - Parameter arguments: as the process has them, its name first.
    /// - Returns: the exit status.
    public static func run(_ arguments: [String]) -> CInt {
        let options: GlobalOptions
        let log: RuntimeLog
        let operands: [String]
        do throws(RuntimeError) {
            try occupyStandardStreams()
            let parsed = try ParsedArguments(arguments.dropFirst(), GlobalOptions.usage)
            if parsed.wantsHelp { return show(help()) }
            if parsed.has("version") { return show(versionText) }
            options = try GlobalOptions(parsed)
            log = try RuntimeLog(path: options.logPath, json: options.logsJSON, verbose: options.isVerbose)
            operands = parsed.operands
        } catch {
            RuntimeLog.tell(error.message)
            return error.exitCode
        }
        return run(operands, Runtime(root: options.root, cgroupManager: options.cgroupManager, log: log))
    }

    private static func run(_ operands: [String], _ runtime: Runtime) -> CInt {
        guard let name = operands.first else {
            runtime.log.error("a command is missing: see berth-runtime --help")
            return 1
        }
        guard let command = command(name) else {
            runtime.log.error("unknown command `\(name)`: see berth-runtime --help")
            return 1
        }
        do throws(RuntimeError) {
            let usage = command.usage()
            let parsed = try ParsedArguments(operands.dropFirst(), usage)
            if parsed.wantsHelp { return show(usage.help(prefix: "berth-runtime \(name)")) }
            return try command.run(parsed, runtime)
        } catch {
            runtime.log.error(error.message)
            return error.exitCode == 1 ? command.failureCode : error.exitCode
        }
    }

    // MARK: - What a call prints

    private static var versionText: String { "berth-runtime version \(version)\nspec: \(ociVersion)\n" }

    private static func help() -> String {
        let commands = names.map { name in
            "  " + name + String(repeating: " ", count: 10 - name.count) + (command(name)?.usage().summary ?? "")
        }
        return GlobalOptions.usage.help(prefix: "berth-runtime") + "\nCommands:\n" + commands.joined(separator: "\n")
            + "\n\n`berth-runtime COMMAND --help` shows the options of a command.\n"
    }

    private static func show(_ text: String) -> CInt {
        do throws(RuntimeError) { try printOutput(text) } catch {
            RuntimeLog.tell(error.message)
            return 1
        }
        return 0
    }

    /// A caller may have closed 0, 1 or 2. What is opened next would be there, and be taken for a standard stream.
    private static func occupyStandardStreams() throws(RuntimeError) {
        for descriptor: CInt in 0...2 where clinux_fcntl(descriptor, F_GETFD, 0) == -1 {
            // The lowest free number is this one: those below are taken.
            guard clinux_openat(AT_FDCWD, "/dev/null", O_RDWR, 0) == descriptor else {
                throw RuntimeError("cannot open /dev/null in place of closed standard streams")
            }
        }
    }
}

/// Writes what a command was asked for to standard output.
func printOutput(_ text: String) throws(RuntimeError) {
    let bytes = Array(text.utf8)
    var offset = 0
    while offset < bytes.count {
        do throws(Errno) {
            offset += try retrying {
                bytes.withUnsafeBytes { write(1, $0.baseAddress! + offset, $0.count - offset) }
            }
        } catch {
            throw RuntimeError("cannot write to standard output: \(error)")
        }
    }
}
