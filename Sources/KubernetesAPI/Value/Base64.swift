// SPDX-License-Identifier: Apache-2.0

/// Base 64 of RFC 4648 with padding; line ends between the letters mean nothing.
enum Base64 {
    struct Failure: Error, Hashable {
        /// The first byte that can't be where it is.
        var offset: Int
    }

    private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 0xff, count: 256)
        for (value, letter) in letters.enumerated() { values[Int(letter)] = UInt8(value) }
        return values
    }()

    static func decode(_ text: String) throws(Failure) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count / 4 * 3)
        var (bits, count, padding) = (UInt32(0), 0, 0)
        for (offset, byte) in text.utf8.enumerated() where byte != UInt8(ascii: "\n") && byte != UInt8(ascii: "\r") {
            if byte == UInt8(ascii: "=") {
                // One or two of them stand for the last letters of the last four.
                guard count % 4 >= 2, padding < 2 else { throw Failure(offset: offset) }
                padding += 1
                count += 1
                bits <<= 6
                if count % 4 == 0 { append(&bytes, bits, 3 - padding) }
                continue
            }
            let value = values[Int(byte)]
            guard value < 64, padding == 0 else { throw Failure(offset: offset) }
            bits = bits << 6 | UInt32(value)
            count += 1
            if count % 4 == 0 { append(&bytes, bits, 3) }
        }
        guard count % 4 == 0 else { throw Failure(offset: text.utf8.count) }
        return bytes
    }

    /// The first `count` bytes of 24 bits.
    private static func append(_ bytes: inout [UInt8], _ bits: UInt32, _ count: Int) {
        for index in 0..<count { bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(16 - 8 * index))) }
    }

    static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let count = min(3, bytes.count - start)
            var bits: UInt32 = 0
            for index in 0..<3 { bits = bits << 8 | (index < count ? UInt32(bytes[start + index]) : 0) }
            for index in 0..<4 {
                text.append(index <= count ? letters[Int(bits >> UInt32(18 - 6 * index)) & 63] : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
