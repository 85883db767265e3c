// SPDX-License-Identifier: Apache-2.0

import OCI

/// `state ID`: what the container is doing, as one JSON object.
struct StateCommand: Subcommand {
    static var usage: CommandUsage {
        CommandUsage(
            name: "state", summary: "shows the state of a container", operands: "ID", operandCount: 1...1)
    }
    let id: String

    init(_ arguments: ParsedArguments) { id = arguments.operands[0] }

    func run(_ runtime: Runtime) throws(RuntimeError) -> CInt {
        let directory = try runtime.root.container(id)
        let record = try directory.knownRecord()
        try printOutput(record.state(try directory.status(record)).json.text(.indented) + "\n")
        return 0
    }
}
