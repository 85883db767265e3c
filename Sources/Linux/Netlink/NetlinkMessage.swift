// SPDX-License-Identifier: Apache-2.0

import CLinux

/// One message to the kernel: a header, a structure of fixed size, and attributes. See `netlink(7)`.
package struct NetlinkMessage: Sendable {
    /// The header's length and sequence number are filled in when it is sent.
    private(set) var bytes: [UInt8]

    /// - Parameters:
    ///   - type: such as `RTM_NEWLINK`.
    ///   - flags: `NLM_F_CREATE` and the like; `NLM_F_REQUEST` is added.
    package init(type: UInt16, flags: CInt = 0) {
        bytes = []
        number(UInt32(0))
        number(type)
        number(UInt16(flags | NLM_F_REQUEST))
        number(UInt32(0))
        number(UInt32(0))
    }

    /// Appends an integer in the host's order, which is the one of headers and of rtnetlink.
    package mutating func number(_ value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value) { bytes += $0 }
    }

    /// An attribute of bytes.
    package mutating func attribute(_ type: some BinaryInteger, _ value: [UInt8]) {
        nested(type) { $0.bytes += value }
    }

    /// An attribute that holds an integer in the host's order.
    package mutating func attribute(_ type: some BinaryInteger, _ value: some FixedWidthInteger) {
        nested(type) { $0.number(value) }
    }

    /// An attribute that holds a text with a NUL behind it.
    package mutating func attribute(_ type: some BinaryInteger, text: String) {
        attribute(type, Array(text.utf8) + [0])
    }

    /// An attribute that holds what `body` appends.
    package mutating func nested(_ type: some BinaryInteger, _ body: (inout NetlinkMessage) -> Void) {
        let start = bytes.count
        number(UInt16(0))
        number(UInt16(type))
        body(&self)
        set(UInt16(bytes.count - start), at: start)
        while bytes.count % 4 != 0 { bytes.append(0) }
    }

    /// The message as it is sent.
    func sent(sequence: UInt32, flags: CInt) -> [UInt8] {
        var copy = self
        copy.set(UInt32(copy.bytes.count), at: 0)
        copy.set(UInt16(copy.bytes[6]) | UInt16(copy.bytes[7]) << 8 | UInt16(flags), at: 6)
        copy.set(sequence, at: 8)
        return copy.bytes
    }

    private mutating func set(_ value: some FixedWidthInteger, at offset: Int) {
        Swift.withUnsafeBytes(of: value) { bytes.replaceSubrange(offset..<offset + $0.count, with: $0) }
    }
}

/// Why the kernel refused a message, with its own sentence when it has one.
package struct NetlinkError: Error, Hashable, Sendable, CustomStringConvertible {
    package var errno: Errno
    /// The extended acknowledgement; may be empty.
    package var text: String

    package init(_ errno: Errno, text: String = "") {
        self.errno = errno
        self.text = text
    }

    package var description: String { text.isEmpty ? "\(errno)" : "\(errno) (\(text))" }
}

/// What the kernel sent: the type and what follows the header.
struct NetlinkReply {
    var type: UInt16
    var flags: UInt16
    var sequence: UInt32
    var payload: ArraySlice<UInt8>

    /// The messages of one datagram; what is cut off at its end is left out.
    static func replies(in datagram: [UInt8]) -> [NetlinkReply] {
        var rest = datagram[...]
        var replies: [NetlinkReply] = []
        while rest.count >= 16 {
            let length = Int(rest.number(at: 0) as UInt32)
            guard length >= 16, length <= rest.count else { break }
            replies.append(
                NetlinkReply(
                    type: rest.number(at: 4), flags: rest.number(at: 6), sequence: rest.number(at: 8),
                    payload: rest.dropFirst(16).prefix(length - 16)))
            rest = rest.dropFirst((length + 3) & ~3)
        }
        return replies
    }
}

extension ArraySlice<UInt8> {
    /// The integer in the host's order that starts `offset` bytes from here; 0 when there are too few.
    package func number<Number: FixedWidthInteger>(at offset: Int) -> Number {
        let size = MemoryLayout<Number>.size
        guard count >= offset + size else { return 0 }
        var value = Number(0)
        Swift.withUnsafeMutableBytes(of: &value) { $0.copyBytes(from: dropFirst(offset).prefix(size)) }
        return value
    }

    /// The attributes that stand here, by type; nested ones as bytes.
    package var netlinkAttributes: [(type: UInt16, value: ArraySlice<UInt8>)] {
        var rest = self
        var attributes: [(type: UInt16, value: ArraySlice<UInt8>)] = []
        while rest.count >= 4 {
            let length = Int(rest.number(at: 0) as UInt16)
            guard length >= 4, length <= rest.count else { break }
            // The two highest bits are flags.
            attributes.append((rest.number(at: 2) & 0x3fff, rest.dropFirst(4).prefix(length - 4)))
            rest = rest.dropFirst((length + 3) & ~3)
        }
        return attributes
    }
}
