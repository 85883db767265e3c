// SPDX-License-Identifier: Apache-2.0

public import ArgumentParser
import CLinux

/// The `berth` command.
public struct Berth: ParsableCommand {
    public static let configuration = CommandConfiguration(
        commandName: "berth",
        abstract: "Runs Kubernetes Jobs on one Linux machine, without Kubernetes.",
        discussion: """
            EXAMPLES
              berth run job.yaml
              berth run --image busybox --memory 64Mi -- echo hello
              berth doctor
            """,
        version: "0.1.0",
        subcommands: [
            RunCommand.self, ValidateCommand.self, ImageCommand.self, NetworkCommand.self, DoctorCommand.self,
        ])

    public init() {}

    /// Carries out the command line and ends the process: 0, or 2 for bad input, 125 when Berth itself fails, or what
    /// the command says.
    public static func start() -> Never {
        do {
            var command = try parseAsRoot()
            try command.run()
            CLinux.exit(0)
        } catch let failure as CommandFailure {
            for line in failure.description.split(separator: "\n") { writeError("berth: \(line)\n") }
            CLinux.exit(failure.exitStatus)
        } catch {
            let code = exitCode(for: error)
            let message = fullMessage(for: error)
            if code.isSuccess { print(message) } else if !message.isEmpty { writeError(message + "\n") }
            // ArgumentParser's own status for a wrong command line is 64 (EX_USAGE); ours is 2, as a shell's.
            CLinux.exit(code == .validationFailure ? 2 : code.rawValue)
        }
    }

    private static func writeError(_ text: String) {
        Terminal(descriptor: STDERR_FILENO, environment: environmentVariable).write(text)
    }
}
