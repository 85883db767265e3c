// SPDX-License-Identifier: Apache-2.0

/// Why a text is not a list of indexes.
package enum IndexTextError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Neither a number nor two numbers with a hyphen between.
    case notAnInterval(String)
    /// The higher number stands first.
    case reversed(String)
    /// It does not begin after the end of the one before.
    case notAscending(String)

    package var description: String {
        switch self {
        case .notAnInterval(let text): "\"\(text)\" is neither an index nor an interval like 3-5"
        case .reversed(let text): "the interval \"\(text)\" ends before it begins"
        case .notAscending(let text): "\"\(text)\" must be after the index or interval before it"
        }
    }
}

extension IndexSet: CustomStringConvertible {
    /// As in `status.completedIndexes`: `1,3-5,7`. A run of two is written as two: `3,4`.
    package var description: String {
        var text = ""
        for interval in intervals {
            if !text.isEmpty { text += "," }
            text += String(interval.lowerBound)
            guard interval.count > 1 else { continue }
            text += interval.count == 2 ? "," : "-"
            text += String(interval.upperBound)
        }
        return text
    }

    /// Reads the same form. Indexes of `limit` or more are dropped, and an interval is cut there, as Kubernetes does
    /// when `completions` became fewer than they were.
    package init(parsing text: String, below limit: Int = .max) throws(IndexTextError) {
        var previous = -1
        for part in text.utf8.isEmpty ? [] : text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
            guard let lower = Self.number(ends[0]), let upper = ends.count == 1 ? lower : Self.number(ends[1]) else {
                throw .notAnInterval(String(part))
            }
            guard lower <= upper else { throw .reversed(String(part)) }
            guard lower > previous else { throw .notAscending(String(part)) }
            previous = upper
            if lower < limit { appendMerging(lower...min(upper, limit - 1)) }
        }
    }

    /// Digits only: no sign, no space. An index is a 32-bit number.
    private static func number(_ text: Substring) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int32(text).map(Int.init)
    }
}
