// SPDX-License-Identifier: Apache-2.0

/// What is wrong with a JSON text, or with the value at one path in it.
package struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Place: Hashable, Sendable {
        /// Lines and columns count from 1, columns and the offset in bytes.
        case position(line: Int, column: Int, offset: Int)
        /// As in `linux.resources.memory.limit` or `mounts[2].type`; empty for the whole value.
        case path(String)
    }
    package let place: Place
    package let message: String

    package init(path: String, _ message: String) {
        place = .path(path)
        self.message = message
    }

    /// - Parameter offset: of the first byte that can't stand where it does.
    init(offset: Int, of text: [UInt8], _ message: String) {
        let before = text.prefix(offset)
        let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        let line = before.reduce(1) { $1 == UInt8(ascii: "\n") ? $0 + 1 : $0 }
        place = .position(line: line, column: before.count - lineStart + 1, offset: before.count)
        self.message = message
    }

    package var description: String {
        switch place {
        case .position(let line, let column, _): "line \(line), column \(column): \(message)"
        case .path(""): message
        case .path(let path): "\(path): \(message)"
        }
    }
}
