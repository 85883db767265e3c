// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI

/// The run's events; equal ones are counted, and the number is bounded.
struct EventLog {
    static let maximum = 10_000

    private(set) var events: [Event] = []
    private var positions: [Key: Int] = [:]

    private struct Key: Hashable {
        var uid: String
        var reason: String
        var message: String
    }

    /// - Returns: the event as it now is.
    mutating func record(_ event: Event) -> Event {
        let key = Key(uid: event.involvedUID, reason: event.reason, message: event.message)
        if let position = positions[key] {
            events[position].count += 1
            events[position].lastTimestamp = event.lastTimestamp
            return events[position]
        }
        if events.count >= EventLog.maximum { dropOldest() }
        positions[key] = events.count
        events.append(event)
        return event
    }

    /// Drops the events of objects that are gone.
    mutating func forget(_ uids: Set<String>) {
        events.removeAll { uids.contains($0.involvedUID) }
        index()
    }

    /// Half of the pods' events go, the oldest; a Job's stay as long as there are others.
    private mutating func dropOldest() {
        var excess = EventLog.maximum / 2
        var kept: [Event] = []
        for event in events {
            if event.involvedKind == "Pod", excess > 0 { excess -= 1 } else { kept.append(event) }
        }
        events = kept.count < EventLog.maximum ? kept : Array(kept.suffix(EventLog.maximum / 2))
        index()
    }

    private mutating func index() {
        positions = [:]
        for (position, event) in events.enumerated() {
            positions[Key(uid: event.involvedUID, reason: event.reason, message: event.message)] = position
        }
    }
}
