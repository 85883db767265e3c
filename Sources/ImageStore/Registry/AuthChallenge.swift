// SPDX-License-Identifier: Apache-2.0

/// One challenge of a `WWW-Authenticate` header: `Bearer realm="https://…",service="…",scope="…"`. See RFC 9110, 11.
package struct AuthChallenge: Hashable, Sendable {
    /// In lower case.
    package var scheme: String
    /// Names in lower case; each occurs once.
    package var parameters: [String: String]

    /// All challenges of a header's value, in order.
    ///
    /// - Returns: nil when it isn't formed as the RFC has it.
    package static func parse(_ text: String) -> [AuthChallenge]? {
        var scanner = Scanner(text)
        var challenges: [AuthChallenge] = []
        scanner.skipSeparators()
        while !scanner.isAtEnd {
            guard let scheme = scanner.token() else { return nil }
            var challenge = AuthChallenge(scheme: scheme.lowercased(), parameters: [:])
            let hasMore = scanner.skipBlanks()
            guard hasMore || scanner.isAtEnd || scanner.isAtComma else { return nil }
            if hasMore, !scanner.isAtComma, !scanner.takeLongToken() {
                guard scanner.takeParameters(into: &challenge) else { return nil }
            }
            challenges.append(challenge)
            guard scanner.isAtEnd || scanner.skipSeparators() else { return nil }
        }
        return challenges
    }

    private struct Scanner {
        private let bytes: [UInt8]
        private var place = 0

        init(_ text: String) { bytes = Array(text.utf8) }

        var isAtEnd: Bool { place == bytes.count }
        var isAtComma: Bool { place < bytes.count && bytes[place] == UInt8(ascii: ",") }

        @discardableResult
        mutating func skipBlanks() -> Bool {
            let start = place
            while place < bytes.count, bytes[place] == 32 || bytes[place] == 9 { place += 1 }
            return place > start
        }

        /// Commas, with blanks around; lists may have empty elements.
        @discardableResult
        mutating func skipSeparators() -> Bool {
            var hasComma = false
            skipBlanks()
            while isAtComma {
                hasComma = true
                place += 1
                skipBlanks()
            }
            return hasComma
        }

        mutating func token() -> String? {
            let start = place
            while place < bytes.count, Self.isToken(bytes[place]) { place += 1 }
            return place > start ? String(decoding: bytes[start..<place], as: UTF8.self) : nil
        }

        /// The one long word of schemes such as Negotiate: it stands alone.
        mutating func takeLongToken() -> Bool {
            var end = place
            while end < bytes.count, Self.isToken(bytes[end]) || bytes[end] == UInt8(ascii: "/") { end += 1 }
            while end < bytes.count, bytes[end] == UInt8(ascii: "=") { end += 1 }
            var behind = end
            while behind < bytes.count, bytes[behind] == 32 || bytes[behind] == 9 { behind += 1 }
            guard end > place, behind == bytes.count || bytes[behind] == UInt8(ascii: ",") else { return false }
            place = behind
            return true
        }

        /// `name=value` pairs up to the end or to the next challenge, whose scheme has no `=` behind.
        mutating func takeParameters(into challenge: inout AuthChallenge) -> Bool {
            while true {
                let start = place
                guard let name = token() else { return false }
                skipBlanks()
                guard place < bytes.count, bytes[place] == UInt8(ascii: "=") else {
                    // A scheme: its comma was taken for one between parameters.
                    guard !challenge.parameters.isEmpty else { return false }
                    place = start
                    return backToComma()
                }
                place += 1
                skipBlanks()
                guard let value = place < bytes.count && bytes[place] == UInt8(ascii: "\"") ? quoted() : token(),
                    challenge.parameters.updateValue(value, forKey: name.lowercased()) == nil
                else { return false }
                skipBlanks()
                guard isAtComma else { return isAtEnd }
                skipSeparators()
                if isAtEnd { return true }
            }
        }

        private mutating func backToComma() -> Bool {
            while place > 0, !isAtComma { place -= 1 }
            return isAtComma
        }

        private mutating func quoted() -> String? {
            var value: [UInt8] = []
            place += 1
            while place < bytes.count {
                var byte = bytes[place]
                place += 1
                if byte == UInt8(ascii: "\"") { return String(validating: value, as: UTF8.self) }
                if byte == UInt8(ascii: "\\") {
                    guard place < bytes.count else { return nil }
                    byte = bytes[place]
                    place += 1
                }
                value.append(byte)
            }
            return nil
        }

        private static func isToken(_ byte: UInt8) -> Bool {
            switch byte {
            case 48...57, 65...90, 97...122: true
            default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
            }
        }
    }
}
