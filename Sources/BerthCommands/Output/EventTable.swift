// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI

/// The events of one object, as `kubectl describe` lists them.
struct EventTable {
    let events: [Event]
    let now: Timestamp

    var lines: [String] {
        guard !events.isEmpty else { return ["Events:  <none>"] }
        var table = [["Type", "Reason", "Age", "From", "Message"], ["----", "------", "----", "----", "-------"]]
        for event in shown {
            let age = (now - event.lastTimestamp).brief
            let count = event.count > 1 ? "\(age) (x\(event.count) over \((now - event.firstTimestamp).brief))" : age
            table.append([event.type.rawValue, event.reason, count, event.source, event.message.escapedForTerminal])
        }
        let widths = (0..<4).map { column in (table.map { $0[column].count }.max() ?? 0) + 2 }
        return ["Events:"]
            + table.map { row in "  " + zip(row, widths).map { $0.padded(to: $1) }.joined() + row[4] }
            + (events.count > shown.count ? ["  … and \(events.count - shown.count) more in between"] : [])
    }

    /// The first and the last ones; a Job of a thousand pods has a thousand.
    private var shown: [Event] { events.count <= 20 ? events : Array(events.prefix(10) + events.suffix(10)) }
}
