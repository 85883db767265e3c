// SPDX-License-Identifier: Apache-2.0

// Paths are looked at byte by byte, as the kernel does: a slash with a combining mark behind it is one `Character`, and
// not "/".
extension StringProtocol {
    /// What stands between the slashes, empty parts left out.
    package var pathParts: [SubSequence] {
        utf8.split(separator: UInt8(ascii: "/")).map { self[$0.startIndex..<$0.endIndex] }
    }

    package var isAbsolutePath: Bool { utf8.first == UInt8(ascii: "/") }
}
