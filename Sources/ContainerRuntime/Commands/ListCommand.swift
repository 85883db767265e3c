// SPDX-License-Identifier: Apache-2.0

import OCI

/// `list`: all containers of the state root.
struct ListCommand: Subcommand {
    static var usage: CommandUsage {
        CommandUsage(
            name: "list", summary: "lists the containers",
            options: [
                Option("quiet", "q", help: "shows only the IDs"),
                Option("format", "f", value: "table|json", help: "how they are shown (default table)"),
            ])
    }
    private let isQuiet: Bool
    private let isJSON: Bool

    init(_ arguments: ParsedArguments) throws(RuntimeError) {
        isQuiet = arguments.has("quiet")
        switch arguments["format"] ?? "table" {
        case "table": isJSON = false
        case "json": isJSON = true
        case let other: throw arguments.failure("--format is table or json, not `\(other)`")
        }
    }

    func run(_ runtime: Runtime) throws(RuntimeError) -> CInt {
        let ids = try runtime.root.ids()
        if isQuiet {
            try printOutput(ids.map { $0 + "\n" }.joined())
            return 0
        }
        var states: [State] = []
        for id in ids {
            // One that can't be read doesn't hide the others.
            do throws(RuntimeError) {
                if let state = try state(id, runtime) { states.append(state) }
            } catch {
                runtime.log.warn(error.message)
            }
        }
        try printOutput(isJSON ? JSONValue.array(states.map { $0.json }).text() + "\n" : table(states))
        return 0
    }

    /// - Returns: nil when it was deleted meanwhile.
    private func state(_ id: String, _ runtime: Runtime) throws(RuntimeError) -> State? {
        guard let directory = try runtime.root.find(id) else { return nil }
        let record = try directory.record()
        let status = try directory.status(record)
        return record?.state(status) ?? State(id: id, status: status, pid: nil, bundle: "")
    }

    private func table(_ states: [State]) -> String {
        let rows =
            [["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"]]
            + states.map {
                [$0.id, String($0.pid ?? 0), $0.status.rawValue, $0.bundle, $0.created ?? "", $0.owner ?? ""]
            }
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            zip(row, widths).dropLast().map { $0 + String(repeating: " ", count: $1 - $0.count + 2) }.joined()
                + row[row.count - 1] + "\n"
        }.joined()
    }
}
