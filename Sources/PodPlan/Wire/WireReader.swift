// SPDX-License-Identifier: Apache-2.0

/// Reads from bytes that anybody may have written: every length is checked before anything is made of it.
struct WireReader: Wire {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    /// Bytes not read yet.
    var remaining: Int { rest.count }

    mutating func byte(_ value: inout UInt8, _ field: String) throws(WireError) {
        guard let first = rest.popFirst() else { throw .truncated(field: field) }
        value = first
    }

    mutating func number(_ value: inout UInt64, _ field: String) throws(WireError) {
        var result: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            var next: UInt8 = 0
            try byte(&next, field)
            // The tenth byte has room for one bit.
            if shift == 63 && next > 1 { throw .malformed(field: field) }
            result |= UInt64(next & 0x7f) << shift
            if next < 0x80 {
                // One number has one form.
                if next == 0 && shift > 0 { throw .malformed(field: field) }
                break
            }
            shift += 7
        }
        value = result
    }

    mutating func bytes(_ value: inout [UInt8], _ field: String) throws(WireError) {
        value = Array(try take(field))
    }

    mutating func text(_ value: inout String, _ field: String) throws(WireError) {
        guard let text = String(validating: try take(field), as: UTF8.self) else { throw .malformed(field: field) }
        value = text
    }

    mutating func count(_: Int, _ field: String) throws(WireError) -> Int {
        var count: UInt64 = 0
        try number(&count, field)
        guard count <= UInt64(WireFormat.maximumCount) else { throw .malformed(field: field) }
        // Each element has a byte at least.
        guard count <= UInt64(rest.count) else { throw .truncated(field: field) }
        return Int(count)
    }

    /// The bytes that follow their own count.
    private mutating func take(_ field: String) throws(WireError) -> ArraySlice<UInt8> {
        var count: UInt64 = 0
        try number(&count, field)
        guard count <= UInt64(rest.count) else { throw .truncated(field: field) }
        defer { rest = rest.dropFirst(Int(count)) }
        return rest.prefix(Int(count))
    }
}
