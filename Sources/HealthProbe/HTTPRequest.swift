// SPDX-License-Identifier: Apache-2.0

/// A GET as the kubelet sends it.
package struct HTTPRequest: Hashable, Sendable {
    package struct Header: Hashable, Sendable {
        package var name: String
        package var value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    package var endpoint: Endpoint
    package var secure: Bool
    /// As it is sent, with the query.
    package var target: String
    package var headers: [Header] = []
    /// False: for a hook, which succeeds whatever the status is.
    package var isProbe = true

    package init(_ endpoint: Endpoint, secure: Bool, path: String) {
        self.endpoint = endpoint
        self.secure = secure
        target = HTTPRequest.target(path)
    }

    /// `http://10.0.0.1:8080/healthz`
    var url: String { "\(secure ? "https" : "http")://\(endpoint)\(target)" }

    /// What a path with its query looks like in a request: without the fragment, and in characters that may be there.
    static func target(_ path: String) -> String {
        let path = path.prefix { $0 != "#" }
        var result = path.first == "/" ? "" : "/"
        for byte in path.utf8 {
            if byte > 0x20, byte < 0x7f, !"\"<>\\^`{|}".utf8.contains(byte) {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                result += digits.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return result
    }

    /// The bytes of the request; nil when a header would end its line.
    func encoded() -> [UInt8]? {
        var fields = headers
        func value(_ name: String) -> String? { fields.first { $0.name.lowercased() == name }?.value }
        let host = value("host").flatMap { $0.isEmpty ? nil : $0 } ?? endpoint.hostHeader(secure: secure)
        if value("user-agent") == nil {
            let purpose = isProbe ? "probe" : "lifecycle"
            fields.append(Header(name: "User-Agent", value: "kube-\(purpose)/\(ProbeProgram.version)"))
        }
        if value("accept") == nil { fields.append(Header(name: "Accept", value: "*/*")) }
        // An empty one says that none is wanted.
        fields.removeAll { $0.name.lowercased() == "host" || $0.value.isEmpty && $0.name.lowercased() == "accept" }
        fields = [Header(name: "Host", value: host)] + fields + [Header(name: "Connection", value: "close")]
        let isBroken = fields.contains { field in (field.name + field.value).utf8.contains { $0 < 0x20 && $0 != 9 } }
        if isBroken { return nil }
        let lines = fields.map { "\($0.name): \($0.value)\r\n" }.joined()
        return Array("GET \(target) HTTP/1.1\r\n\(lines)\r\n".utf8)
    }

    /// Sends it, and follows where it is sent on to, as long as that is the same host.
    func run() -> ProbeOutcome {
        var request = self
        for _ in 0..<10 {
            let head: HTTPHead
            do throws(ConnectionError) {
                head = try request.exchange()
            } catch {
                return .failure("Get \"\(request.url)\": \(error)")
            }
            guard let next = head.redirect(from: request) else { return outcome(head) }
            switch next {
            case .elsewhere:
                return isProbe ? .warning("Probe terminated redirects, Response body: \(head.bodyText)") : .success
            case .request(let next): request = next
            }
        }
        return .failure("Get \"\(request.url)\": stopped after 10 redirects")
    }

    private func outcome(_ head: HTTPHead) -> ProbeOutcome {
        guard isProbe, !(200..<400).contains(head.status) else { return .success }
        return .failure("HTTP probe failed with statuscode: \(head.status)")
    }

    private func exchange() throws(ConnectionError) -> HTTPHead {
        guard let bytes = encoded() else { throw ConnectionError(description: "net/http: invalid header field value") }
        let connection = try Connection(endpoint, tls: secure ? endpoint.host : nil)
        try connection.writeAll(bytes)
        var reader = HTTPReader()
        while true {
            let part = try connection.read()
            do throws(HTTPReader.Malformed) {
                if let head = try reader.take(part) { return head }
            } catch {
                throw ConnectionError(description: error.description)
            }
        }
    }
}

extension Endpoint {
    /// Without the port that goes without saying.
    fileprivate func hostHeader(secure: Bool) -> String {
        let text = description
        let standard = secure ? ":443" : ":80"
        return text.hasSuffix(standard) && port == (secure ? 443 : 80) ? String(text.dropLast(standard.count)) : text
    }
}
