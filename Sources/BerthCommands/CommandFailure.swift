// SPDX-License-Identifier: Apache-2.0

/// Why a command did not do what it was asked: one line for standard error, and an exit status.
struct CommandFailure: Error, CustomStringConvertible {
    let description: String
    let exitStatus: Int32

    /// What the user gave is wrong: exit status 2. Nothing was changed.
    static func badInput(_ description: String) -> CommandFailure {
        CommandFailure(description: description, exitStatus: 2)
    }

    /// Berth itself could not go on: exit status 125.
    static func berth(_ description: String) -> CommandFailure {
        CommandFailure(description: description, exitStatus: 125)
    }

    /// It was tried and did not work: exit status 1.
    static func failed(_ description: String) -> CommandFailure {
        CommandFailure(description: description, exitStatus: 1)
    }
}
