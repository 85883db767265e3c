// SPDX-License-Identifier: Apache-2.0

/// A time since the epoch as a date of the Gregorian calendar, UTC.
struct CivilTime: Hashable, Sendable {
    private(set) var year: Int64
    private(set) var month: Int64
    private(set) var day: Int64
    private(set) var second: Int64

    /// - Parameter seconds: since the epoch.
    init(seconds: Int64) {
        var days = seconds / 86400
        second = seconds % 86400
        if second < 0 {
            second += 86400
            days -= 1
        }
        // Days are counted in eras of 400 years, from the first of March: leap days come last in their year.
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// `2026-11-23T15:49:06`.
    var dateAndTime: String {
        "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T"
            + "\(padded(second / 3600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))"
    }

    /// `20261123-154906`, as rotated logs are named.
    var compact: String {
        "\(padded(year, 4))\(padded(month, 2))\(padded(day, 2))-"
            + "\(padded(second / 3600, 2))\(padded(second / 60 % 60, 2))\(padded(second % 60, 2))"
    }
}

private func padded(_ value: Int64, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}

/// Times in log lines: RFC 3339 with nine decimals, UTC. Keeps the text of the second, which lines share.
struct LogStamp: Sendable {
    private var second: Int64 = .min
    private var text: [UInt8] = []

    /// - Parameter time: nanoseconds since the epoch.
    mutating func append(_ time: Int64, to line: inout [UInt8]) {
        let (second, nanosecond) = time.quotientAndRemainder(dividingBy: 1_000_000_000)
        if second != self.second {
            self.second = second
            text = Array(CivilTime(seconds: second).dateAndTime.utf8)
        }
        line.append(contentsOf: text)
        line.append(UInt8(ascii: "."))
        var divisor: Int64 = 100_000_000
        while divisor > 0 {
            line.append(UInt8(ascii: "0") + UInt8(nanosecond / divisor % 10))
            divisor /= 10
        }
        line.append(UInt8(ascii: "Z"))
    }
}
