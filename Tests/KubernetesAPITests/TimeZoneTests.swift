// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import KubernetesAPI

private typealias Zone = KubernetesAPI.TimeZone

/// Debian's package tzdata.
private let database = "/usr/share/zoneinfo"

private func zone(_ name: String) throws -> Zone {
    try Zone(file: [UInt8](Data(contentsOf: URL(filePath: "\(database)/\(name)"))))
}

@Suite(
    .enabled(if: FileManager.default.fileExists(atPath: "\(database)/Europe/Berlin"), "needs Debian's package tzdata"))
struct TimeZoneTests {
    @Test(
        "The first time that a schedule names by the clocks of a place",
        arguments: [
            // New York puts its clocks from 2:00 to 3:00, …
            ("30 2 11 3 *", "America/New_York", "2012-03-11T00:00:00-05:00", "2013-03-11T02:30:00-04:00"),
            ("0 * * * *", "America/New_York", "2012-03-11T01:00:00-05:00", "2012-03-11T03:00:00-04:00"),
            ("0 1 * * *", "America/New_York", "2012-03-11T01:00:00-05:00", "2012-03-12T01:00:00-04:00"),
            ("0 2 * * *", "America/New_York", "2012-03-11T00:00:00-05:00", "2012-03-12T02:00:00-04:00"),
            // … and back from 2:00 to 1:00: the hour from 1:00 comes twice.
            ("30 2 4 11 *", "America/New_York", "2012-11-04T00:00:00-04:00", "2012-11-04T02:30:00-05:00"),
            ("30 1 4 11 *", "America/New_York", "2012-11-04T01:45:00-04:00", "2012-11-04T01:30:00-05:00"),
            ("0 * * * *", "America/New_York", "2012-11-04T00:00:00-04:00", "2012-11-04T01:00:00-04:00"),
            ("0 * * * *", "America/New_York", "2012-11-04T01:00:00-04:00", "2012-11-04T01:00:00-05:00"),
            ("0 1 * * *", "America/New_York", "2012-11-04T01:00:00-04:00", "2012-11-04T01:00:00-05:00"),
            ("0 1 * * *", "America/New_York", "2012-11-04T01:00:00-05:00", "2012-11-05T01:00:00-05:00"),
            ("0 3 3 * *", "America/New_York", "2012-11-04T00:00:00-04:00", "2012-12-03T03:00:00-05:00"),
            // There was no midnight in São Paulo on the day in spring.
            ("0 9 10 * *", "America/Sao_Paulo", "2018-10-17T05:00:00-04:00", "2018-11-10T06:00:00-05:00"),
            ("0 9 22 * *", "America/Sao_Paulo", "2018-02-14T05:00:00-05:00", "2018-02-22T07:00:00-05:00"),
            ("0 0 * * *", "America/Sao_Paulo", "2018-11-03T12:00:00-03:00", "2018-11-05T00:00:00-02:00"),
            // Nor in Cairo, where summer begins at midnight; in autumn the hour before midnight comes twice.
            ("0 0 * * *", "Africa/Cairo", "2026-04-23T12:00:00+02:00", "2026-04-25T00:00:00+03:00"),
            ("30 0 24 4 *", "Africa/Cairo", "2026-04-01T00:00:00+02:00", "2027-04-24T00:30:00+02:00"),
            // The library goes past that day whenever it is looking for its date.
            ("0 9 24 4 *", "Africa/Cairo", "2026-04-01T00:00:00+02:00", "2027-04-24T09:00:00+02:00"),
            ("30 23 * * *", "Africa/Cairo", "2026-10-29T12:00:00+03:00", "2026-10-29T23:30:00+03:00"),
            ("30 23 * * *", "Africa/Cairo", "2026-10-29T23:30:00+03:00", "2026-10-29T23:30:00+02:00"),
            // Half an hour, and offsets of quarters of one.
            ("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00:00+10:30", "2026-10-05T02:15:00+11:00"),
            ("0 0 * * *", "Asia/Kathmandu", "2026-01-01T00:00:00Z", "2026-01-01T18:15:00Z"),
            // Beyond the tables of the file, by its rule.
            ("30 2 * * *", "Europe/Berlin", "2060-03-27T12:00:00Z", "2060-03-29T00:30:00Z"),
            ("0 0 1 1 *", "America/New_York", "2090-06-01T00:00:00Z", "2091-01-01T05:00:00Z"),
        ])
    func next(_ schedule: String, _ place: String, _ after: String, _ expected: String) throws {
        let time = try #require(Timestamp(rfc3339: after))
        let next = try CronSchedule(schedule, zone: zone(place)).next(after: time)
        let due = try #require(Timestamp(rfc3339: expected))
        #expect(next == due, "\(next?.rfc3339 ?? "never")")
    }

