// SPDX-License-Identifier: Apache-2.0

import CNGHTTP2

/// One call of `grpc.health.v1.Health/Check`, over HTTP/2 without TLS.
struct HealthCheck {
    let endpoint: Endpoint
    let service: String

    init(_ endpoint: Endpoint, service: String) {
        self.endpoint = endpoint
        self.service = service
    }

    func run() -> ProbeOutcome {
        let exchange = HealthExchange(HealthMessages.request(service: service))
        do throws(ConnectionError) {
            let connection: Connection
            do throws(ConnectionError) {
                connection = try Connection(endpoint)
            } catch {
                return .failure("error: failed to connect service at \"\(endpoint)\": \(error)")
            }
            try exchange.carry(connection, to: endpoint)
        } catch {
            return .failure("error: health rpc probe failed: rpc error: code = Unavailable desc = \(error)")
        }
        return HealthMessages.outcome(
            httpStatus: exchange.httpStatus, code: exchange.code, message: exchange.message, body: exchange.body)
    }
}

/// The messages of the call, by hand: they have one field each.
enum HealthMessages {
    /// `HealthCheckRequest { string service = 1 }`, with gRPC's five bytes before it.
    static func request(service: String) -> [UInt8] {
        let text = Array(service.utf8)
        var message: [UInt8] = []
        if !text.isEmpty { message = [0x0a] + variable(text.count) + text }
        let count = UInt32(message.count)
        return [0] + (0..<4).map { UInt8(truncatingIfNeeded: count >> UInt32(24 - 8 * $0)) } + message
    }

