// SPDX-License-Identifier: Apache-2.0

/// An `http` or `https` address, in the parts that decide who is asked: `https://host:port/path?query`.
///
/// Its text goes to curl byte for byte, so nothing in it may be read in two ways: no user, no fragment, no control
/// character, no blank, no backslash. See RFC 3986.
package struct HTTPAddress: Hashable, Sendable, CustomStringConvertible {
    package enum Scheme: String, Hashable, Sendable { case http, https }

    package var scheme: Scheme
    /// Lower case, an IPv6 address in its brackets.
    package var host: String
    package var port: UInt16
    /// With the query, if there is one; begins with a slash.
    package var target: String

    /// - Parameters:
    ///   - authority: `host` or `host:port`.
    ///   - target: begins with a slash.
    package init?(_ scheme: Scheme, authority: String, target: String) {
        var host = authority[...]
        var port: UInt16 = scheme == .http ? 80 : 443
        if let colon = authority.lastIndex(of: ":"), authority.last != "]" {
            let digits = authority[authority.index(after: colon)...]
            guard !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }), let number = UInt16(digits),
                number > 0
            else { return nil }
            (host, port) = (authority[..<colon], number)
        }
        guard Self.isHost(host), target.utf8.first == UInt8(ascii: "/"), target.utf8.allSatisfy(Self.isPlain) else {
            return nil
        }
        self.scheme = scheme
        self.host = host.lowercased()
        self.port = port
        self.target = target
    }

    /// A whole address.
    package init?(_ text: String) {
        let lower = text.prefix(8).lowercased()
        guard let scheme: Scheme = lower == "https://" ? .https : lower.hasPrefix("http://") ? .http : nil else {
            return nil
        }
        let rest = text.utf8.dropFirst(scheme == .https ? 8 : 7)
        let end = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex
        let target = String(rest[end...]) ?? ""
        guard let authority = String(rest[..<end]) else { return nil }
        let rooted = target.utf8.first == UInt8(ascii: "/") ? target : "/" + target
        self.init(scheme, authority: authority, target: rooted)
    }

    /// What a `Location` header means when this address answered it; nil when it is no address for us.
    package func following(_ location: String) -> HTTPAddress? {
        let bytes = location.utf8
        if bytes.starts(with: "//".utf8) { return HTTPAddress("\(scheme.rawValue):\(location)") }
        if bytes.first == UInt8(ascii: "/") { return HTTPAddress(scheme, authority: authority, target: location) }
        if let whole = HTTPAddress(location) { return whole }
        // Another scheme's address; a colon in a relative path would be behind a slash.
        if let colon = bytes.firstIndex(of: UInt8(ascii: ":")), !bytes[..<colon].contains(UInt8(ascii: "/")) {
            return nil
        }
        guard bytes.first != UInt8(ascii: "?"), !location.isEmpty else {
            return location.isEmpty ? nil : HTTPAddress(scheme, authority: authority, target: path + location)
        }
        let directory = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path[...$0] } ?? "/"
        return HTTPAddress(scheme, authority: authority, target: directory + location)
    }

    private var path: String { String(target.prefix { $0 != "?" }) }

    /// `host:port`, without the port that the scheme has anyway.
    package var authority: String { port == (scheme == .http ? 80 : 443) ? host : "\(host):\(port)" }

    package var description: String { "\(scheme.rawValue)://\(authority)\(target)" }

    /// Without the query, which may hold a signature: for messages.
    package var shown: String { "\(scheme.rawValue)://\(authority)\(path)" }

    /// Whether what is secret for one may be sent to the other.
    package func hasOrigin(of other: HTTPAddress) -> Bool {
        scheme == other.scheme && host == other.host && port == other.port
    }

    /// Whether it can only be this machine: `localhost`, 127.0.0.0/8, ::1.
    package var isLoopback: Bool { Self.isLoopback(host: host) }

    package static func isLoopback(host: String) -> Bool {
        if host == "localhost" || host == "[::1]" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    private static func isHost(_ host: Substring) -> Bool {
        let bytes = host.utf8
        if bytes.first == UInt8(ascii: "["), bytes.last == UInt8(ascii: "]") {
            return bytes.count > 2
                && bytes.dropFirst().dropLast().allSatisfy {
                    (48...57).contains($0) || (97...102).contains($0) || (65...70).contains($0)
                        || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".")
                }
        }
        return !bytes.isEmpty
            && bytes.allSatisfy {
                (48...57).contains($0) || (97...122).contains($0) || (65...90).contains($0)
                    || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_")
            }
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        (0x21...0x7e).contains(byte) && byte != UInt8(ascii: "#") && byte != UInt8(ascii: "\\")
            && byte != UInt8(ascii: "\"")
    }
}

extension String {
    /// Percent-encoded for a query or a form: all but the unreserved characters of RFC 3986.
    package var queryEncoded: String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in utf8 {
            switch byte {
            case 48...57, 65...90, 97...122, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                bytes.append(byte)
            default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
