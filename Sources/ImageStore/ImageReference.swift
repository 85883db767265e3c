// SPDX-License-Identifier: Apache-2.0

/// The name of an image, as Docker reads it: `[registry/]path[:tag][@digest]`.
///
/// `busybox` is `docker.io/library/busybox:latest`. See the grammar of the distribution project's reference package.
public struct ImageReference: Hashable, Sendable, CustomStringConvertible {
    /// `docker.io`, `localhost:5000`.
    public var registry: String
    /// `library/busybox`.
    public var path: String
    /// nil only beside a digest.
    public var tag: String?
    /// `sha256:…`.
    public var digest: String?

    /// Why a text is no reference, in the words that container engines use.
    public struct ParseError: Error, Hashable, Sendable, CustomStringConvertible {
        public let reference: String
        public let problem: String

        public var description: String { "invalid reference format: \(problem) (in \"\(reference)\")" }
    }

    public init(_ text: String) throws(ParseError) {
        func fail(_ problem: String) -> ParseError { ParseError(reference: text, problem: problem) }
        guard !text.isEmpty, text.utf8.count <= 512 else { throw fail(text.isEmpty ? "it is empty" : "it is too long") }
        var rest = text[...]
        if let at = rest.firstIndex(of: "@") {
            let digest = String(rest[rest.index(after: at)...])
            guard Self.isDigest(digest) else { throw fail("the digest must be sha256: and 64 hexadecimal digits") }
            self.digest = digest
            rest = rest[..<at]
        }
        let lastSlash = rest.lastIndex(of: "/") ?? rest.startIndex
        if let colon = rest[lastSlash...].lastIndex(of: ":") {
            let tag = String(rest[rest.index(after: colon)...])
            guard Self.isTag(tag) else { throw fail("a tag has letters, digits, '_', '.' and '-', 128 at most") }
            self.tag = tag
            rest = rest[..<colon]
        }
        var parts = rest.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if parts.count > 1, parts[0].contains(".") || parts[0].contains(":") || parts[0] == "localhost" {
            registry = parts.removeFirst()
            guard Self.isRegistry(registry) else { throw fail("\"\(registry)\" is no registry") }
        } else {
            registry = "docker.io"
        }
        if parts.contains(where: { $0.contains(where: \.isUppercase) }) {
            throw fail("repository name must be lowercase")
        }
        guard parts.allSatisfy(Self.isPathComponent) else {
            throw fail("a name has lower-case letters and digits, separated by '.', '_', '-' or '/'")
        }
        if registry == "index.docker.io" { registry = "docker.io" }
        if registry == "docker.io", parts.count == 1 { parts.insert("library", at: 0) }
        path = parts.joined(separator: "/")
        if tag == nil, digest == nil { tag = "latest" }
    }

    /// The whole reference: `docker.io/library/busybox:latest`.
    public var description: String { "\(registry)/\(path)" + suffix }

    /// The short form that people write: `busybox:latest`.
    public var familiar: String {
        guard registry == "docker.io" else { return description }
        return (path.hasPrefix("library/") ? String(path.dropFirst(8)) : path) + suffix
    }

    private var suffix: String { (tag.map { ":\($0)" } ?? "") + (digest.map { "@\($0)" } ?? "") }

    private static func isDigest(_ text: String) -> Bool {
        text.hasPrefix("sha256:") && text.utf8.count == 71
            && text.utf8.dropFirst(7).allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    }

    private static func isTag(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 128 else { return false }
        return (isWord(first) || first == UInt8(ascii: "_"))
            && text.utf8.allSatisfy {
                isWord($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-")
            }
    }

    private static func isRegistry(_ text: String) -> Bool {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2 else { return false }
        let labels = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        guard labels.allSatisfy({ $0.utf8.first.map(isWord) == true && $0.utf8.last.map(isWord) == true }) else {
            return false
        }
        if parts.count == 2 { guard let port = UInt16(parts[1]), port > 0 else { return false } }
        return parts[0].utf8.allSatisfy { isWord($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }
    }

    /// Lower-case words with `.`, `_`, `__` or dashes between them.
    private static func isPathComponent(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard let first = bytes.first, let last = bytes.last, isLowerWord(first), isLowerWord(last) else {
            return false
        }
        var separator: [UInt8] = []
        for byte in bytes {
            if isLowerWord(byte) {
                separator = []
                continue
            }
            separator.append(byte)
            let dashes = separator.allSatisfy { $0 == UInt8(ascii: "-") }
            let text = String(decoding: separator, as: UTF8.self)
            guard dashes || text == "." || text == "_" || text == "__" else { return false }
        }
        return true
    }

    private static func isLowerWord(_ byte: UInt8) -> Bool { (48...57).contains(byte) || (97...122).contains(byte) }
    private static func isWord(_ byte: UInt8) -> Bool { isLowerWord(byte) || (65...90).contains(byte) }
}
