// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import KubernetesAPI

struct CronScheduleTests {
    @Test(
        "A schedule is due at the first time that it names after the one asked about",
        arguments: [
            ("* * * * *", "2026-01-31T12:00:00Z", "2026-01-31T12:01:00Z"),
            ("* * * * *", "2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z"),
            ("*/15 * * * *", "2026-01-31T12:46:00Z", "2026-01-31T13:00:00Z"),
            ("10/20 * * * *", "2026-01-31T12:31:00Z", "2026-01-31T12:50:00Z"),
            ("5,1-3 4 * * *", "2026-01-31T04:01:30Z", "2026-01-31T04:02:00Z"),
            ("0-30/10 9 * * *", "2026-01-31T09:30:00Z", "2026-02-01T09:00:00Z"),
            ("0 0 29 2 *", "2026-01-31T12:00:00Z", "2028-02-29T00:00:00Z"),
            ("0 0 ? FEB Mon-wed", "2026-01-31T12:00:00Z", "2026-02-02T00:00:00Z"),
            // Both kinds of days are said: either is enough. 2026-02-06 is a Friday.
            ("0 0 13 * 5", "2026-01-31T12:00:00Z", "2026-02-06T00:00:00Z"),
            ("0 0 13 * 5", "2026-02-06T00:00:00Z", "2026-02-13T00:00:00Z"),
            ("0 0 12 * 5", "2026-02-06T00:00:00Z", "2026-02-12T00:00:00Z"),
            // A star with step 2 or more is none; with step 1 it is.
            ("0 0 */31 * 0", "2026-02-01T00:00:00Z", "2026-02-08T00:00:00Z"),
            ("0 0 */1 * 0", "2026-02-02T00:00:00Z", "2026-02-08T00:00:00Z"),
            ("@yearly", "2026-01-31T12:00:00Z", "2027-01-01T00:00:00Z"),
            ("@annually", "2026-01-31T12:00:00Z", "2027-01-01T00:00:00Z"),
            ("@monthly", "2026-01-31T12:00:00Z", "2026-02-01T00:00:00Z"),
            ("@weekly", "2026-01-31T12:00:00Z", "2026-02-01T00:00:00Z"),
            ("@daily", "2026-01-30T12:00:00Z", "2026-01-31T00:00:00Z"),
            ("@midnight", "2026-01-30T12:00:00Z", "2026-01-31T00:00:00Z"),
            ("@hourly", "2026-01-30T12:00:00Z", "2026-01-30T13:00:00Z"),
            ("@every 2s", "2026-01-30T12:00:01.5Z", "2026-01-30T12:00:03Z"),
            ("@every 1h30m1.5s", "2026-01-30T12:00:00Z", "2026-01-30T13:30:01Z"),
            ("@every 10ms", "2026-01-30T12:00:00Z", "2026-01-30T12:00:01Z"),
            ("* * * * *", "1969-12-31T23:58:30Z", "1969-12-31T23:59:00Z"),
        ])
    func next(_ text: String, _ after: String, _ expected: String) throws {
        let time = try #require(Timestamp(rfc3339: after))
        #expect(try CronSchedule(text).next(after: time)?.rfc3339 == expected)
    }

    @Test("What never comes is due at no time", arguments: ["0 0 31 2 *", "0 0 30 2 ?", "@every 2562047h"])
    func never(_ text: String) throws {
        let time = try #require(Timestamp(rfc3339: "2026-01-31T12:00:00Z"))
        #expect(try CronSchedule(text).next(after: time) == nil)
    }

    @Test(
        "What is no schedule is told in the library's words",
        arguments: [
            ("", "empty spec string"), ("* * * *", "expected exactly 5 fields, found 4: [* * * *]"),
            ("60 * * * *", "end of range (60) above maximum (59): 60"),
            ("* * 0 * *", "beginning of range (0) below minimum (1): 0"),
            ("* * * * 7", "end of range (7) above maximum (6): 7"),
            ("5-3 * * * *", "beginning of range (5) beyond end of range (3): 5-3"),
            ("*/0 * * * *", "step of range should be a positive number: */0"),
            ("1-2-3 * * * *", "too many hyphens: 1-2-3"), ("1/2/3 * * * *", "too many slashes: 1/2/3"),
            ("x * * * *", "failed to parse int from x: strconv.Atoi: parsing \"x\": invalid syntax"),
            ("@never", "unrecognized descriptor: @never"),
            ("@every 5", "failed to parse duration @every 5: time: missing unit in duration \"5\""),
            ("@every 1h2d", "failed to parse duration @every 1h2d: time: unknown unit \"d\" in duration \"1h2d\""),
            ("@every 1h.s", "failed to parse duration @every 1h.s: time: invalid duration \"1h.s\""),
            ("@every ", "failed to parse duration @every : time: invalid duration \"\""),
            (
                "@every 99999999999h",
                "failed to parse duration @every 99999999999h: time: invalid duration \"99999999999h\""
            ),
            (
                "99999999999999999999 * * * *",
                "failed to parse int from 99999999999999999999: strconv.Atoi: parsing \"99999999999999999999\": value out of range"
            ),
        ])
    func refused(_ text: String, _ message: String) {
        #expect(throws: CronSchedule.Failure(message: message)) { try CronSchedule(text) }
    }

    @Test(
        "Durations are those of Go",
        arguments: [
            ("1h2m3s", 3_723_000_000_000), ("1.5ms", 1_500_000), ("-2us", -2000), ("0", 0), (".5s", 500_000_000),
            ("1µs", 1000), ("3ns", 3), ("", nil), ("5", nil), ("s", nil), (".s", nil), ("1d", nil),
            ("99999999999h", nil), ("+", nil),
        ] as [(String, Int64?)])
    func durations(_ text: String, _ nanoseconds: Int64?) { #expect(goDuration(text) == nanoseconds) }
}
