// SPDX-License-Identifier: Apache-2.0

import CLinux

/// What `update` takes.
struct UpdateOptions {
    let id: String
    /// A file with a `LinuxResources` object; `-` is standard input.
    let resources: String

    static var usage: CommandUsage {
        CommandUsage(
            name: "update", summary: "changes the resources of a container",
            options: [
                Option("resources", "r", value: "FILE", help: "linux.resources as JSON; - is standard input")
            ], operands: "ID", operandCount: 1...1)
    }

    init(_ arguments: ParsedArguments) throws(RuntimeError) {
        id = arguments.operands[0]
        guard let file = arguments["resources"] else { throw arguments.failure("needs --resources FILE") }
        resources = file
    }
}

/// What `ps` takes.
struct PsOptions {
    let id: String
    let isJSON: Bool
    /// For ps(1).
    let psArguments: [String]

    static var usage: CommandUsage {
        CommandUsage(
            name: "ps", summary: "shows the processes of a container",
            options: [
                Option("format", "f", value: "table|json", help: "as ps(1) shows them, or only their pids")
            ], operands: "ID [PS-ARG...]", operandCount: 1...Int.max, stopsAtFirstOperand: true)
    }

    init(_ arguments: ParsedArguments) throws(RuntimeError) {
        id = arguments.operands[0]
        psArguments = Array(arguments.operands.dropFirst())
        switch arguments["format"] ?? "table" {
        case "table": isJSON = false
        case "json": isJSON = true
        case let other: throw arguments.failure("--format is table or json, not `\(other)`")
        }
    }
}

/// What `events` takes.
struct EventsOptions {
    let id: String
    /// Once, and no more.
    let showsOnce: Bool
    /// Between two of them.
    let interval: Duration

    static var usage: CommandUsage {
        CommandUsage(
            name: "events", summary: "shows what a container uses, and when it runs out of memory",
            options: [
                Option("stats", help: "shows it once"),
                Option("interval", value: "TIME", help: "between two of them, such as 500ms, 5s, 1m (default 5s)"),
            ], operands: "ID", operandCount: 1...1)
    }

    init(_ arguments: ParsedArguments) throws(RuntimeError) {
        id = arguments.operands[0]
        showsOnce = arguments.has("stats")
        interval = try Self.interval(arguments["interval"] ?? "5s", arguments)
    }

    private static func interval(_ text: String, _ arguments: ParsedArguments) throws(RuntimeError) -> Duration {
        let units: [(String, Int)] = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)]
        for (unit, milliseconds) in units where text.hasSuffix(unit) {
            if let number = Int(text.dropLast(unit.count)), (1...1_000_000).contains(number) {
                return .milliseconds(number * milliseconds)
            }
        }
        throw arguments.failure("--interval: `\(text)` is no time such as 500ms, 5s or 1m")
    }
}
