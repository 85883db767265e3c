// SPDX-License-Identifier: Apache-2.0

/// When a CronJob is due, by the clocks of a place: the standard five fields or a descriptor, as `robfig/cron` v3 reads them.
package struct CronSchedule: Hashable, Sendable {
    /// Why a text is no schedule, in that library's words.
    package struct Failure: Error, Hashable { package var message: String }

    private enum Form: Hashable {
        case fields(Fields)
        /// Whole seconds, at least one.
        case every(seconds: Int64)
    }

    struct Fields: Hashable {
        var minute: CronField, hour: CronField, day: CronField, month: CronField, weekday: CronField

        func isOnDay(_ time: LocalTime) -> Bool {
            let (isDay, isWeekday) = (day.contains(time.day), weekday.contains(time.weekday))
            // Either is enough when both are said.
            return day.isStar || weekday.isStar ? isDay && isWeekday : isDay || isWeekday
        }
    }

    private let form: Form
    private let zone: TimeZone

    /// Of `@every …`, which is counted from the time before, whatever the clock shows; nil for all others.
    package var interval: Duration? { if case .every(let seconds) = form { .seconds(seconds) } else { nil } }

    /// - Throws: `Failure` when it is no schedule.
    package init(_ text: String, zone: TimeZone = .utc) throws(Failure) {
        self.zone = zone
        guard !text.isEmpty else { throw Failure(message: "empty spec string") }
        form = text.utf8.first == UInt8(ascii: "@") ? try CronSchedule.descriptor(text) : .fields(try Fields(text))
    }

    private static func descriptor(_ text: String) throws(Failure) -> Form {
        let meanings = [
            "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
            "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
        ]
        if let meaning = meanings[text] { return .fields(try Fields(meaning)) }
        let every = "@every "
        guard text.hasPrefix(every) else { throw Failure(message: "unrecognized descriptor: \(text)") }
        let duration = String(text.dropFirst(every.count))
        guard let nanoseconds = goDuration(duration) else {
            throw Failure(message: "failed to parse duration \(text): time: \(goDurationFault(duration))")
        }
        return .every(seconds: max(1, nanoseconds / 1_000_000_000))
    }

    /// The first time after `time`; nil when there is none in that year and the five after it.
    package func next(after time: Timestamp) -> Timestamp? {
        let (second, _) = time.nanoseconds.flooredDivision(by: 1_000_000_000)
        guard case .fields(let fields) = form else {
            guard case .every(let seconds) = form else { return nil }
            return timestamp(second.addingReportingOverflow(seconds))
        }
        return fields.next(after: second, in: zone).flatMap { timestamp(($0, false)) }
    }

    private func timestamp(_ second: (partialValue: Int64, overflow: Bool)) -> Timestamp? {
        guard !second.overflow, second.partialValue <= Int64.max / 1_000_000_000 else { return nil }
        return Timestamp(seconds: second.partialValue)
    }
}

extension CronSchedule.Fields {
    fileprivate init(_ text: String) throws(CronSchedule.Failure) {
        let fields = text.split(whereSeparator: \.isWhitespace).map(String.init)
        guard fields.count == 5 else {
            let list = fields.joined(separator: " ")
            throw CronSchedule.Failure(message: "expected exactly 5 fields, found \(fields.count): [\(list)]")
        }
        minute = try CronField(fields[0], 0...59)
        hour = try CronField(fields[1], 0...23)
        day = try CronField(fields[2], 1...31)
        month = try CronField(
            fields[3], 1...12,
            names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"])
        weekday = try CronField(fields[4], 0...6, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"])
    }
}
