// SPDX-License-Identifier: Apache-2.0

/// How far the clocks of a place are ahead of UTC, for all times: what a file of the tz database says (RFC 9636).
package struct TimeZone: Hashable, Sendable {
    /// Why bytes are no such file.
    package struct Failure: Error, Hashable, CustomStringConvertible {
        package var description: String
    }

    /// A time over which the offset is the same.
    struct Span: Hashable {
        /// Seconds east of UTC.
        var offset: Int64
        /// Seconds since 1970.
        var start: Int64
        /// The first second after it.
        var end: Int64
    }

    struct Transition: Hashable {
        /// Seconds since 1970.
        var time: Int64
        /// From then on, seconds east of UTC.
        var offset: Int64
    }

    /// Before the first transition.
    let firstOffset: Int64
    /// Their times ascend.
    let transitions: [Transition]
    /// What goes on after the last of them; nil: nothing changes any more.
    let rule: TimeZoneRule?

    package static let utc = TimeZone(firstOffset: 0, transitions: [], rule: nil)

    /// Seconds east of UTC.
    package func offset(at time: Timestamp) -> Int64 { span(at: time.wholeSeconds).offset }

    func span(at second: Int64) -> Span {
        var (low, high) = (0, transitions.count)
        while low < high {
            let middle = (low + high) / 2
            if transitions[middle].time <= second { low = middle + 1 } else { high = middle }
        }
        let start = low == 0 ? Int64.min : transitions[low - 1].time
        if low < transitions.count {
            let offset = low == 0 ? firstOffset : transitions[low - 1].offset
            return Span(offset: offset, start: start, end: transitions[low].time)
        }
        if let rule { return rule.span(at: second, since: start) }
        return Span(offset: transitions.last?.offset ?? firstOffset, start: start, end: .max)
    }
}

/// What the clocks of a place show.
struct LocalTime {
    var year: Int64, month: Int64, day: Int64
    /// Of the day.
    var second: Int64
    /// 0 is Sunday.
    var weekday: Int64

    var hour: Int64 { second / 3600 }
    var minute: Int64 { second / 60 % 60 }

    /// - Parameter second: since 1970.
    init(_ second: Int64, in zone: TimeZone) {
        let (day, rest) = (second + zone.span(at: second).offset).flooredDivision(by: 86_400)
        let date = civilDate(daysSinceEpoch: day)
        (year, month, self.day) = (date.year, date.month, date.day)
        self.second = rest
        // 1970-01-01 was a Thursday.
        weekday = (day + 4).flooredDivision(by: 7).rest
    }
}

extension TimeZone {
    /// When the clocks show this, in seconds since 1970, as Go's `time.Date` understands it: a time that is skipped or
    /// comes twice is one of the two that it could be.
    ///
    /// - Parameters:
    ///   - day: of the local date, since 1970.
    ///   - second: of that day.
    func second(day: Int64, second: Int64) -> Int64 {
        let shown = day * 86_400 + second
        let guess = span(at: shown)
        let time = shown - guess.offset
        if time >= guess.start, time < guess.end { return time }
        return shown - span(at: time).offset
    }
}
