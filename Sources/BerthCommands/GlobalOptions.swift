// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Linux

/// What every command takes.
struct GlobalOptions: ParsableArguments {
    @Option(
        name: .customLong("state-dir"),
        help: ArgumentHelp(
            "Where images, logs and runs are kept (default: $BERTH_STATE_DIR, else /var/lib/berth).",
            valueName: "directory"))
    var stateDirectoryFlag: String?

    /// The state directory, absolute.
    var stateDirectory: String {
        stateDirectoryFlag ?? environmentVariable("BERTH_STATE_DIR").flatMap { $0.isEmpty ? nil : $0 }
            ?? "/var/lib/berth"
    }

    func validate() throws {
        guard stateDirectory.isAbsolutePath else {
            throw ValidationError("the state directory must be an absolute path, not \(stateDirectory)")
        }
    }
}
