// SPDX-License-Identifier: Apache-2.0

/// What a server has answered, as far as a probe looks at it.
struct HTTPHead: Hashable {
    var status: Int
    /// The value of `Location`.
    var location: String?
    /// The beginning of the body.
    var body: [UInt8] = []

    var bodyText: String { String(decoding: body, as: UTF8.self) }

    enum Redirect: Hashable {
        case request(HTTPRequest)
        /// To another host, where a probe doesn't go.
        case elsewhere
    }

    /// Where the answer sends `request` on to; nil: nowhere. See RFC 9110, 15.4.
    func redirect(from request: HTTPRequest) -> Redirect? {
        guard [301, 302, 303, 307, 308].contains(status), let location, !location.isEmpty else { return nil }
        var next = request
        var rest = location[...]
        var secure: Bool?
        for (scheme, isSecure) in [("https:", true), ("http:", false)]
        where rest.prefix(scheme.count).lowercased() == scheme {
            secure = isSecure
            rest = rest.dropFirst(scheme.count)
            break
        }
        if rest.hasPrefix("//") {
            let authority = rest.dropFirst(2).prefix { !"/?#".contains($0) }
            rest = rest.dropFirst(2 + authority.count)
            next.secure = secure ?? request.secure
            guard let target = Endpoint(authority: authority, secure: next.secure) else { return .elsewhere }
            guard target.host.lowercased() == request.endpoint.host.lowercased() else { return .elsewhere }
            next.endpoint = target
        } else if secure != nil {
            return .elsewhere
        } else if !rest.hasPrefix("/") {
            let path = request.target.prefix { $0 != "?" }
            let base = rest.hasPrefix("?") ? path[...] : path.prefix(through: path.lastIndex(of: "/")!)
            rest = (base + rest)[...]
        }
        next.target = HTTPRequest.target(String(rest))
        return .request(next)
    }
}

extension Endpoint {
    /// `host`, `host:80`, `[::1]:80`; nil: with a user, or no host.
    init?(authority: Substring, secure: Bool) {
        guard !authority.contains("@") else { return nil }
        var host = authority
        var port: Substring = ""
        if authority.first == "[" {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            host = authority[authority.index(after: authority.startIndex)..<end]
            port = authority[authority.index(after: end)...]
            guard port.isEmpty || port.first == ":" else { return nil }
            port = port.dropFirst()
        } else if let colon = authority.firstIndex(of: ":") {
            host = authority[..<colon]
            port = authority[authority.index(after: colon)...]
        }
        guard !host.isEmpty, let number = port.isEmpty ? (secure ? 443 : 80) : UInt16(port), number > 0 else {
            return nil
        }
        self.init(host: String(host), port: number)
    }
}

/// Reads an answer from whatever pieces it comes in. Nothing that a server sends makes it keep more than 74 KiB.
struct HTTPReader {
    struct Malformed: Error, CustomStringConvertible {
        var description: String
    }

    private static let headLimit = 64 << 10
    private static let bodyLimit = 10 << 10

    private var bytes: [UInt8] = []
    private var head: HTTPHead?
    /// How much of the body is waited for.
    private var wanted = 0

    /// - Parameter part: what has come; empty at the end of the connection.
    /// - Returns: the answer, once there is enough of it.
    mutating func take(_ part: [UInt8]) throws(Malformed) -> HTTPHead? {
        bytes += part
        while head == nil {
            guard let end = endOfHead else {
                if bytes.count > Self.headLimit {
                    throw Malformed(description: "net/http: server response headers exceeded \(Self.headLimit) bytes")
                }
                if part.isEmpty { throw Malformed(description: bytes.isEmpty ? "EOF" : "unexpected EOF") }
                return nil
            }
            let lines = HTTPReader.lines(bytes[..<end.start])
            bytes.removeFirst(end.end)
            let status = try HTTPReader.status(lines.first ?? "")
            // What comes before the answer proper is passed over.
            if (100..<200).contains(status), status != 101 { continue }
            head = makeHead(status, lines.dropFirst())
        }
        guard bytes.count >= wanted || part.isEmpty else { return nil }
        head!.body = Array(bytes.prefix(Self.bodyLimit))
        return head
    }

    private mutating func makeHead(_ status: Int, _ lines: ArraySlice<String>) -> HTTPHead {
        func value(_ name: String) -> String? {
            for line in lines {
                guard let colon = line.firstIndex(of: ":"), line[..<colon].lowercased() == name else { continue }
                return String(line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" })
            }
            return nil
        }
        let hasBody = status != 204 && status != 304 && value("transfer-encoding") == nil
        // A body in chunks, or of no stated length, is not waited for: the status says all.
        wanted = hasBody ? min(Self.bodyLimit, max(0, value("content-length").flatMap { Int($0) } ?? 0)) : 0
        return HTTPHead(status: status, location: value("location"))
    }

    /// Where the empty line begins, and where it ends.
    private var endOfHead: (start: Int, end: Int)? {
        var index = 0
        while index + 1 < bytes.count {
            if bytes[index] == 10 {
                if bytes[index + 1] == 10 { return (index, index + 2) }
                if index + 2 < bytes.count, bytes[index + 1] == 13, bytes[index + 2] == 10 { return (index, index + 3) }
            }
            index += 1
        }
        return nil
    }

    private static func lines(_ bytes: ArraySlice<UInt8>) -> [String] {
        bytes.split(separator: 10).map { line in
            String(decoding: line.last == 13 ? line.dropLast() : line, as: UTF8.self)
        }
    }

    private static func status(_ line: String) throws(Malformed) -> Int {
        let words = line.split(separator: " ", maxSplits: 2)
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), words[1].utf8.count == 3, let status = Int(words[1]),
            status >= 100
        else {
            throw Malformed(
                description:
                    "net/http: HTTP/1.x transport connection broken: malformed HTTP response \"\(line.prefix(64))\"")
        }
        return status
    }
}
