// SPDX-License-Identifier: Apache-2.0

import PodPlan
import Testing

@testable import PodSupervisor

struct LogLinesTests {
    private func lines(_ pieces: [String]) -> [String] {
        var lines = LogLines(.standardOutput)
        var stamp = LogStamp()
        var log: [UInt8] = []
        for piece in pieces {
            Array(piece.utf8).withUnsafeBytes { lines.append($0, at: 951_782_400_000_000_007, &stamp, to: &log) }
        }
        lines.finish(at: 951_782_400_000_000_007, &stamp, to: &log)
        let text = String(decoding: log, as: UTF8.self)
        return text.split(separator: "\n").map {
            String($0).replacing("2000-02-29T00:00:00.000000007Z stdout ", with: "")
        }
    }

    @Test("Lines come out whole, however their bytes arrive")
    func pieces() {
        #expect(lines(["a\nbc", "d\n", "", "\n", "e"]) == ["F a", "F bcd", "F ", "P e"])
    }

    @Test("Lines of just the limit are not split; longer ones are, and lose nothing")
    func longest() {
        let full = String(repeating: "x", count: LogLines.longestText)
        #expect(lines([full + "\n"]) == ["F " + full])
        #expect(lines([full, "\n"]) == ["F " + full])
        #expect(lines([full + "y\n"]) == ["P " + full, "F y"])
        #expect(lines([full, "y", "z"]) == ["P " + full, "P yz"])
        #expect(lines([full + full]) == ["P " + full, "P " + full])
    }

    @Test(
        "Dates are those of the calendar",
        arguments: [
            (0, "1970-01-01T00:00:00"), (951_782_399, "2000-02-28T23:59:59"), (4_107_542_399, "2100-02-28T23:59:59"),
            (4_107_542_400, "2100-03-01T00:00:00"), (1_700_000_000, "2023-11-14T22:13:20"), (-1, "1969-12-31T23:59:59"),
        ] as [(Int64, String)])
    func dates(seconds: Int64, text: String) { #expect(CivilTime(seconds: seconds).dateAndTime == text) }
}
