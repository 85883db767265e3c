// SPDX-License-Identifier: Apache-2.0

/// What every command works with.
struct Runtime {
    let root: StateRoot
    let cgroupManager: CgroupManager
    let log: RuntimeLog
}

/// One command of `berth-runtime`: its options as values, and what it does.
protocol Subcommand {
    static var usage: CommandUsage { get }
    /// The exit status when it fails, if the error has no status of its own.
    static var failureCode: CInt { get }

    init(_ arguments: ParsedArguments) throws(RuntimeError)

    /// - Returns: the exit status.
    func run(_ runtime: Runtime) throws(RuntimeError) -> CInt
}

extension Subcommand {
    static var failureCode: CInt { 1 }
}

/// A command as a value.
struct SubcommandKind {
    let usage: () -> CommandUsage
    let failureCode: CInt
    let run: (ParsedArguments, Runtime) throws(RuntimeError) -> CInt

    init<Command: Subcommand>(_ command: Command.Type) {
        usage = { Command.usage }
        failureCode = Command.failureCode
        run = { (arguments, runtime) throws(RuntimeError) in try Command(arguments).run(runtime) }
    }
}
