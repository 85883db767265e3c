// SPDX-License-Identifier: Apache-2.0

/// How often, and after what time, the same is asked again. Times are in nanoseconds.
package struct RetryPolicy: Hashable, Sendable {
    /// Requests in all, where none brings anything new.
    package var attempts = 4
    package var firstDelay: Int64 = 1_000_000_000
    /// Whoever asks us to wait longer is told as failing.
    package var longestDelay: Int64 = 60_000_000_000

    package init() {}

    /// What to wait before the next attempt; nil: it is not worth another.
    ///
    /// - Parameters:
    ///   - failures: how many in a row there were, from 1.
    ///   - asked: what the server asked for, in seconds. It counts where it is longer than ours.
    ///   - random: 0..<1. Clients that failed together shall not all come back together.
    package func delay(failures: Int, asked: Int64?, random: Double) -> Int64? {
        guard failures < attempts else { return nil }
        let own = min(firstDelay << min(failures - 1, 16), longestDelay)
        guard let asked else { return own - Int64(Double(own) * 0.25 * random) }
        guard asked <= longestDelay / 1_000_000_000 else { return nil }
        return max(own, asked * 1_000_000_000)
    }
}

/// The header `Retry-After`. See RFC 9110, 10.2.3.
package enum RetryAfter {
    /// Seconds to wait: the header's number, or what is left until its date.
    ///
    /// - Parameter now: seconds since 1970.
    package static func seconds(_ text: String, now: Int64) -> Int64? {
        if let number = HTTPHead.number(text), !text.isEmpty { return number }
        return date(text).map { max(0, $0 - now) }
    }

    /// `Sun, 06 Nov 1994 08:49:37 GMT`: the one format that servers may write.
    private static func date(_ text: String) -> Int64? {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let words = text.split(separator: " ")
        guard words.count == 6, words[5] == "GMT", let day = HTTPHead.number(String(words[1])),
            let month = months.firstIndex(of: String(words[2])), let year = HTTPHead.number(String(words[3])),
            (1970...9999).contains(year), (1...31).contains(day)
        else { return nil }
        let time = words[4].split(separator: ":", omittingEmptySubsequences: false).map { HTTPHead.number(String($0)) }
        guard time.count == 3, let hour = time[0], let minute = time[1], let second = time[2], hour < 24, minute < 60,
            second <= 60
        else { return nil }
        return days(year: year, month: Int64(month) + 1, day: day) * 86400 + hour * 3600 + minute * 60 + second
    }

    /// Days since 1970, by the proleptic Gregorian calendar; the year counted from March.
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month > 2 ? year : year - 1
        let ofYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + ofYear - 719_468
    }
}
