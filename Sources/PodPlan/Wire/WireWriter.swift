// SPDX-License-Identifier: Apache-2.0

/// Appends to a byte array.
struct WireWriter: Wire {
    private(set) var result: [UInt8]

    /// - Parameter result: what goes before.
    init(after result: [UInt8] = []) { self.result = result }

    mutating func byte(_ value: inout UInt8, _: String) { result.append(value) }

    mutating func number(_ value: inout UInt64, _: String) { append(value) }

    mutating func bytes(_ value: inout [UInt8], _: String) {
        append(UInt64(value.count))
        result.append(contentsOf: value)
    }

    mutating func text(_ value: inout String, _: String) {
        append(UInt64(value.utf8.count))
        result.append(contentsOf: value.utf8)
    }

    mutating func count(_ count: Int, _ field: String) throws(WireError) -> Int {
        guard count <= WireFormat.maximumCount else { throw .malformed(field: field) }
        append(UInt64(count))
        return count
    }

    private mutating func append(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            result.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        result.append(UInt8(rest))
    }
}
