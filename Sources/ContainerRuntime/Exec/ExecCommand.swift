// SPDX-License-Identifier: Apache-2.0

/// `exec`: runs one more process in a container.
struct ExecCommand: Subcommand {
    static var usage: CommandUsage { ExecOptions.usage }
    /// What the process itself hardly ends with, as in other runtimes.
    static var failureCode: CInt { 255 }
    private let options: ExecOptions

    init(_ arguments: ParsedArguments) throws(RuntimeError) { options = try ExecOptions(arguments) }

    func run(_ runtime: Runtime) throws(RuntimeError) -> CInt {
        try ReadOnlySelf.ensure()
        return try ContainerExec(options, root: runtime.root, warn: runtime.log.warn).run()
    }
}
