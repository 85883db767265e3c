// SPDX-License-Identifier: Apache-2.0

/// Cuts a stream of bytes, which arrive in pieces of any size, into the messages of its frames.
package struct FrameReader: Sendable {
    private var pending: [UInt8] = []
    /// Where in `pending` the next frame begins.
    private var start = 0

    package init() {}

    /// Takes what a read has given.
    package mutating func append(_ bytes: UnsafeRawBufferPointer) {
        if start > 0 {
            pending.removeSubrange(..<start)
            start = 0
        }
        pending.append(contentsOf: bytes)
    }

    /// The next whole message, without its length; nil when more bytes must arrive first.
    ///
    /// - Throws: `tooLong`; then the stream cannot be used any more.
    package mutating func next() throws(WireError) -> [UInt8]? {
        let available = pending.count - start
        guard available >= 4 else { return nil }
        let length = (0..<4).reduce(0) { $0 | Int(pending[start + $1]) << (8 * $1) }
        guard length <= WireFormat.maximumFrameBytes else { throw .tooLong(length) }
        guard available - 4 >= length else { return nil }
        let message = Array(pending[(start + 4)..<(start + 4 + length)])
        start += 4 + length
        if start == pending.count {
            pending.removeAll(keepingCapacity: pending.capacity <= 1 << 16)
            start = 0
        }
        return message
    }

    /// True when a frame has begun that is not there as a whole.
    package var isInsideFrame: Bool { pending.count > start }
}
