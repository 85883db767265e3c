// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CLinux

/// `berth doctor`.
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Says what this host offers to pods, and what is missing for what.",
        discussion: """
            Changes nothing. The exit status is 0 when Jobs can run with all their limits, 1 when something that every \
            Job needs is missing.

            EXAMPLES
              berth doctor
              berth doctor && berth run job.yaml
            """)

    @OptionGroup var global: GlobalOptions

    func run() throws {
        let terminal = Terminal(descriptor: STDOUT_FILENO, environment: environmentVariable)
        let checks = HostReport.read(stateDirectory: global.stateDirectory).checks
        let width = (checks.map(\.name.count).max() ?? 0) + 2
        for check in checks {
            let mark =
                switch check.verdict {
                case .good: Color.green("ok", terminal.usesColor) + "       "
                case .limited: Color.yellow("limited", terminal.usesColor) + "  "
                case .missing: Color.red("missing", terminal.usesColor) + "  "
                }
            print(mark + check.name.padded(to: width) + check.finding.escapedForTerminal)
            if let advice = check.advice { print(String(repeating: " ", count: 9 + width) + "→ " + advice) }
        }
        if checks.contains(where: { $0.verdict == .missing }) { throw ExitCode(1) }
    }
}
