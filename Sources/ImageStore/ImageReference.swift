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

        public var description: String { "invalid reference format: \(problem)" }
    }

    public init(_ text: String) throws(ParseError) {
        func fail(_ problem: String) -> ParseError { ParseError(reference: text, problem: problem) }
        guard !text.isEmpty else { throw fail("it is empty") }
        guard text.utf8.count <= 1024 else { throw fail("it is too long") }
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
        if parts.count > 1, Self.looksLikeRegistry(parts[0]) {
            registry = parts.removeFirst()
            guard Self.isRegistry(registry) else { throw fail("\"\(registry)\" is no registry") }
        } else {
            registry = "docker.io"
        }
        if parts.contains(where: { $0.utf8.contains(where: Self.isUpper) }) {
            throw fail("repository name must be lowercase")
        }
        guard parts.allSatisfy(Self.isPathComponent) else {
            throw fail("a name has lower-case letters and digits, separated by '.', '_', '-' or '/'")
        }
        if parts.count == 1, parts[0].utf8.count == 64, parts[0].utf8.allSatisfy(Self.isHexadecimal) {
            throw fail("a name cannot be 64 hexadecimal digits: that is an ID")
        }
        if registry == "index.docker.io" { registry = "docker.io" }
        if registry == "docker.io", parts.count == 1 { parts.insert("library", at: 0) }
        path = parts.joined(separator: "/")
        guard registry.utf8.count + 1 + path.utf8.count <= 255 else {
            throw fail("repository name must not be more than 255 characters")
        }
        if tag == nil, digest == nil { tag = "latest" }
    }

    /// The whole reference: `docker.io/library/busybox:latest`.
    public var description: String { "\(registry)/\(path)" + suffix }

    /// What an image is kept under: a digest says all, and a tag beside it nothing more.
    package var kept: ImageReference {
        var result = self
        if digest != nil { result.tag = nil }
        return result
    }

    /// The short form that people write: `busybox:latest`.
    public var familiar: String {
        guard registry == "docker.io" else { return description }
        // `library/a/b` stays whole: `a/b` is another image.
        let short = path.hasPrefix("library/") ? String(path.dropFirst(8)) : path
        return (short.contains("/") ? path : short) + suffix
    }

    private var suffix: String { (tag.map { ":\($0)" } ?? "") + (digest.map { "@\($0)" } ?? "") }
}

// The grammar.
extension ImageReference {
    /// Whether a name says which registry it is of.
    static func hasRegistry(_ text: String) -> Bool {
        let slash = text.utf8.firstIndex(of: UInt8(ascii: "/"))
        return slash.map { looksLikeRegistry(String(text[..<$0])) } ?? false
    }

    private static func looksLikeRegistry(_ text: String) -> Bool {
        text == "localhost" || text.contains(".") || text.contains(":") || text.utf8.contains(where: isUpper)
    }

    private static func isDigest(_ text: String) -> Bool {
        text.hasPrefix("sha256:") && text.utf8.count == 71 && text.utf8.dropFirst(7).allSatisfy(isHexadecimal)
    }

    private static func isTag(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 128 else { return false }
        return (isWord(first) || first == UInt8(ascii: "_"))
            && text.utf8.allSatisfy {
                isWord($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-")
            }
    }

    /// A host name or an IPv6 address in brackets, and a port or none.
    private static func isRegistry(_ text: String) -> Bool {
        var host = text[...]
        if let colon = text.lastIndex(of: ":"), text.last != "]" {
            let port = text[text.index(after: colon)...]
            guard port.utf8.allSatisfy({ (48...57).contains($0) }), let number = UInt16(port), number > 0 else {
                return false
            }
            host = text[..<colon]
        }
        if host.hasPrefix("["), host.hasSuffix("]") {
            return host.utf8.count > 2
                && host.dropFirst().dropLast().utf8.allSatisfy {
                    isHexadecimal($0) || (65...70).contains($0) || $0 == UInt8(ascii: ":")
                }
        }
        return host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
            guard let first = part.utf8.first, let last = part.utf8.last else { return false }
            return isWord(first) && isWord(last) && part.utf8.allSatisfy { isWord($0) || $0 == UInt8(ascii: "-") }
        }
    }

    /// Lower-case words with `.`, `_`, `__` or dashes between them.
    private static func isPathComponent(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard let first = bytes.first, let last = bytes.last, isLowerWord(first), isLowerWord(last) else {
            return false
        }
        return bytes.split(whereSeparator: isLowerWord).allSatisfy { separator in
            separator.allSatisfy { $0 == UInt8(ascii: "-") }
                || [".", "_", "__"].contains { $0.utf8.elementsEqual(separator) }
        }
    }

    private static func isUpper(_ byte: UInt8) -> Bool { (65...90).contains(byte) }
    private static func isLowerWord(_ byte: UInt8) -> Bool { (48...57).contains(byte) || (97...122).contains(byte) }
    private static func isWord(_ byte: UInt8) -> Bool { isLowerWord(byte) || isUpper(byte) }
    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (97...102).contains(byte)
    }
}
