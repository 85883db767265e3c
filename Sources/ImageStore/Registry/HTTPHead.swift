// SPDX-License-Identifier: Apache-2.0

/// Status and headers of an answer, as curl hands them on with `--include`. See RFC 9112.
package struct HTTPHead: Hashable, Sendable {
    package var status: Int
    /// Names in lower case, in the order they came.
    package var fields: [Field]

    package struct Field: Hashable, Sendable {
        package var name: String
        package var value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// All values of a header.
    package func values(_ name: String) -> [String] { fields.filter { $0.name == name }.map(\.value) }

    /// The one value of a header that may be there once; nil when it isn't there, or comes with two meanings.
    package func value(_ name: String) -> String? {
        let all = values(name)
        return all.allSatisfy { $0 == all[0] } ? all.first : nil
    }

    /// `Content-Length`.
    package var length: Int64? { value("content-length").flatMap(Self.number) }

    /// `Content-Type` without its parameters.
    package var mediaType: String? {
        value("content-type").map { $0.prefix { $0 != ";" }.lowercased().trimmed }
    }

    /// Where the part begins that a 206 brings, and how long the whole is if it says: `bytes 5-9/10`.
    package var range: (first: Int64, whole: Int64?)? {
        guard let text = value("content-range"), text.lowercased().hasPrefix("bytes ") else { return nil }
        let halves = text.dropFirst(6).split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count == 2, let dash = halves[0].firstIndex(of: "-"),
            let first = Self.number(String(halves[0][..<dash]).trimmed)
        else { return nil }
        return (first, Self.number(String(halves[1]).trimmed))
    }

    static func number(_ text: String) -> Int64? {
        text.utf8.allSatisfy { (48...57).contains($0) } ? Int64(text) : nil
    }
}

extension HTTPHead {
    /// Takes the bytes of a head as they come.
    package struct Reader {
        /// More than this is no head.
        static let limit = 64 << 10

        private var bytes: [UInt8] = []

        package init() {}

        package enum Step: Hashable { case more, refused(String), done(HTTPHead, rest: ArraySlice<UInt8>) }

        /// - Returns: the head and what came behind it, once it is whole. Interim answers (1xx) are passed over.
        package mutating func take(_ new: UnsafeRawBufferPointer) -> Step {
            bytes.append(contentsOf: new)
            while let end = Self.end(of: bytes), end <= Self.limit {
                guard let head = Self.parse(bytes[..<end]) else { return .refused("its head is no HTTP") }
                if head.status >= 200 { return .done(head, rest: bytes[end...]) }
                bytes.removeSubrange(..<end)
            }
            return bytes.count >= Self.limit ? .refused("its head is too long") : .more
        }

        /// Behind the empty line.
        private static func end(of bytes: [UInt8]) -> Int? {
            var lineStart = 0
            for index in bytes.indices where bytes[index] == 10 {
                let length = index - lineStart
                if length == 0 || length == 1 && bytes[lineStart] == 13 { return index + 1 }
                lineStart = index + 1
            }
            return nil
        }

        private static func parse(_ bytes: ArraySlice<UInt8>) -> HTTPHead? {
            guard let text = String(validating: bytes.filter { $0 != 13 }, as: UTF8.self) else { return nil }
            let lines = text.split(separator: "\n")
            guard let first = lines.first, first.hasPrefix("HTTP/") else { return nil }
            let words = first.split(separator: " ")
            guard words.count > 1, words[1].utf8.count == 3, let status = HTTPHead.number(String(words[1])) else {
                return nil
            }
            var head = HTTPHead(status: Int(status), fields: [])
            for line in lines.dropFirst() {
                guard let colon = line.firstIndex(of: ":") else { return nil }
                let value = String(line[line.index(after: colon)...]).trimmed
                head.fields.append(Field(name: line[..<colon].lowercased(), value: value))
            }
            return head
        }
    }
}

extension String {
    /// Without blanks and tabs at its ends.
    var trimmed: String {
        let isBlank: (UInt8) -> Bool = { $0 == 32 || $0 == 9 }
        let from = utf8.drop(while: isBlank)
        guard let last = from.lastIndex(where: { !isBlank($0) }) else { return "" }
        return String(from[...last]) ?? ""
    }
}
