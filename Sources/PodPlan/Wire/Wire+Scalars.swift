// SPDX-License-Identifier: Apache-2.0

extension String: WireValue {
    static var blank: String { "" }
    mutating func pass(_ wire: inout some Wire, _ field: String) throws(WireError) { try wire.text(&self, field) }
}

extension Bool: WireValue {
    static var blank: Bool { false }
    mutating func pass(_ wire: inout some Wire, _ field: String) throws(WireError) {
        var byte: UInt8 = self ? 1 : 0
        try wire.byte(&byte, field)
        guard byte <= 1 else { throw .malformed(field: field) }
        self = byte == 1
    }
}

extension [UInt8]: WireValue {
    static var blank: [UInt8] { [] }
    mutating func pass(_ wire: inout some Wire, _ field: String) throws(WireError) { try wire.bytes(&self, field) }
}

extension FixedWidthInteger {
    /// Signed numbers take turns (0, −1, 1, −2, …), so that small ones are short.
    fileprivate mutating func passNumber(_ wire: inout some Wire, _ field: String) throws(WireError) {
        let wide = Int64(truncatingIfNeeded: self)
        var number = Self.isSigned ? UInt64(bitPattern: wide << 1 ^ wide >> 63) : UInt64(truncatingIfNeeded: self)
        try wire.number(&number, field)
        let value =
            Self.isSigned
            ? Self(exactly: Int64(bitPattern: number >> 1) ^ -Int64(bitPattern: number & 1)) : Self(exactly: number)
        guard let value else { throw .malformed(field: field) }
        self = value
    }
}

extension Int32: WireValue {
    static var blank: Int32 { 0 }
    mutating func pass(_ wire: inout some Wire, _ field: String) throws(WireError) { try passNumber(&wire, field) }
}

extension Int64: WireValue {
    static var blank: Int64 { 0 }
    mutating func pass(_ wire: inout some Wire, _ field: String) throws(WireError) { try passNumber(&wire, field) }
}

extension Int: WireValue {
    static var blank: Int { 0 }
    mutating func pass(_ wire: inout some Wire, _ field: String) throws(WireError) { try passNumber(&wire, field) }
}

extension UInt16: WireValue {
    static var blank: UInt16 { 0 }
    mutating func pass(_ wire: inout some Wire, _ field: String) throws(WireError) { try passNumber(&wire, field) }
}

extension UInt32: WireValue {
    static var blank: UInt32 { 0 }
    mutating func pass(_ wire: inout some Wire, _ field: String) throws(WireError) { try passNumber(&wire, field) }
}

extension UInt64: WireValue {
    static var blank: UInt64 { 0 }
    mutating func pass(_ wire: inout some Wire, _ field: String) throws(WireError) { try passNumber(&wire, field) }
}
