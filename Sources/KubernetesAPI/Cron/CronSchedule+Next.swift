// SPDX-License-Identifier: Apache-2.0

extension CronSchedule.Fields {
    /// The first due second after one, both since 1970; nil when there is none in that year and the five after it.
    ///
    /// It goes forward by months, days, hours and minutes of the clocks until each field is satisfied, as
    /// `SpecSchedule.Next` of `robfig/cron` v3 does, so that the hours that a place skips or has twice are treated alike: what
    /// falls into a skipped hour is not due that day, what falls into one that comes twice is due twice.
    func next(after second: Int64, in zone: TimeZone) -> Int64? {
        // To the start of an hour may be back over an hour that comes twice: no place has had it go back behind `second`, but
        // a file may say so.
        for hours in 0..<Int64(48) {
            guard let found = walk(from: second + 1 + hours * 3600, in: zone) else { return nil }
            if found > second { return found }
        }
        return nil
    }

    private func walk(from second: Int64, in zone: TimeZone) -> Int64? {
        var walk = Walk(second: second, zone: zone)
        let lastYear = walk.time.year + 5
        while walk.time.year <= lastYear, walk.steps < Walk.maximumSteps {
            if !walk.goesOn(self) { return walk.steps < Walk.maximumSteps ? walk.second : nil }
        }
        return nil
    }
}

/// A time on its way forward.
private struct Walk {
    private(set) var second: Int64
    let zone: TimeZone
    private(set) var time: LocalTime
    private(set) var steps = 0
    /// More than six years of days. A zone made up so that its clocks always go back again ends here.
    static let maximumSteps = 50_000
    /// It stands at the beginning of what it was last moved by.
    private var isAtStart = false

    init(second: Int64, zone: TimeZone) {
        (self.second, self.zone) = (second, zone)
        time = LocalTime(second, in: zone)
    }

    /// Moves on to where the fields agree.
    ///
    /// - Returns: a larger field has changed, and all is to be looked at again.
    mutating func goesOn(_ fields: CronSchedule.Fields) -> Bool {
        while !fields.month.contains(time.month), steps < Self.maximumSteps {
            let (year, month) = (time.year, time.month)
            if !isAtStart { show(daysSinceEpoch(year: year, month: month, day: 1)) }
            addMonth()
            if time.month == 1 { return true }
        }
        while !fields.isOnDay(time), steps < Self.maximumSteps {
            if !isAtStart { show(today) }
            show(today + 1, time.second)
            // Midnight is skipped where the clocks are put forward at that hour.
            if time.hour != 0 { go(3600 * (time.hour > 12 ? 24 - time.hour : -time.hour)) }
            if time.day == 1 { return true }
        }
        while !fields.hour.contains(time.hour), steps < Self.maximumSteps {
            if !isAtStart { show(today, time.hour * 3600) }
            go(3600)
            if time.hour == 0 { return true }
        }
        while !fields.minute.contains(time.minute), steps < Self.maximumSteps {
            if !isAtStart { startMinute() }
            go(60)
            if time.minute == 0 { return true }
        }
        if time.second % 60 != 0 {
            isAtStart = true
            go(60 - time.second % 60)
            return true
        }
        return false
    }

    private var today: Int64 { daysSinceEpoch(year: time.year, month: time.month, day: time.day) }

    /// To where the clocks show that.
    private mutating func show(_ day: Int64, _ secondOfDay: Int64 = 0) {
        isAtStart = true
        steps += 1
        second = zone.second(day: day, second: secondOfDay)
        time = LocalTime(second, in: zone)
    }

    private mutating func addMonth() {
        let (year, month) = time.month == 12 ? (time.year + 1, 1) : (time.year, time.month + 1)
        // A day that the next month lacks is one of the month after that.
        show(daysSinceEpoch(year: year, month: month, day: 1) + time.day - 1, time.second)
    }

    private mutating func startMinute() {
        isAtStart = true
        go(-second.flooredDivision(by: 60).rest)
    }

    private mutating func go(_ seconds: Int64) {
        steps += 1
        second += seconds
        time = LocalTime(second, in: zone)
    }
}
