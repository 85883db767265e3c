// SPDX-License-Identifier: Apache-2.0

extension Timestamp {
    /// Reads `2026-01-31T12:00:00Z`, with a fraction of a second and an offset where they are given; nil when `text`
    /// is no such time, or one before 1678 or after 2261.
    package init?(rfc3339 text: String) {
        var scanner = DigitScanner(rest: Array(text.utf8)[...])
        guard let year = scanner.number(4), scanner.skip("-"), let month = scanner.number(2), scanner.skip("-"),
            let day = scanner.number(2), scanner.skip("T"), let hour = scanner.number(2), scanner.skip(":"),
            let minute = scanner.number(2), scanner.skip(":"), let second = scanner.number(2)
        else { return nil }
        guard (1678...2261).contains(year), (1...12).contains(month), (1...daysInMonth(month, year)).contains(day),
            hour < 24, minute < 60, second < 60, let fraction = scanner.fraction(), let offset = scanner.offset(),
            scanner.rest.isEmpty
        else { return nil }
        let days = daysSinceEpoch(year: year, month: month, day: day)
        let seconds = days * 86400 + hour * 3600 + minute * 60 + second - offset
        self.init(nanoseconds: seconds * 1_000_000_000 + fraction)
    }

    /// `2026-01-31T12:00:00Z`: in UTC, whole seconds, as `metav1.Time` is written.
    package var rfc3339: String { text(fractionDigits: 0) }

    /// `2026-01-31T13:00:00+01:00`: by the clocks of a place, whole seconds; with a `Z` when they show UTC.
    package func rfc3339(in zone: TimeZone) -> String {
        let offset = zone.offset(at: self)
        // What is less than a minute has no place in the text, as in Go.
        let minutes = abs(offset) / 60
        if minutes == 0 { return rfc3339 }
        let local = (self + .seconds(offset)).text(fractionDigits: 0).dropLast()
        return "\(local)\(offset < 0 ? "-" : "+")\(digits(minutes / 60, 2)):\(digits(minutes % 60, 2))"
    }

    /// `2026-01-31T12:00:00.000000Z`, as `metav1.MicroTime` is written.
    package var rfc3339Micro: String { text(fractionDigits: 6) }

    /// `Sat, 31 Jan 2026 12:00:00 +0000`: in UTC, as Go's `RFC1123Z`.
    package var rfc1123: String {
        let (day, nanosOfDay) = nanoseconds.flooredDivision(by: 86_400_000_000_000)
        let date = civilDate(daysSinceEpoch: day)
        let second = nanosOfDay / 1_000_000_000
        // 1970-01-01 was a Thursday.
        let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][Int(day.flooredDivision(by: 7).rest)]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        return "\(weekday), \(digits(date.day, 2)) \(months[Int(date.month) - 1]) \(digits(date.year, 4)) "
            + "\(digits(second / 3600, 2)):\(digits(second / 60 % 60, 2)):\(digits(second % 60, 2)) +0000"
    }

    private func text(fractionDigits: Int) -> String {
        let (day, nanosOfDay) = nanoseconds.flooredDivision(by: 86_400_000_000_000)
        let date = civilDate(daysSinceEpoch: day)
        let second = nanosOfDay / 1_000_000_000
        var text = "\(digits(date.year, 4))-\(digits(date.month, 2))-\(digits(date.day, 2))"
        text += "T\(digits(second / 3600, 2)):\(digits(second / 60 % 60, 2)):\(digits(second % 60, 2))"
        if fractionDigits == 6 { text += "." + digits(nanosOfDay % 1_000_000_000 / 1000, 6) }
        return text + "Z"
    }
}

/// Takes fixed-width parts from the front of a text.
private struct DigitScanner {
    var rest: ArraySlice<UInt8>

    mutating func number(_ width: Int) -> Int64? {
        let part = rest.prefix(width)
        guard part.count == width, part.allSatisfy(\.isDigit) else { return nil }
        rest = rest.dropFirst(width)
        return part.reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
    }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest = rest.dropFirst()
        return true
    }

    /// Nanoseconds of `.123…`; 0 when there is none; nil when no digit follows the point.
    mutating func fraction() -> Int64? {
        guard skip(".") else { return 0 }
        let part = rest.prefix(while: \.isDigit)
        guard !part.isEmpty else { return nil }
        rest = rest.dropFirst(part.count)
        var nanos = part.prefix(9).reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
        for _ in min(part.count, 9)..<9 { nanos *= 10 }
        return nanos
    }

    /// Seconds east of UTC of `Z`, `+01:00` or `-01:00`.
    mutating func offset() -> Int64? {
        if skip("Z") { return 0 }
        let isWest = rest.first == UInt8(ascii: "-")
        guard skip("+") || skip("-"), let hours = number(2), skip(":"), let minutes = number(2), hours < 24,
            minutes < 60
        else { return nil }
        return (isWest ? -1 : 1) * (hours * 3600 + minutes * 60)
    }
}

private func digits(_ number: Int64, _ width: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
}

private func daysInMonth(_ month: Int64, _ year: Int64) -> Int64 {
    if month == 2 { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28 }
    return [4, 6, 9, 11].contains(month) ? 30 : 31
}

/// Days from 1970-01-01. Years begin in March here, so that the leap day comes last.
func daysSinceEpoch(year: Int64, month: Int64, day: Int64) -> Int64 {
    let shifted = month <= 2 ? year - 1 : year
    let (era, yearOfEra) = shifted.flooredDivision(by: 400)
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
}

/// The date in UTC of a day counted from 1970-01-01.
func civilDate(daysSinceEpoch days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let (era, dayOfEra) = (days + 719_468).flooredDivision(by: 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = (shiftedMonth + 2) % 12 + 1
    return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
}

extension Int64 {
    /// The quotient that is not above the exact one, and the rest from 0 to below `divisor`.
    func flooredDivision(by divisor: Int64) -> (quotient: Int64, rest: Int64) {
        let (quotient, rest) = quotientAndRemainder(dividingBy: divisor)
        return rest < 0 ? (quotient - 1, rest + divisor) : (quotient, rest)
    }
}
