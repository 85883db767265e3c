// SPDX-License-Identifier: Apache-2.0

import Linux

/// The time of day as RFC 3339 has it, in UTC with nanoseconds: `2026-01-31T12:00:00.000000001Z`.
///
/// Not by gmtime_r(3), which reads the host's time zone first.
package func timestamp(_ nanoseconds: Int64 = WallClock().now) -> String {
    func divided(_ value: Int64, _ divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
    func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
    let (allSeconds, fraction) = divided(nanoseconds, 1_000_000_000)
    let (days, seconds) = divided(allSeconds, 86_400)
    // The Gregorian calendar repeats itself every 146097 days; in years that begin in March the leap day is the last.
    let (era, day) = divided(days + 719_468, 146_097)
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365
    let dayOfYear = day - (365 * year + year / 4 - year / 100)
    let month = (5 * dayOfYear + 2) / 153
    let date = [
        padded(year + era * 400 + (month < 10 ? 0 : 1), 4), padded(month < 10 ? month + 3 : month - 9, 2),
        padded(dayOfYear - (153 * month + 2) / 5 + 1, 2),
    ]
    let time = [padded(seconds / 3600, 2), padded(seconds / 60 % 60, 2), padded(seconds % 60, 2)]
    return "\(date.joined(separator: "-"))T\(time.joined(separator: ":")).\(padded(fraction, 9))Z"
}