    @Test("Offsets are those that Foundation knows, in all places of the database and at any time")
    func offsets() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        var compared = 0
        for name in Foundation.TimeZone.knownTimeZoneIdentifiers where !name.hasPrefix("right/") {
            guard let other = Foundation.TimeZone(identifier: name), let own = try? zone(name) else { continue }
            for _ in 0..<50 {
                // 1972…2037: what both take from the same tables.
                let second = Int64.random(in: 63_072_000..<2_145_916_800, using: &random)
                let expected = other.secondsFromGMT(for: Date(timeIntervalSince1970: Double(second)))
                let found = own.offset(at: Timestamp(seconds: second))
                #expect(found == Int64(expected), "\(name) at \(second), seed \(seed)")
                compared += 1
            }
        }
        #expect(compared > 5000)
    }

    @Test(
        "Offsets before and after every change of two centuries are those that the C library tells",
        .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/zdump"), "needs /usr/bin/zdump"),
        arguments: [
            "Africa/Cairo", "Africa/Casablanca", "America/Anchorage", "America/Caracas", "America/Godthab",
            "America/Havana", "America/New_York", "America/Santiago", "America/Sao_Paulo", "America/St_Johns",
            "Antarctica/Troll", "Asia/Gaza", "Asia/Jerusalem", "Asia/Kathmandu", "Asia/Tehran", "Australia/Lord_Howe",
            "Europe/Berlin", "Europe/Dublin", "Europe/Moscow", "Pacific/Apia", "Pacific/Chatham", "Pacific/Kiritimati",
        ])
    func changes(_ name: String) throws {
        let own = try zone(name)
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        var compared = 0
        // `Europe/Berlin  Sun Mar 31 00:59:59 2024 UT = Sun Mar 31 01:59:59 2024 CET isdst=0 gmtoff=3600`
        for line in try zdump(name, from: 1900, to: 2100).split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 16, let month = months.firstIndex(of: String(words[2])) else { continue }
            let (day, offset) = (try #require(Int(words[3])), try #require(Int64(words[15].dropFirst("gmtoff=".count))))
            let text = "\(words[5])-\(month < 9 ? "0" : "")\(month + 1)-\(day < 10 ? "0" : "")\(day)T\(words[4])Z"
            let time = try #require(Timestamp(rfc3339: text))
            #expect(own.offset(at: time) == offset, "\(line)")
            compared += 1
        }
        #expect(compared >= 4)
    }

    private func zdump(_ name: String, from first: Int, to last: Int) throws -> String {
        let (process, pipe) = (Process(), Pipe())
        process.executableURL = URL(filePath: "/usr/bin/zdump")
        process.arguments = ["-v", "-c", "\(first),\(last)", name]
        process.standardOutput = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: output, as: UTF8.self)
    }

    @Test("Between changes of the clocks a schedule is due when a search through all minutes says so")
    func bruteForce() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        let place = try zone("Europe/Berlin")
        for _ in 0..<200 {
            let (minute, hour) = (Int64.random(in: 0...59, using: &random), Int64.random(in: 0...23, using: &random))
            // From December to February nothing changes there.
            let start = 1_764_547_200 + Int64.random(in: 0..<60 * 86_400, using: &random)
            var found = start / 60 * 60 + 60
            while LocalTime(found, in: place).minute != minute || LocalTime(found, in: place).hour != hour {
                found += 60
            }
            let next = try CronSchedule("\(minute) \(hour) * * *", zone: place).next(after: Timestamp(seconds: start))
            #expect(next == Timestamp(seconds: found), "seed \(seed)")
        }
    }
}

