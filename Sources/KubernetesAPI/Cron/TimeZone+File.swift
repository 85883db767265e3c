// SPDX-License-Identifier: Apache-2.0

extension TimeZone {
    /// Reads a file of the tz database, of any version. See RFC 9636.
    package init(file bytes: [UInt8]) throws(Failure) {
        var rest = bytes[...]
        var header = try Header(&rest)
        var width = 4
        if header.version > 0 {
            // Newer files have all of it again, with times of 64 bits.
            rest = rest.dropFirst(header.size(width: width))
            header = try Header(&rest)
            width = 8
        }
        guard rest.count >= header.size(width: width) else { throw Failure(description: "it is cut off") }
        guard header.leapCount == 0 else {
            throw Failure(description: "it counts leap seconds, which the clocks of Linux do not")
        }
        let times = rest.take(header.timeCount * width)
        let indexes = Array(rest.take(header.timeCount))
        let types = rest.take(header.typeCount * 6)
        rest = rest.dropFirst(header.nameLength + header.wallCount + header.utcCount)

        let offsets = try Self.offsets(types)
        guard let first = offsets.first, indexes.allSatisfy({ Int($0) < offsets.count }) else {
            throw Failure(description: "it has no such type of local time")
        }
        firstOffset = first
        transitions = zip(times.numbers(width: width), indexes).map { Transition(time: $0, offset: offsets[Int($1)]) }
        guard zip(transitions, transitions.dropFirst()).allSatisfy({ $0.time < $1.time }) else {
            throw Failure(description: "its times do not ascend")
        }
        rule = width == 8 ? try Self.rule(rest) : nil
    }

    private static func offsets(_ types: ArraySlice<UInt8>) throws(Failure) -> [Int64] {
        let offsets = stride(from: 0, to: types.count, by: 6).map { types.dropFirst($0).prefix(4).bigEndian }
        // Those of RFC 9636.
        guard offsets.allSatisfy({ (-89_999...93_599).contains($0) }) else {
            throw Failure(description: "an offset is of more than a day")
        }
        return offsets
    }

    /// Between two line ends; empty: the last offset stays.
    private static func rule(_ rest: ArraySlice<UInt8>) throws(Failure) -> TimeZoneRule? {
        let newline = UInt8(ascii: "\n")
        guard rest.first == newline, let end = rest.dropFirst().firstIndex(of: newline) else {
            throw Failure(description: "it is cut off")
        }
        let text = rest.dropFirst()[..<end]
        return text.isEmpty ? nil : try TimeZoneRule(text)
    }

    /// What stands before each of the two blocks.
    private struct Header {
        var version: UInt8
        var utcCount: Int, wallCount: Int, leapCount: Int, timeCount: Int, typeCount: Int, nameLength: Int

        init(_ rest: inout ArraySlice<UInt8>) throws(Failure) {
            let header = rest.take(44)
            guard header.count == 44, header.prefix(4).elementsEqual("TZif".utf8) else {
                throw Failure(description: "it does not begin as a file of the tz database")
            }
            version = header.dropFirst(4).first!
            let counts = stride(from: 20, to: 44, by: 4).map { Int(header.dropFirst($0).prefix(4).bigEndian) }
            (utcCount, wallCount, leapCount) = (counts[0], counts[1], counts[2])
            (timeCount, typeCount, nameLength) = (counts[3], counts[4], counts[5])
            guard counts.allSatisfy({ (0...65_536).contains($0) }) else { throw Failure(description: "it is cut off") }
        }

        func size(width: Int) -> Int {
            timeCount * (width + 1) + typeCount * 6 + nameLength + leapCount * (width + 4) + wallCount + utcCount
        }
    }
}

extension ArraySlice<UInt8> {
    fileprivate mutating func take(_ count: Int) -> ArraySlice<UInt8> {
        defer { self = dropFirst(count) }
        return prefix(count)
    }

    /// With its sign.
    fileprivate var bigEndian: Int64 {
        guard let first else { return 0 }
        return dropFirst().reduce(Int64(Int8(bitPattern: first))) { $0 << 8 | Int64($1) }
    }

    fileprivate func numbers(width: Int) -> [Int64] {
        stride(from: 0, to: count, by: width).map { dropFirst($0).prefix(width).bigEndian }
    }
}
