// SPDX-License-Identifier: Apache-2.0

/// One field of a schedule: the numbers that it names.
struct CronField: Hashable, Sendable {
    private var bits: UInt64 = 0
    /// It is `*` or `?`: of the two fields of days, the other one decides.
    private(set) var isStar = false

    /// `names` stand for the numbers from `range.lowerBound` on.
    init(_ text: String, _ range: ClosedRange<Int>, names: [String] = []) throws(CronSchedule.Failure) {
        for part in text.split(separator: ",") { try add(String(part), range, names) }
    }

    func contains(_ number: Int64) -> Bool { bits & 1 << UInt64(number) != 0 }

    private mutating func add(
        _ text: String, _ range: ClosedRange<Int>, _ names: [String]
    ) throws(CronSchedule.Failure) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let bounds = parts[0].split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        var (first, last, step) = (range.lowerBound, range.upperBound, 1)
        let isAll = bounds[0] == "*" || bounds[0] == "?"
        if !isAll {
            guard bounds.count <= 2 else { throw CronSchedule.Failure(message: "too many hyphens: \(text)") }
            first = try number(bounds[0], range, names)
            last = bounds.count == 2 ? try number(bounds[1], range, names) : first
        }
        guard parts.count <= 2 else { throw CronSchedule.Failure(message: "too many slashes: \(text)") }
        if parts.count == 2 {
            step = try integer(parts[1])
            if bounds.count == 1 { last = range.upperBound }
        }
        if let message = fault(first, last, step, range) {
            throw CronSchedule.Failure(message: "\(message): \(text)")
        }
        if isAll, step == 1 { isStar = true }
        // The step may be a number that no addition bears.
        for number in first...last where (number - first) % step == 0 { bits |= 1 << UInt64(number) }
    }

    private func fault(_ first: Int, _ last: Int, _ step: Int, _ range: ClosedRange<Int>) -> String? {
        if first < range.lowerBound { return "beginning of range (\(first)) below minimum (\(range.lowerBound))" }
        if last > range.upperBound { return "end of range (\(last)) above maximum (\(range.upperBound))" }
        if first > last { return "beginning of range (\(first)) beyond end of range (\(last))" }
        return step == 0 ? "step of range should be a positive number" : nil
    }

    private func number(
        _ text: String, _ range: ClosedRange<Int>, _ names: [String]
    ) throws(CronSchedule.Failure) -> Int {
        if let index = names.firstIndex(of: text.lowercased()) { return range.lowerBound + index }
        return try integer(text)
    }

    private func integer(_ text: String) throws(CronSchedule.Failure) -> Int {
        guard let number = Int(text) else {
            let digits = text.utf8.drop { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") }
            let isLarge = digits.count >= text.utf8.count - 1 && !digits.isEmpty && digits.allSatisfy(\.isDigit)
            let reason =
                "strconv.Atoi: parsing \(Fault.quoted(text)): \(isLarge ? "value out of range" : "invalid syntax")"
            throw CronSchedule.Failure(message: "failed to parse int from \(text): \(reason)")
        }
        guard number >= 0 else {
            throw CronSchedule.Failure(message: "negative number (\(number)) not allowed: \(text)")
        }
        return number
    }
}