struct TimeZoneRuleTests {
    @Test(
        "A rule of POSIX says the offset at any time",
        arguments: [
            ("CET-1CEST,M3.5.0,M10.5.0/3", "2030-03-31T00:59:59Z", 3600),
            ("CET-1CEST,M3.5.0,M10.5.0/3", "2030-03-31T01:00:00Z", 7200),
            ("CET-1CEST,M3.5.0,M10.5.0/3", "2030-10-27T00:59:59Z", 7200),
            ("CET-1CEST,M3.5.0,M10.5.0/3", "2030-10-27T01:00:00Z", 3600),
            // Summer over the turn of the year.
            ("NZST-12NZDT,M9.5.0,M4.1.0/3", "2030-01-01T00:00:00Z", 46_800),
            ("NZST-12NZDT,M9.5.0,M4.1.0/3", "2030-07-01T00:00:00Z", 43_200),
            // Before the day begins, and long after it.
            ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2030-03-31T00:59:59Z", -7200),
            ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2030-03-31T01:00:00Z", -3600),
            ("IST-2IDT,M3.4.4/26,M10.5.0", "2030-03-29T00:00:00Z", 10_800),
            ("IST-2IDT,M3.4.4/26,M10.5.0", "2030-03-28T23:59:59Z", 7200),
            // Days of the year, with and without the leap day.
            ("AAA0BBB,J60/0,J300/0", "2028-03-01T00:00:00Z", 3600),
            ("AAA0BBB,J60/0,J300/0", "2028-02-29T23:59:59Z", 0),
            ("AAA0BBB,59/0,300/0", "2028-02-29T00:00:00Z", 3600),
            // Summer all the year.
            ("XXX3EDT4,0/0,J365/23", "2030-01-01T03:00:00Z", -14_400),
            ("XXX3EDT4,0/0,J365/23", "2030-12-31T23:00:00Z", -14_400),
            ("<+0330>-3:30", "2030-12-31T23:00:00Z", 12_600),
        ])
    func offset(_ text: String, _ time: String, _ expected: Int64) throws {
        let zone = TimeZone(firstOffset: 0, transitions: [], rule: try TimeZoneRule(Array(text.utf8)[...]))
        #expect(try zone.offset(at: #require(Timestamp(rfc3339: time))) == expected)
    }

    @Test(
        "What is no rule is refused",
        arguments: [
            "C", "CET", "CET-25", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M1.1.1", "CET-1CEST,J0,J3",
            "CET-1CEST,M3.5.0,M10.5.0/168", "<CET-1", "CET-1CEST,M3.5.0,M10.5.0/3x", "CET-1CEST,M3.6.0,M10.5.0",
        ])
    func refused(_ text: String) {
        #expect(throws: KubernetesAPI.TimeZone.Failure.self) { try TimeZoneRule(Array(text.utf8)[...]) }
    }

    private typealias TimeZone = KubernetesAPI.TimeZone

    /// A file of version 2 with one change, at second 1000.
    private var file: [UInt8] {
        let first = Array("TZif2".utf8) + [UInt8](repeating: 0, count: 15 + 24)
        let counts: [UInt8] = [0, 0, 0, 1, 2, 4].flatMap { [0, 0, 0, $0] }
        let second = Array("TZif2".utf8) + [UInt8](repeating: 0, count: 15) + counts
        let times: [UInt8] = [0, 0, 0, 0, 0, 0, 0x03, 0xe8]
        let types: [UInt8] = [0, 0, 0x0e, 0x10, 0, 0, 0xff, 0xff, 0xf1, 0xf0, 0, 0]
        return first + second + times + [1] + types + Array("A\0B\0".utf8) + Array("\n\n".utf8)
    }

    @Test("A file is read to its end, and anything less is refused")
    func files() throws {
        let zone = try TimeZone(file: file)
        #expect(zone.offset(at: Timestamp(seconds: 999)) == 3600)
        #expect(zone.offset(at: Timestamp(seconds: 1000)) == -3600)
        for count in 0..<file.count {
            #expect(throws: TimeZone.Failure.self) { try TimeZone(file: Array(file.prefix(count))) }
        }
    }
}

/// SplitMix64.
private struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
