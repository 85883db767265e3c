// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// What berth-unpack tells, as `Report` in `LayerUnpacking` writes it: records of a letter and a text, a zero byte behind
/// each. The archive may have taken the program over: nothing here is believed beyond what it may do anyway.
struct UnpackingReport {
    private static let longestRecord = 8192
    private static let mostWarnings = 24

    private(set) var result: Unpacking.Result?
    /// Why it gave up.
    private(set) var problem: String?
    /// Directories with whiteouts for all that is below.
    private(set) var opaque: [[CChar]] = []
    private var warnings: [String] = []

    /// Reads to the end.
    ///
    /// - Parameters:
    ///   - progress: false gives it up.
    ///   - end: ends the program, when it is given up, or tells more than it should.
    mutating func read(
        from pipe: borrowing OwnedDescriptor, _ limits: ImportLimits, _ progress: (Int64) -> Bool,
        end: () throws(Errno) -> Void
    ) throws(Errno) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65536, alignment: 16)
        defer { buffer.deallocate() }
        var record: [UInt8] = []
        while true {
            let count = try pipe.read(into: buffer)
            if count == 0 { return }
            for byte in buffer[..<count] {
                if byte != 0 {
                    record.append(byte)
                } else {
                    if !take(record, progress) {
                        problem = "was given up, as was asked"
                        return try end()
                    }
                    record.removeAll(keepingCapacity: true)
                }
                if record.count > Self.longestRecord || Int64(opaque.count) > limits.entries {
                    problem = "could not be unpacked: the program for it went astray"
                    return try end()
                }
            }
        }
    }

    /// - Returns: false to give it up.
    private mutating func take(_ record: [UInt8], _ progress: (Int64) -> Bool) -> Bool {
        guard let kind = record.first else { return true }
        let rest = record.dropFirst()
        let text = String(decoding: rest, as: UTF8.self)
        switch kind {
        case UInt8(ascii: "p"): if let bytes = Int64(text) { return progress(bytes) }
        case UInt8(ascii: "w"): if warnings.count < Self.mostWarnings { warnings.append(text) }
        case UInt8(ascii: "o"): opaque.append(rest.map { CChar(bitPattern: $0) } + [0])
        case UInt8(ascii: "e"): problem = text
        case UInt8(ascii: "d"):
            let fields = text.split(separator: " ")
            guard fields.count == 3, let bytes = Int64(fields[1]), let entries = Int64(fields[2]) else { break }
            result = .init(hash: String(fields[0]), bytes: bytes, entries: entries, warnings: warnings)
        default: break
        }
        return true
    }
}
