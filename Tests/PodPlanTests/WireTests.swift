// SPDX-License-Identifier: Apache-2.0

import PodPlan
import Testing

struct WireTests {
    @Test("A plan arrives as it was sent")
    func plan() throws {
        #expect(try PodPlan(decoding: Samples.plan.encode()) == Samples.plan)
        #expect(try PodPlan(decoding: PodPlan().encode()) == PodPlan())
    }

    @Test("A report arrives as it was sent", arguments: Samples.reports)
    func report(report: PodReport) throws {
        #expect(try PodReport(decoding: report.encode()) == report)
    }

    @Test("A command arrives as it was sent", arguments: Samples.commands)
    func command(command: PodCommand) throws {
        #expect(try PodCommand(decoding: command.encode()) == command)
    }

    @Test("Numbers at the ends of their ranges arrive", arguments: [Int64.min, -1, 0, 1, 127, 128, .max])
    func numbers(number: Int64) throws {
        #expect(
            try PodCommand(decoding: PodCommand.terminate(gracePeriodSeconds: number).encode())
                == .terminate(gracePeriodSeconds: number))
    }

    @Test("A message that was cut off anywhere is refused")
    func truncated() throws {
        let bytes = Samples.plan.encode()
        for length in 0..<bytes.count {
            #expect(throws: WireError.self) { try PodPlan(decoding: bytes.prefix(length)) }
        }
    }

    @Test("A message with anything behind it is refused")
    func trailing() throws {
        #expect(throws: WireError.trailing(1)) { try PodPlan(decoding: Samples.plan.encode() + [0]) }
    }

    @Test("A message of another version or kind is refused")
    func others() throws {
        var bytes = Samples.plan.encode()
        bytes[0] += 1
        #expect(throws: WireError.version(bytes[0])) { try PodPlan(decoding: bytes) }
        #expect(throws: WireError.kind(3)) { try PodPlan(decoding: Samples.commands[0].encode()) }
    }

    @Test("A byte changed anywhere gives a message or an error, never a trap")
    func changed() throws {
        let bytes = Samples.plan.encode()
        for index in bytes.indices {
            for value: UInt8 in [0, 1, 0x7f, 0x80, 0xff] {
                var copy = bytes
                copy[index] = value
                do throws(WireError) { _ = try PodPlan(decoding: copy) } catch { #expect(!error.description.isEmpty) }
            }
        }
    }

    @Test("Random bytes give an error, never a trap")
    func garbage() throws {
        var random = SystemRandomNumberGenerator()
        let first = Samples.plan.encode().prefix(2)
        for _ in 0..<2000 {
            let bytes = (0..<Int.random(in: 0...300)).map { _ in UInt8(truncatingIfNeeded: random.next() as UInt64) }
            #expect(throws: WireError.self) { try PodPlan(decoding: first + bytes) }
        }
    }

    @Test("A count above what the message has room for takes no memory")
    func hugeCount() throws {
        let report: [UInt8] = [2, 2, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f]
        #expect(throws: WireError.malformed(field: "status.initContainers")) { try PodReport(decoding: report) }
        #expect(throws: WireError.truncated(field: "output.bytes")) {
            try PodReport(decoding: [2, 2, 1, 0, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f] as [UInt8])
        }
    }

    @Test("Text that is not UTF-8 is refused")
    func utf8() throws {
        #expect(throws: WireError.malformed(field: "uid")) { try PodPlan(decoding: [2, 1, 2, 0xc3, 0x28] as [UInt8]) }
    }
}

struct FrameTests {
    @Test("Frames come out whole, however the bytes arrive", arguments: [1, 2, 3, 7, 64, 100_000])
    func pieces(size: Int) throws {
        let reports = Samples.reports
        let stream = reports.flatMap { $0.frame() }
        var reader = FrameReader()
        var found: [PodReport] = []
        for start in stride(from: 0, to: stream.count, by: size) {
            Array(stream[start..<min(start + size, stream.count)]).withUnsafeBytes { reader.append($0) }
            while let message = try reader.next() { found.append(try PodReport(decoding: message)) }
        }
        #expect(found == reports)
        #expect(!reader.isInsideFrame)
    }

    @Test("A frame that claims too much is refused before its bytes arrive")
    func tooLong() throws {
        var reader = FrameReader()
        [UInt8]([0, 0, 0, 2]).withUnsafeBytes { reader.append($0) }
        #expect(throws: WireError.tooLong(32 << 20)) { try reader.next() }
    }
}
