// SPDX-License-Identifier: Apache-2.0

/// ASCII classes of bytes.
extension UInt8 {
    package var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
    package var isLowerCaseLetter: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self) }
    package var isUpperCaseLetter: Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) }
    package var isLetter: Bool { isLowerCaseLetter || isUpperCaseLetter }
    package var isLetterOrDigit: Bool { isLetter || isDigit }
    package var isLowerCaseLetterOrDigit: Bool { isLowerCaseLetter || isDigit }
}

// Paths are looked at byte by byte, as the kernel does: a slash with a combining mark behind it is one `Character`, and
// not "/".
extension StringProtocol {
    /// What stands between the slashes, empty parts left out.
    var pathParts: [SubSequence] {
        utf8.split(separator: UInt8(ascii: "/")).map { self[$0.startIndex..<$0.endIndex] }
    }

    var isAbsolutePath: Bool { utf8.first == UInt8(ascii: "/") }
}
