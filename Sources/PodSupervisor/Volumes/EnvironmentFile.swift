// SPDX-License-Identifier: Apache-2.0

/// A file of environment variables as the kubelet reads it: a small part of the shell's language, in which every shell
/// reads the same.
///
///     # a comment
///     NAME='value, up to the next single quote, over as many lines as it takes' # another one
///
/// See `ParseEnv` of the kubelet, and "Env File Syntax" in Kubernetes's documentation.
struct EnvironmentFile {
    struct Fault: Error, Hashable {
        var line: Int
        var what: String
    }

    private let bytes: [UInt8]
    private var position = 0
    private var line = 1

    /// The value of a name; of several the first.
    ///
    /// - Returns: nil when nobody has that name. What is behind it isn't looked at.
    static func value(of name: String, in bytes: [UInt8]) throws(Fault) -> [UInt8]? {
        var file = EnvironmentFile(bytes)
        while let (found, value) = try file.next() {
            if found.elementsEqual(name.utf8) { return Array(value) }
        }
        return nil
    }

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    private static let (space, tab, lineFeed) = (UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"))
    private static let (quote, hash, equals) = (UInt8(ascii: "'"), UInt8(ascii: "#"), UInt8(ascii: "="))

    private var byte: UInt8? { position < bytes.count ? bytes[position] : nil }

    private func fault(_ what: String) -> Fault { Fault(line: line, what: what) }

    /// The next variable; nil at the end.
    private mutating func next() throws(Fault) -> (name: ArraySlice<UInt8>, value: ArraySlice<UInt8>)? {
        while let first = byte {
            switch first {
            case Self.space, Self.tab: position += 1
            case Self.lineFeed: endLine()
            case Self.hash: skipLine()
            default: return (try name(), try value())
            }
        }
        return nil
    }

    private mutating func endLine() {
        position += 1
        line += 1
    }

    private mutating func skipLine() {
        while let byte, byte != Self.lineFeed { position += 1 }
    }

    private mutating func name() throws(Fault) -> ArraySlice<UInt8> {
        let start = position
        while let byte, byte != Self.equals, byte != Self.lineFeed { position += 1 }
        guard byte == Self.equals, position > start else { throw fault("invalid environment variable format") }
        let name = bytes[start..<position]
        position += 1
        if name.last == Self.space || name.last == Self.tab { throw fault("whitespace before '=' is not allowed") }
        return name
    }

    private mutating func value() throws(Fault) -> ArraySlice<UInt8> {
        guard byte == Self.quote else { throw fault("value must be enclosed in single quotes") }
        position += 1
        let (start, opened) = (position, line)
        while let byte, byte != Self.quote { byte == Self.lineFeed ? endLine() : (position += 1) }
        guard byte != nil else { throw Fault(line: opened, what: "unclosed single quote") }
        let value = bytes[start..<position]
        position += 1
        try endOfVariable()
        return value
    }

    /// Nothing but space and a comment follows a value.
    private mutating func endOfVariable() throws(Fault) {
        let start = position
        while byte == Self.space || byte == Self.tab { position += 1 }
        switch byte {
        case nil, Self.lineFeed: return
        case Self.hash where position > start: skipLine()
        default: throw fault("unexpected content after closing quote")
        }
    }
}
