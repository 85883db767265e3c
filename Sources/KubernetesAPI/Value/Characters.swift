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
