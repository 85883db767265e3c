// SPDX-License-Identifier: Apache-2.0

extension CronSchedule {
    /// The times of a schedule that have passed.
    package struct Missed: Hashable, Sendable {
        package var latest: Timestamp
        /// There are more of them than anybody can have meant.
        package var areTooMany: Bool
    }

    /// How many missed times make nobody wonder; see `mostRecentScheduleTime` in Kubernetes's `pkg/controller/cronjob`.
    package static let missedMaximum = 100

    /// The times after `base` up to and including `now`; nil when there is none.
    ///
    /// Kubernetes guesses their number from the distance of the first two, and finds no latest one in schedules such as
    /// "every minute in January". This finds it always.
    /// - Parameter start: times up to this one are not counted, though one of them may be the latest.
    package func missed(since base: Timestamp, countedAfter start: Timestamp?, now: Timestamp) -> Missed? {
        guard let first = next(after: base), first <= now else { return nil }
        let counted = max(base, start ?? base)
        if let interval = interval?.wholeNanoseconds {
            // Such a schedule goes on from its base, not from where one begins to count.
            let latest = first + .nanoseconds((now - first).wholeNanoseconds / interval * interval)
            let start = max(counted, first + .nanoseconds(-interval))
            // Those after `start`: the latest and as many before it as there are whole intervals between.
            let span = (latest - start).wholeNanoseconds
            return Missed(latest: latest, areTooMany: (span - 1) / interval >= Self.missedMaximum)
        }
        return Missed(latest: latest(from: first, to: now), areTooMany: hasTooMany(after: counted, now: now))
    }

    private func hasTooMany(after start: Timestamp, now: Timestamp) -> Bool {
        var time = start
        for _ in 0...Self.missedMaximum {
            guard let next = next(after: time), next <= now else { return false }
            time = next
        }
        return true
    }

    /// The last time up to `now`, by halving: a schedule can only be asked forward, and years may have passed.
    ///
    /// - Parameter first: a time of the schedule.
    private func latest(from first: Timestamp, to now: Timestamp) -> Timestamp {
        var found = first
        var (low, high) = (first.wholeSeconds, now.wholeSeconds)
        // Nothing is after `high`; what is after `low` is `found`, or there is nothing.
        while low < high {
            let middle = low + (high - low) / 2
            if let next = next(after: Timestamp(seconds: middle)), next <= now {
                found = next
                low = next.wholeSeconds
            } else {
                high = middle
            }
        }
        return found
    }
}

extension Timestamp {
    /// Seconds since 1970, not later than the time itself.
    package var wholeSeconds: Int64 { nanoseconds.flooredDivision(by: 1_000_000_000).quotient }
}
