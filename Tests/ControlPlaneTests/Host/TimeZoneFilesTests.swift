// SPDX-License-Identifier: Apache-2.0

import CLinux
import ControlPlane
import KubernetesAPI
import Testing

@Suite(.enabled(if: access("/usr/share/zoneinfo/Europe/Berlin", F_OK) == 0, "needs Debian's package tzdata"))
struct TimeZoneFilesTests {
    @Test("A time zone of the host's database is found by its name, through links as well")
    func found() throws {
        let summer = try #require(Timestamp(rfc3339: "2026-07-01T00:00:00Z"))
        #expect(try TimeZoneFiles.zone("Europe/Berlin").offset(at: summer) == 7200)
        #expect(try TimeZoneFiles.zone("US/Eastern").offset(at: summer) == -14_400)
        #expect(try TimeZoneFiles.zone("Etc/UTC") == .utc)
        #expect(summer.rfc3339(in: try TimeZoneFiles.zone("Europe/Berlin")) == "2026-07-01T02:00:00+02:00")
        #expect(summer.rfc3339(in: try TimeZoneFiles.zone("America/St_Johns")) == "2026-06-30T21:30:00-02:30")
    }

    @Test(
        "What is no name in it is unknown, wherever it leads",
        arguments: [
            "Nowhere/Town", "Europe", "../../../etc/passwd", "/etc/localtime", "Europe/../../../../etc/passwd", "a\0b",
        ])
    func unknown(_ name: String) {
        #expect(throws: TimeZoneFiles.Failure.self) { try TimeZoneFiles.zone(name) }
    }

    @Test("A file that is no time zone is said to be none")
    func otherFile() {
        #expect {
            try TimeZoneFiles.zone("zone.tab")
        } throws: { error in
            "\(error)" == "/usr/share/zoneinfo/zone.tab is no time zone: it does not begin as a file of the tz database"
        }
    }

    @Test("A host without the database is told what to install; UTC needs none")
    func noDatabase() throws {
        #expect {
            try TimeZoneFiles.zone("Europe/Berlin", in: "/nonexistent/zoneinfo")
        } throws: { error in
            "\(error)" == "no time zones in /nonexistent/zoneinfo: install Debian's package tzdata"
        }
        #expect(try TimeZoneFiles.zone("UTC", in: "/nonexistent/zoneinfo") == .utc)
    }
}
