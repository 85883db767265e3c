// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import ControlPlane

/// `berth network`.
struct NetworkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "network",
        abstract: "What the network of the pods leaves on the host between runs.",
        subcommands: [NetworkRemove.self])
}

/// `berth network rm`.
struct NetworkRemove: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm",
        abstract: "Removes the bridge berth0 and Berth's nftables table.",
        discussion: """
            Forwarding is turned off where Berth turned it on, before anything else. The next run with a network makes all \
            of it again. Refused while pods have addresses.

            EXAMPLES
              berth network rm
            """)

    func run() throws {
        do throws(RunError) {
            try PodNetwork.remove()
        } catch {
            throw CommandFailure.failed(error.description)
        }
    }
}
