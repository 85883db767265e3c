// SPDX-License-Identifier: Apache-2.0

import PodPlan

/// What one stream of a container writes, as lines of the CRI log format:
/// `<RFC 3339 time> <stdout|stderr> <F|P> <text>`; P when the text goes on in the next line of the same stream.
struct LogLines: Sendable {
    /// Longer lines are split: whoever reads the log needs no more memory than this.
    static let longestText = 16 << 10

    private let stream: [UInt8]
    /// A line that has not ended yet.
    private var pending: [UInt8] = []

    init(_ stream: OutputStream) { self.stream = Array(stream == .standardOutput ? " stdout ".utf8 : " stderr ".utf8) }

    /// Appends each line that these bytes complete to `log`.
    ///
    /// - Parameter time: of the reading, nanoseconds since the epoch.
    mutating func append(
        _ bytes: UnsafeRawBufferPointer, at time: Int64, _ stamp: inout LogStamp, to log: inout [UInt8]
    ) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let room = Self.longestText - pending.count
            let newline = rest.prefix(room + 1).firstIndex(of: UInt8(ascii: "\n"))
            guard let newline else {
                let part = rest.prefix(room)
                rest = rest.dropFirst(part.count)
                pending.append(contentsOf: part)
                // Full, and more of the same line follows.
                if !rest.isEmpty { write("P", &pending, at: time, &stamp, to: &log) }
                continue
            }
            pending.append(contentsOf: rest[rest.startIndex..<newline])
            rest = rest[(newline + 1)...]
            write("F", &pending, at: time, &stamp, to: &log)
        }
    }

    /// The stream has ended: what has no line break is a part without a last one.
    mutating func finish(at time: Int64, _ stamp: inout LogStamp, to log: inout [UInt8]) {
        if !pending.isEmpty { write("P", &pending, at: time, &stamp, to: &log) }
    }

    private func write(
        _ tag: Unicode.Scalar, _ text: inout [UInt8], at time: Int64, _ stamp: inout LogStamp, to log: inout [UInt8]
    ) {
        stamp.append(time, to: &log)
        log.append(contentsOf: stream)
        log.append(UInt8(ascii: tag))
        log.append(UInt8(ascii: " "))
        log.append(contentsOf: text)
        log.append(UInt8(ascii: "\n"))
        text.removeAll(keepingCapacity: true)
    }
}
