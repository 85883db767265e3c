// SPDX-License-Identifier: Apache-2.0

import CLinux
import COpenSSL
import Linux

package struct Endpoint: Hashable, Sendable, CustomStringConvertible {
    /// An IPv4 or IPv6 address, or "localhost".
    package var host: String
    package var port: UInt16

    package init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// As in a URL: `10.0.0.1:80`, `[::1]:80`.
    package var description: String { host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)" }

    fileprivate var addresses: [String] { host == "localhost" ? ["127.0.0.1", "::1"] : [host] }
}

/// In the words of Go's net package, which the kubelet shows.
struct ConnectionError: Error, CustomStringConvertible {
    var description: String
}

/// A TCP connection, with TLS where asked for. Everything blocks.
struct Connection: ~Copyable {
    private let socket: OwnedDescriptor
    private let tls: TLS?

    /// - Parameter name: set: TLS with this server name; the certificate is not looked at.
    init(_ endpoint: Endpoint, tls name: String? = nil) throws(ConnectionError) {
        var failure = Errno(EINVAL)
        var connected: CInt = -1
        for address in endpoint.addresses where connected < 0 {
            connected = clinux_connect_tcp(address, endpoint.port)
            if connected < 0 { failure = Errno.current }
        }
        guard connected >= 0 else {
            let what = failure == EINVAL ? "no address" : "connect: \(failure.description.lowercasedFirst)"
            throw ConnectionError(description: "dial tcp \(endpoint): \(what)")
        }
        let open = OwnedDescriptor(adopting: connected)
        let secured: TLS? = if let name { try TLS(connected, name: name) } else { nil }
        socket = open
        tls = secured
    }

    borrowing func writeAll(_ bytes: [UInt8]) throws(ConnectionError) {
        if let tls { return try tls.writeAll(bytes) }
        do throws(Errno) {
            var rest = bytes[...]
            while !rest.isEmpty {
                let number = socket.rawValue
                let part = Array(rest)
                let count = try retrying { clinux_send(number, part, part.count) }
                rest = rest.dropFirst(Int(count))
            }
        } catch {
            throw ConnectionError(description: "write: \(error.description.lowercasedFirst)")
        }
    }

    /// What there is, 16 KiB at most; empty at the end.
    borrowing func read() throws(ConnectionError) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        if let tls { return try tls.read(&buffer) }
        let number = socket.rawValue
        do throws(Errno) {
            let count = try retrying { CLinux.read(number, &buffer, buffer.count) }
            return Array(buffer[..<Int(count)])
        } catch {
            throw ConnectionError(description: "read: \(error.description.lowercasedFirst)")
        }
    }
}

/// The secure layer of a connection. It is never freed: the process ends with it.
private struct TLS {
    private let connection: OpaquePointer

    init(_ socket: CInt, name: String) throws(ConnectionError) {
        guard copenssl_init() == 1, let context = copenssl_context(), let connection = SSL_new(context),
            SSL_set_fd(connection, socket) == 1
        else { throw TLS.error() }
        self.connection = connection
        if name.utf8.contains(where: { $0 >= UInt8(ascii: "a") }), !name.utf8.contains(UInt8(ascii: ":")) {
            _ = copenssl_set_name(connection, name)
        }
        guard SSL_connect(connection) == 1 else { throw TLS.error() }
    }

    func writeAll(_ bytes: [UInt8]) throws(ConnectionError) {
        guard SSL_write(connection, bytes, CInt(bytes.count)) == CInt(bytes.count) else { throw TLS.error() }
    }

    func read(_ buffer: inout [UInt8]) throws(ConnectionError) -> [UInt8] {
        let count = SSL_read(connection, &buffer, CInt(buffer.count))
        if count > 0 { return Array(buffer[..<Int(count)]) }
        if SSL_get_error(connection, count) == SSL_ERROR_ZERO_RETURN { return [] }
        throw TLS.error()
    }

    private static func error() -> ConnectionError {
        let code = ERR_get_error()
        let text = ERR_reason_error_string(code).map { String(cString: $0) }
        return ConnectionError(description: "tls: \(text ?? "the server ended the connection")")
    }
}

extension String {
    /// As Go writes the texts of errno: "connection refused".
    fileprivate var lowercasedFirst: String { prefix(1).lowercased() + dropFirst() }
}
