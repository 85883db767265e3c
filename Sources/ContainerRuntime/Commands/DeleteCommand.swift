// SPDX-License-Identifier: Apache-2.0

/// `delete ID`: takes away what there is of a container that has ended.
struct DeleteCommand: Subcommand {
    static var usage: CommandUsage {
        CommandUsage(
            name: "delete", summary: "deletes a container that has ended",
            options: [Option("force", "f", help: "kills it when it is still there; an unknown one is no error")],
            operands: "ID", operandCount: 1...1)
    }
    private let id: String
    private let isForced: Bool

    init(_ arguments: ParsedArguments) {
        id = arguments.operands[0]
        isForced = arguments.has("force")
    }

    func run(_ runtime: Runtime) throws(RuntimeError) -> CInt {
        try ContainerRemoval(root: runtime.root, warn: runtime.log.warn).remove(id, force: isForced)
        return 0
    }
}