    private static func variable(_ number: Int) -> [UInt8] {
        var (rest, bytes) = (number, [UInt8]())
        while rest > 0x7f {
            bytes.append(UInt8(rest & 0x7f) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }

    /// - Parameter code: `grpc-status`; nil: the server never sent it.
    static func outcome(httpStatus: String, code: Int?, message: String, body: [UInt8]) -> ProbeOutcome {
        guard let code else {
            let why =
                httpStatus.isEmpty || httpStatus == "200"
                ? "the server sent no status" : "unexpected HTTP status code \(httpStatus)"
            return .failure("error: health rpc probe failed: rpc error: code = Unknown desc = \(why)")
        }
        if code == 12 {
            return .failure(
                "error: this server does not implement the grpc health protocol (grpc.health.v1.Health): \(message)")
        }
        guard code == 0 else {
            let name = codes.indices.contains(code) ? codes[code] : "Code(\(code))"
            return .failure("error: health rpc probe failed: rpc error: code = \(name) desc = \(message)")
        }
        guard let status = status(body) else {
            return .failure(
                "error: health rpc probe failed: rpc error: code = Internal desc = a message that cannot be read")
        }
        if status == 1 { return .success }
        let names = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"]
        let name = names.indices.contains(status) ? names[status] : "\(status)"
        return .failure("service unhealthy (responded with \"\(name)\")")
    }

    /// `HealthCheckResponse { ServingStatus status = 1 }`; nil: it isn't one.
    static func status(_ body: [UInt8]) -> Int? {
        guard body.count >= 5, body[0] == 0 else { return nil }
        let count = body[1...4].reduce(0) { $0 << 8 | Int($1) }
        guard body.count >= 5 + count else { return nil }
        let message = body[5..<(5 + count)]
        if message.isEmpty { return 0 }
        guard message.count == 2, message.first == 0x08, let value = message.last, value < 0x80 else { return nil }
        return Int(value)
    }

    private static let codes = [
        "OK", "Canceled", "Unknown", "InvalidArgument", "DeadlineExceeded", "NotFound", "AlreadyExists",
        "PermissionDenied", "ResourceExhausted", "FailedPrecondition", "Aborted", "OutOfRange", "Unimplemented",
        "Internal", "Unavailable", "DataLoss", "Unauthenticated",
    ]
}

/// What nghttp2 tells of the one stream of a connection.
private final class HealthExchange {
    private let request: [UInt8]
    private var sent = 0
    private(set) var httpStatus = ""
    private(set) var code: Int?
    private(set) var message = ""
    private(set) var body: [UInt8] = []
    private var isDone = false

    init(_ request: [UInt8]) { self.request = request }

    /// Sends the request and reads until its stream is closed.
    func carry(_ connection: borrowing Connection, to endpoint: Endpoint) throws(ConnectionError) {
        var callbacks: OpaquePointer?
        var session: OpaquePointer?
        guard nghttp2_session_callbacks_new(&callbacks) == 0 else {
            throw ConnectionError(description: "out of memory")
        }
        defer { nghttp2_session_callbacks_del(callbacks) }
        HealthExchange.set(callbacks)
        let pointer = Unmanaged.passUnretained(self).toOpaque()
        guard nghttp2_session_client_new(&session, callbacks, pointer) == 0 else {
            throw ConnectionError(description: "out of memory")
        }
        defer { nghttp2_session_del(session) }
        try check(nghttp2_submit_settings(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), nil, 0))
        try submit(session, endpoint)
        while true {
            try flush(session, connection)
            if isDone { return }
            let bytes = try connection.read()
            if bytes.isEmpty { throw ConnectionError(description: "connection closed before an answer came") }
            try check(CInt(clamping: nghttp2_session_mem_recv(session, bytes, bytes.count)))
        }
    }

    private func check(_ result: CInt) throws(ConnectionError) {
        if result < 0 { throw ConnectionError(description: String(cString: nghttp2_strerror(result))) }
    }

    private func flush(_ session: OpaquePointer?, _ connection: borrowing Connection) throws(ConnectionError) {
        while true {
            var data: UnsafePointer<UInt8>?
            let count = nghttp2_session_mem_send(session, &data)
            try check(CInt(clamping: count))
            guard count > 0, let data else { return }
            try connection.writeAll(Array(UnsafeBufferPointer(start: data, count: Int(count))))
        }
    }

    private func submit(_ session: OpaquePointer?, _ endpoint: Endpoint) throws(ConnectionError) {
        let headers = [
            (":method", "POST"), (":scheme", "http"), (":path", "/grpc.health.v1.Health/Check"),
            (":authority", "\(endpoint)"), ("content-type", "application/grpc"),
            ("user-agent", "kube-probe/\(ProbeProgram.version)"), ("te", "trailers"),
        ]
        // nghttp2 copies them while it takes the request.
        let texts = headers.map { (Array($0.0.utf8), Array($0.1.utf8)) }
        var storage: [UnsafeMutablePointer<UInt8>] = []
        defer { for pointer in storage { pointer.deallocate() } }
        func copy(_ bytes: [UInt8]) -> UnsafeMutablePointer<UInt8> {
            let pointer = UnsafeMutablePointer<UInt8>.allocate(capacity: max(1, bytes.count))
            pointer.initialize(from: bytes, count: bytes.count)
            storage.append(pointer)
            return pointer
        }
        let fields = texts.map { name, value in
            nghttp2_nv(
                name: copy(name), value: copy(value), namelen: name.count, valuelen: value.count,
                flags: UInt8(NGHTTP2_NV_FLAG_NONE.rawValue))
        }
        var provider = nghttp2_data_provider()
        provider.read_callback = { _, _, buffer, length, flags, _, user in
            guard let user, let buffer else { return 0 }
            let exchange = Unmanaged<HealthExchange>.fromOpaque(user).takeUnretainedValue()
            let part = exchange.request.dropFirst(exchange.sent).prefix(Int(length))
            for (offset, byte) in part.enumerated() { buffer[offset] = byte }
            exchange.sent += part.count
            if exchange.sent == exchange.request.count { flags?.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue }
            return part.count
        }
        try check(nghttp2_submit_request(session, nil, fields, fields.count, &provider, nil))
    }

    private static func set(_ callbacks: OpaquePointer?) {
        nghttp2_session_callbacks_set_on_header_callback(callbacks) {
            _, _, name, nameCount, value, valueCount, _, user in
            guard let user, let name, let value else { return 0 }
            let exchange = Unmanaged<HealthExchange>.fromOpaque(user).takeUnretainedValue()
            let text = String(decoding: UnsafeBufferPointer(start: value, count: valueCount), as: UTF8.self)
            switch String(decoding: UnsafeBufferPointer(start: name, count: nameCount), as: UTF8.self) {
            case ":status": exchange.httpStatus = text
            case "grpc-status": exchange.code = Int(text)
            case "grpc-message": exchange.message = text
            default: break
            }
            return 0
        }
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks) { _, _, _, data, count, user in
            guard let user, let data else { return 0 }
            let exchange = Unmanaged<HealthExchange>.fromOpaque(user).takeUnretainedValue()
            // An answer has seven bytes.
            if exchange.body.count < 1024 { exchange.body += UnsafeBufferPointer(start: data, count: min(count, 1024)) }
            return 0
        }
        nghttp2_session_callbacks_set_on_stream_close_callback(callbacks) { _, _, _, user in
            if let user { Unmanaged<HealthExchange>.fromOpaque(user).takeUnretainedValue().isDone = true }
            return 0
        }
    }
}
