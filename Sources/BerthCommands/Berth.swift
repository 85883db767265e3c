// SPDX-License-Identifier: Apache-2.0

public import ArgumentParser

/// The `berth` command.
public struct Berth: ParsableCommand {
    public static let configuration = CommandConfiguration(
        commandName: "berth", abstract: "Runs Kubernetes Jobs on one Linux machine, without Kubernetes.")

    public init() {}
}
