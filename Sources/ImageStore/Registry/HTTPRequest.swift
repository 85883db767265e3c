// SPDX-License-Identifier: Apache-2.0

/// One request to one server, without anything that follows from its answer.
package struct HTTPRequest: Hashable, Sendable {
    package var address: HTTPAddress
    package var headers: [HTTPHead.Field] = []
    /// A form to POST; nil: GET.
    package var form: String?
    /// Where to begin, in bytes; 0: no `Range` is asked for.
    package var first: Int64 = 0
    package var connection = HTTPConnection()

    package init(_ address: HTTPAddress) { self.address = address }
}

/// How servers are reached.
package struct HTTPConnection: Hashable, Sendable {
    /// Whether the server must show a certificate that this machine trusts.
    package var checksCertificate = true
    /// A file of certificates in PEM to trust in place of the machine's own; nobody's, it must be readable by all.
    package var authorities: String?
    package var proxies = HTTPProxies()
    package var connectSeconds = 30
    /// A transfer that brings less than `slowBytes` a second for `slowSeconds` is given up.
    package var slowBytes = 1024
    package var slowSeconds = 60

    package init() {}
}

/// The proxies that the user's environment names, as curl reads them: `http_proxy` in lower case only (a CGI program's
/// client chooses `HTTP_PROXY`), the others in both.
package struct HTTPProxies: Hashable, Sendable {
    package var http: String?
    package var https: String?
    /// Names and networks reached without.
    package var exceptions: String?

    package init() {}

    package init(environment: [String: String]) {
        func first(_ names: String...) -> String? {
            names.lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
        }
        http = first("http_proxy", "all_proxy", "ALL_PROXY")
        https = first("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
        exceptions = first("no_proxy", "NO_PROXY")
    }
}

extension HTTPRequest {
    /// What curl reads as its configuration (`--config -`): addresses and secrets are in no argument and no environment.
    ///
    /// - Returns: nil when a value has a control character, which could say something else to curl or to the server.
    package var curlConfiguration: String? {
        var lines: [(name: String, value: String?)] = [
            ("url", address.description), ("proto", "=\(address.scheme.rawValue)"), ("globoff", nil),
            ("path-as-is", nil), ("silent", nil), ("show-error", nil), ("include", nil),
            ("suppress-connect-headers", nil), ("no-buffer", nil), ("user-agent", "berth"),
            ("connect-timeout", "\(connection.connectSeconds)"), ("speed-limit", "\(connection.slowBytes)"),
            ("speed-time", "\(connection.slowSeconds)"),
        ]
        lines += headers.map { ("header", "\($0.name): \($0.value)") }
        if let form { lines.append(("data-raw", form)) }
        if first > 0 { lines.append(("range", "\(first)-")) }
        if !connection.checksCertificate { lines.append(("insecure", nil)) }
        if let authorities = connection.authorities { lines.append(("cacert", authorities)) }
        let proxy = address.scheme == .https ? connection.proxies.https : connection.proxies.http
        // Empty: none, whatever curl may find elsewhere.
        lines.append(("proxy", address.isLoopback ? "" : proxy ?? ""))
        if let exceptions = connection.proxies.exceptions { lines.append(("noproxy", exceptions)) }
        var text = ""
        for (name, value) in lines {
            guard let value else {
                text += "\(name)\n"
                continue
            }
            guard let quoted = Self.quoted(value) else { return nil }
            text += "\(name) = \(quoted)\n"
        }
        return text
    }

    private static func quoted(_ value: String) -> String? {
        var bytes: [UInt8] = [UInt8(ascii: "\"")]
        for byte in value.utf8 {
            if byte < 0x20 || byte == 0x7f { return nil }
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { bytes.append(UInt8(ascii: "\\")) }
            bytes.append(byte)
        }
        return String(decoding: bytes + [UInt8(ascii: "\"")], as: UTF8.self)
    }
}
