// SPDX-License-Identifier: Apache-2.0

/// How the clocks of a place are changed each year: the text behind the tables of a file of the tz database, such as
/// `CET-1CEST,M3.5.0,M10.5.0/3`. See `TZ` in POSIX and section 3.3 of RFC 9636.
struct TimeZoneRule: Hashable, Sendable {
    /// When in a year one of the two changes is.
    struct Change: Hashable {
        enum Day: Hashable {
            /// 1…365, February 29 never counts.
            case withoutLeapDay(Int64)
            /// 0…365.
            case ofYear(Int64)
            /// The week is 1…5, the fifth is the last; the weekday 0 is Sunday.
            case weekday(month: Int64, week: Int64, weekday: Int64)
        }

        var day: Day
        /// Seconds after midnight, by the clocks as they are before the change; below 0 and beyond the day's end as well.
        var second: Int64

        /// Seconds since 1970 at which clocks without an offset show that.
        func shown(in year: Int64) -> Int64 { (dayNumber(in: year)) * 86_400 + second }

        private func dayNumber(in year: Int64) -> Int64 {
            let first = daysSinceEpoch(year: year, month: 1, day: 1)
            switch day {
            case .withoutLeapDay(let number):
                let isLeap = daysSinceEpoch(year: year + 1, month: 1, day: 1) - first == 366
                return first + number - (isLeap && number >= 60 ? 0 : 1)
            case .ofYear(let number): return first + number
            case .weekday(let month, let week, let weekday):
                let start = daysSinceEpoch(year: year, month: month, day: 1)
                let next =
                    month == 12
                    ? daysSinceEpoch(year: year + 1, month: 1, day: 1)
                    : daysSinceEpoch(year: year, month: month + 1, day: 1)
                var day = start + (weekday - (start + 4)).flooredDivision(by: 7).rest + (week - 1) * 7
                if day >= next { day -= 7 }
                return day
            }
        }
    }

    struct Summer: Hashable {
        /// Seconds east of UTC.
        var offset: Int64
        var begin: Change
        var end: Change
    }

    /// Seconds east of UTC.
    var offset: Int64
    var summer: Summer?

    /// - Parameter start: since when the rule holds, in seconds since 1970.
    func span(at second: Int64, since start: Int64) -> TimeZone.Span {
        guard let summer else { return TimeZone.Span(offset: offset, start: start, end: .max) }
        let year = civilDate(daysSinceEpoch: second.flooredDivision(by: 86_400).quotient).year
        var changes: [TimeZone.Transition] = []
        for year in year - 1...year + 1 {
            changes.append(.init(time: summer.end.shown(in: year) - summer.offset, offset: offset))
            changes.append(.init(time: summer.begin.shown(in: year) - offset, offset: summer.offset))
        }
        // Of two at the same instant the beginning counts: there are places that have summer all the year.
        changes.sort { ($0.time, $0.offset == summer.offset ? 1 : 0) < ($1.time, $1.offset == summer.offset ? 1 : 0) }
        let next = changes.firstIndex { $0.time > second } ?? changes.count
        return TimeZone.Span(
            offset: next == 0 ? offset : changes[next - 1].offset,
            start: max(start, next == 0 ? .min : changes[next - 1].time),
            end: next == changes.count ? .max : changes[next].time)
    }
}

extension TimeZoneRule {
    init(_ text: ArraySlice<UInt8>) throws(TimeZone.Failure) {
        var reader = RuleReader(rest: text)
        do throws(RuleReader.Broken) {
            try reader.skipName()
            offset = -(try reader.time(hours: 24))
            guard !reader.rest.isEmpty else { return }
            try reader.skipName()
            var ahead = offset + 3600
            if reader.rest.first != UInt8(ascii: ",") { ahead = -(try reader.time(hours: 24)) }
            summer = Summer(offset: ahead, begin: try reader.change(), end: try reader.change())
            guard reader.rest.isEmpty else { throw RuleReader.Broken() }
        } catch {
            throw TimeZone.Failure(
                description: "no rule of POSIX's TZ: \(Fault.quoted(String(decoding: text.prefix(80), as: UTF8.self)))")
        }
    }
}

/// Takes parts from the front of a rule.
private struct RuleReader {
    struct Broken: Error {}

    var rest: ArraySlice<UInt8>

    /// Letters, or anything between `<` and `>`.
    mutating func skipName() throws(Broken) {
        if take("<") {
            guard let end = rest.firstIndex(of: UInt8(ascii: ">")) else { throw Broken() }
            rest = rest[(end + 1)...]
            return
        }
        let letters = rest.prefix { ($0 | 0x20) >= UInt8(ascii: "a") && ($0 | 0x20) <= UInt8(ascii: "z") }
        guard letters.count >= 3 else { throw Broken() }
        rest = rest.dropFirst(letters.count)
    }

    /// `[+-]hh[:mm[:ss]]`, in seconds.
    mutating func time(hours: Int64) throws(Broken) -> Int64 {
        let isNegative = take("-")
        if !isNegative { _ = take("+") }
        var seconds = try number(0...hours) * 3600
        if take(":") { seconds += try number(0...59) * 60 }
        if take(":") { seconds += try number(0...59) }
        return isNegative ? -seconds : seconds
    }

    mutating func change() throws(Broken) -> TimeZoneRule.Change {
        guard take(",") else { throw Broken() }
        let day: TimeZoneRule.Change.Day
        if take("M") {
            let month = try number(1...12)
            guard take(".") else { throw Broken() }
            let week = try number(1...5)
            guard take(".") else { throw Broken() }
            day = .weekday(month: month, week: week, weekday: try number(0...6))
        } else if take("J") {
            day = .withoutLeapDay(try number(1...365))
        } else {
            day = .ofYear(try number(0...365))
        }
        // RFC 9636 lets it be up to a week away.
        return TimeZoneRule.Change(day: day, second: take("/") ? try time(hours: 167) : 7200)
    }

    private mutating func number(_ range: ClosedRange<Int64>) throws(Broken) -> Int64 {
        let digits = rest.prefix(while: \.isDigit)
        guard (1...3).contains(digits.count) else { throw Broken() }
        let value = digits.reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
        guard range.contains(value) else { throw Broken() }
        rest = rest.dropFirst(digits.count)
        return value
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest = rest.dropFirst()
        return true
    }
}
