// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import Synchronization
import Testing

@testable import ImageStore

/// An HTTP server on loopback that answers just what a test wants, however wrong.
final class ScriptedServer: Sendable {
    struct Request: Sendable {
        let method: String
        /// With the query.
        let target: String
        /// Names in lower case.
        let headers: [String: String]
        let body: String

        var path: String { String(target.prefix { $0 != "?" }) }
        /// Where a `Range` begins; nil without one.
        var first: Int? { headers["range"].flatMap { Int($0.dropFirst(6).prefix { $0 != "-" }) } }
    }

    struct Reply: Sendable {
        var status = 200
        var headers: [String: String] = [:]
        var body: [UInt8] = []
        /// The connection is closed when so many bytes of the body have been sent.
        var cut: Int?
        /// Bytes to send as they are, in place of all else.
        var raw: [UInt8]?
        /// Nothing more is sent until the other end is closed.
        var stalls = false

        init(_ status: Int = 200, _ headers: [String: String] = [:], _ body: String = "") {
            self.status = status
            self.headers = headers
            self.body = Array(body.utf8)
        }
    }

    let port: UInt16
    private let listener: OwnedDescriptor
    private let answer: @Sendable (Request) -> Reply
    private let seen = Mutex<[Request]>([])

    var authority: String { "127.0.0.1:\(port)" }
    var requests: [Request] { seen.withLock { $0 } }
    func requests(_ ending: String) -> [Request] { requests.filter { $0.path.hasSuffix(ending) } }

    init(_ answer: @escaping @Sendable (Request) -> Reply) throws {
        let number = socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        try #require(number >= 0)
        listener = OwnedDescriptor(adopting: number)
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &place) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(number, __CONST_SOCKADDR_ARG(__sockaddr__: $0), length) == 0 && listen(number, 64) == 0
                    && getsockname(number, __SOCKADDR_ARG(__sockaddr__: $0), &length) == 0
            }
        }
        try #require(isBound)
        port = UInt16(bigEndian: place.sin_port)
        self.answer = answer
        startThread { [weak self] in
            while true {
                let connection = accept4(number, __SOCKADDR_ARG(), nil, CInt(SOCK_CLOEXEC.rawValue))
                guard connection >= 0, let self else { return }
                startThread { self.serve(OwnedDescriptor(adopting: connection)) }
            }
        }
    }

    deinit { shutdown(listener.rawValue, CInt(SHUT_RDWR)) }

    private func serve(_ connection: consuming OwnedDescriptor) {
        guard let request = Self.read(connection) else {
            // No TLS here.
            Self.write("HTTP/1.1 400 Bad Request\r\n\r\n".utf8.map { $0 }, to: connection)
            return
        }
        seen.withLock { $0.append(request) }
        let reply = answer(request)
        if let raw = reply.raw {
            Self.write(raw, to: connection)
        } else {
            var head = "HTTP/1.1 \(reply.status) Whatever\r\nConnection: close\r\n"
            var headers = reply.headers
            if headers["Content-Length"] == nil { headers["Content-Length"] = "\(reply.body.count)" }
            for (name, value) in headers { head += "\(name): \(value)\r\n" }
            let body = reply.cut.map { Array(reply.body.prefix($0)) } ?? reply.body
            Self.write(Array((head + "\r\n").utf8) + body, to: connection)
        }
        if reply.stalls {
            var entry = pollfd(fd: connection.rawValue, events: Int16(POLLIN), revents: 0)
            _ = poll(&entry, 1, 60_000)
        }
    }

    private static func write(_ bytes: [UInt8], to connection: borrowing OwnedDescriptor) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { clinux_send(connection.rawValue, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    private static func read(_ connection: borrowing OwnedDescriptor) -> Request? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        func more() -> Bool {
            let count = recv(connection.rawValue, &buffer, buffer.count, 0)
            if count > 0 { bytes += buffer[..<count] }
            return count > 0
        }
        while true {
            guard more(), bytes[0] != 0x16 else { return nil }
            let text = String(decoding: bytes, as: UTF8.self).replacing("\r\n", with: "\n")
            let halves = text.split(separator: "\n\n", maxSplits: 1, omittingEmptySubsequences: false)
            guard halves.count == 2 else { continue }
            let lines = halves[0].split(separator: "\n")
            let words = lines[0].split(separator: " ")
            var headers: [String: String] = [:]
            for line in lines.dropFirst() {
                let parts = line.split(separator: ":", maxSplits: 1)
                headers[parts[0].lowercased()] = String(parts[1].drop { $0 == " " })
            }
            let length = headers["content-length"].flatMap { Int($0) } ?? 0
            if halves[1].utf8.count < length { continue }
            return Request(
                method: String(words[0]), target: String(words[1]), headers: headers, body: String(halves[1]))
        }
    }
}
