// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import ImageStore

/// `berth image rm`.
struct ImageRemove: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm",
        abstract: "Takes names away; content goes with its last name.",
        discussion: """
            Content that a run may be using stays until a later change of the store. A bound directory is not touched.

            EXAMPLES
              berth image rm perl:5.34.0
              berth image rm host tool
            """)

    @OptionGroup var global: GlobalOptions
    @Argument(help: "The names.") var names: [String]

    func run() throws {
        var failures: [CommandFailure] = []
        for name in names {
            do {
                try global.withImages { images throws(ImageStoreError) in try images.remove(name) }
                print("removed \(name.escapedForTerminal)")
            } catch let failure as CommandFailure {
                failures.append(failure)
            }
        }
        guard let worst = failures.map(\.exitStatus).max() else { return }
        throw CommandFailure(description: failures.map(\.description).joined(separator: "\n"), exitStatus: worst)
    }
}
