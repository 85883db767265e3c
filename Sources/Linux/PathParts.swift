// SPDX-License-Identifier: Apache-2.0

// Paths are looked at byte by byte, as the kernel does: a slash with a combining mark behind it is one `Character`, and
// not "/".
extension StringProtocol {
    /// What stands between the slashes, empty parts left out.
    @inlinable package var pathParts: [SubSequence] {
        var parts: [SubSequence] = []
        var start = startIndex
        while start < endIndex {
            let end = utf8[start...].firstIndex(of: UInt8(ascii: "/")) ?? endIndex
            if end > start { parts.append(self[start..<end]) }
            start = end < endIndex ? utf8.index(after: end) : end
        }
        return parts
    }

    package var isAbsolutePath: Bool { utf8.first == UInt8(ascii: "/") }

    /// Whether these bytes stand somewhere in it.
    package func hasBytes(of part: String) -> Bool {
        let (bytes, wanted) = (Array(utf8), Array(part.utf8))
        guard wanted.count <= bytes.count else { return false }
        return (0...bytes.count - wanted.count).contains { bytes[$0..<$0 + wanted.count].elementsEqual(wanted) }
    }
}
