// SPDX-License-Identifier: Apache-2.0

/// Why bytes are no message of ours.
package enum WireError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Another version of the protocol: the two programs are not of the same build.
    case version(UInt8)
    /// Not the kind of message that was expected here.
    case kind(UInt8)
    /// The bytes end inside of `field`.
    case truncated(field: String)
    /// `field` holds what no writer of ours puts there.
    case malformed(field: String)
    /// More bytes than the message has fields for.
    case trailing(Int)
    /// A frame whose length is above the limit.
    case tooLong(Int)

    package var description: String {
        switch self {
        case .version(let found):
            "protocol version \(found) instead of \(WireFormat.version): "
                + "berth and berth-pod are not of the same build; install both from one"
        case .kind(let found): "a message of kind \(found), which does not belong here"
        case .truncated(let field): "the message ends inside of \(field)"
        case .malformed(let field): "the message has no possible value for \(field)"
        case .trailing(let count): "\(count) bytes follow the end of the message"
        case .tooLong(let length): "a message of \(length) bytes; the longest has \(WireFormat.maximumFrameBytes)"
        }
    }
}

/// Numbers of the format that both ends share.
package enum WireFormat {
    /// Changes with every change of the fields below.
    static let version: UInt8 = 2
    /// Longest payload of a frame. A manifest is 3 MiB at most, and filters are some kilobytes.
    package static let maximumFrameBytes = 16 << 20
    /// Most elements of one list.
    static let maximumCount = 1 << 16
}

/// One direction: a writer takes what it is given, a reader puts there what it has read.
///
/// So each type lists its fields once, in `pass`, for both.
protocol Wire {
    mutating func byte(_ value: inout UInt8, _ field: String) throws(WireError)
    /// 1–10 bytes, 7 bits in each, the lowest first.
    mutating func number(_ value: inout UInt64, _ field: String) throws(WireError)
    mutating func bytes(_ value: inout [UInt8], _ field: String) throws(WireError)
    mutating func text(_ value: inout String, _ field: String) throws(WireError)
    /// The length of a list: what is given when writing, what was read when reading.
    mutating func count(_ count: Int, _ field: String) throws(WireError) -> Int
}

/// What has one form on the wire.
protocol WireValue {
    /// A value to read into.
    static var blank: Self { get }
    /// Passes each field through `wire`, in order.
    mutating func pass(_ wire: inout some Wire, _ field: String) throws(WireError)
}

extension Wire {
    mutating func callAsFunction(_ value: inout some WireValue, _ field: String) throws(WireError) {
        try value.pass(&self, field)
    }

    mutating func callAsFunction<Element: WireValue>(_ list: inout [Element], _ field: String) throws(WireError) {
        let count = try count(list.count, field)
        if list.count != count { list = Array(repeating: .blank, count: count) }
        for index in list.indices { try list[index].pass(&self, field) }
    }

    mutating func callAsFunction<Value: WireValue>(_ optional: inout Value?, _ field: String) throws(WireError) {
        var present = optional != nil
        try present.pass(&self, field)
        guard present else { return optional = nil }
        var value = optional ?? .blank
        try value.pass(&self, field)
        optional = value
    }
}

/// An enumeration without payload, by its raw number.
protocol WireEnum: WireValue, RawRepresentable where RawValue == UInt8 {}

extension WireEnum {
    mutating func pass(_ wire: inout some Wire, _ field: String) throws(WireError) {
        var raw = rawValue
        try wire.byte(&raw, field)
        guard let value = Self(rawValue: raw) else { throw .malformed(field: field) }
        self = value
    }
}
