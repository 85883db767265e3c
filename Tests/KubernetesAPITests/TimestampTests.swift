// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import Testing

struct TimestampTests {
    @Test(
        "A time of RFC 3339 is read to the nanosecond",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("1969-12-31T23:59:59Z", -1_000_000_000),
            ("2000-02-29T12:34:56Z", 951_827_696_000_000_000),
            ("2026-01-31T12:00:00+01:00", 1_769_857_200_000_000_000),
            ("2026-01-31T12:00:00.5-00:30", 1_769_862_600_500_000_000),
            ("2024-12-31T23:59:59.123456789Z", 1_735_689_599_123_456_789),
        ] as [(String, Int64)])
    func reads(text: String, nanoseconds: Int64) {
        #expect(Timestamp(rfc3339: text)?.nanoseconds == nanoseconds)
    }

    @Test(
        "What is no such time is refused",
        arguments: [
            "", "2026-01-31", "2026-01-31 12:00:00Z", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
            "2026-01-31T24:00:00Z",
            "2026-01-31T12:60:00Z", "2026-01-31T12:00:00", "2026-01-31T12:00:00.Z", "2026-01-31T12:00:00Zx",
            "9999-01-01T00:00:00Z",
            "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-31T12:00:00+24:00",
        ])
    func refuses(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test("What goes beyond the last time there is comes to that")
    func saturates() {
        let now = Timestamp(seconds: 1_700_000_000)
        #expect(now + .seconds(Int64.max) == .distantFuture)
        #expect(now + .seconds(9_223_372_036) == .distantFuture)
        #expect(now + .seconds(-1) < now)
        #expect(Duration.seconds(Int64.max).wholeNanoseconds == .max)
    }

    @Test("A time is printed in UTC, in whole seconds or with microseconds")
    func prints() {
        let time = Timestamp(nanoseconds: 1_735_689_599_123_456_789)
        #expect(time.rfc3339 == "2024-12-31T23:59:59Z")
        #expect(time.rfc3339Micro == "2024-12-31T23:59:59.123456Z")
        #expect(Timestamp(nanoseconds: -1).rfc3339Micro == "1969-12-31T23:59:59.999999Z")
    }

    @Test("Every day of eight centuries and a leap year is read as it was printed")
    func roundTrips() {
        var seconds: Int64 = -9_000_000_000
        while seconds < 9_000_000_000 {
            let time = Timestamp(seconds: seconds)
            #expect(Timestamp(rfc3339: time.rfc3339) == time)
            seconds += 86_400 * 13 + 7
        }
    }
}
