// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import ImageStore

struct HTTPTests {
    @Test(
        "Addresses are read, and written again",
        arguments: [
            ("https://Example.COM/v2/", "https://example.com/v2/"), ("https://a:443", "https://a/"),
            ("http://a:80/x", "http://a/x"), ("HTTP://a:8080?q=1", "http://a:8080/?q=1"),
            ("http://[::1]:5000/v2/", "http://[::1]:5000/v2/"), ("https://[fe80::1]/", "https://[fe80::1]/"),
        ])
    func addresses(text: String, written: String) {
        #expect(HTTPAddress(text)?.description == written)
    }

    @Test(
        "What could be read in two ways is no address",
        arguments: [
            "", "a/b", "ftp://a/", "file:///etc/passwd", "https://", "https:///x", "https://user@a/", "https://a:x/",
            "https://a:0/", "https://a:70000/", "https://a:/", "https://a b/", "https://a/x y", "https://a/x#y",
            "https://a/\\x", "https://a/\u{e9}", "https://a/\r\nHost: b", "https://a\n/", "https://a/\"",
            "https://[::1/",
        ])
    func noAddresses(text: String) { #expect(HTTPAddress(text) == nil) }

    @Test(
        "A redirection is read relative to where it came from",
        arguments: [
            ("https://b/c", "https://b/c"), ("/c?d", "https://a:1/c?d"), ("//b/c", "https://b/c"),
            ("c", "https://a:1/x/c"), ("?n=1", "https://a:1/x/y?n=1"), ("", nil), ("ftp://b/", nil),
            ("javascript:alert(1)", nil), ("/a b", nil),
        ] as [(String, String?)])
    func redirections(location: String, address: String?) {
        #expect(HTTPAddress("https://a:1/x/y?q")?.following(location)?.description == address)
    }

    @Test(
        "Loopback is what can't be another machine",
        arguments: [
            ("localhost", true), ("127.0.0.1", true), ("127.255.1.9", true), ("[::1]", true),
            ("127.0.0.1.evil.com", false),
            ("localhost.evil.com", false), ("127.1", false), ("10.0.0.1", false), ("127.0.0.256", false),
        ])
    func loopback(host: String, isLoopback: Bool) {
        #expect(HTTPAddress(.http, authority: host, target: "/")?.isLoopback == isLoopback)
    }

    @Test("Two addresses have one origin only where scheme, host and port are the same")
    func origins() throws {
        let address = try #require(HTTPAddress("https://a/"))
        #expect(address.hasOrigin(of: try #require(HTTPAddress("https://A:443/other"))))
        for other in ["http://a/", "https://a:444/", "https://b.a/"] {
            #expect(!address.hasOrigin(of: try #require(HTTPAddress(other))))
        }
    }

    private func read(_ text: String, chunk: Int = .max) -> HTTPHead.Reader.Step {
        var reader = HTTPHead.Reader()
        var step = HTTPHead.Reader.Step.more
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty, step == .more {
            let piece = Array(rest.prefix(chunk))
            rest = rest.dropFirst(piece.count)
            step = piece.withUnsafeBytes { reader.take($0) }
        }
        return step
    }

    @Test("A head is read however it is cut into pieces", arguments: [1, 2, 7, 1000])
    func heads(chunk: Int) throws {
        let text =
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/2 206 \r\nContent-Length:  5\r\nX: a\r\nx: b\r\n"
            + "Content-Range: bytes 7-11/12\r\nContent-Type: A/b; charset=x\r\n\r\n"
        guard case .done(let head, let rest) = read(text + "body!", chunk: chunk) else {
            Issue.record("no head")
            return
        }
        #expect(head.status == 206)
        #expect(head.length == 5)
        #expect(head.values("x") == ["a", "b"])
        #expect(head.value("x") == nil)
        #expect(head.range?.first == 7 && head.range?.whole == 12)
        #expect(head.mediaType == "a/b")
        #expect("body!".hasPrefix(String(decoding: rest, as: UTF8.self)))
    }

    @Test(
        "What is no head is refused",
        arguments: [
            "\r\n", "SSH-2.0\r\n\r\n", "HTTP/1.1\r\n\r\n", "HTTP/1.1 x\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        ])
    func noHeads(text: String) { #expect(read(text) == .refused("its head is no HTTP")) }

    @Test("curl's configuration holds all of a request, quoted")
    func configuration() throws {
        var request = HTTPRequest(try #require(HTTPAddress("https://a/v2/x?y=%22")))
        request.headers = [.init(name: "Authorization", value: #"Basic "\"#)]
        request.first = 9
        request.connection.proxies = HTTPProxies(environment: ["https_proxy": "http://u:p@proxy", "no_proxy": "b,c"])
        let lines = try #require(request.curlConfiguration).split(separator: "\n").map(String.init)
        for line in [
            #"url = "https://a/v2/x?y=%22""#, #"proto = "=https""#, #"header = "Authorization: Basic \"\\""#,
            #"range = "9-""#, #"proxy = "http://u:p@proxy""#, #"noproxy = "b,c""#, "include",
        ] {
            #expect(lines.contains(line), "\(line)")
        }
        #expect(!lines.contains("insecure") && !lines.contains("location"))
        request.address = try #require(HTTPAddress("https://127.0.0.1/"))
        #expect(request.curlConfiguration?.contains("proxy = \"\"\n") == true)
        request.headers[0].value = "a\nurl = \"https://evil\""
        #expect(request.curlConfiguration == nil)
    }

    @Test(
        "Proxies are those that curl would take",
        arguments: [
            (["http_proxy": "a", "HTTPS_PROXY": "b", "NO_PROXY": "c"], ["a", "b", "c"]),
            (["HTTP_PROXY": "a", "ALL_PROXY": "b"], ["b", "b", nil]),
            (["all_proxy": "a", "https_proxy": ""], ["a", "a", nil]),
            ([:], [nil, nil, nil]),
        ] as [([String: String], [String?])])
    func proxies(environment: [String: String], expected: [String?]) {
        let proxies = HTTPProxies(environment: environment)
        #expect([proxies.http, proxies.https, proxies.exceptions] == expected)
    }

    @Test("Waits grow, and are as long as the server asks, up to a limit")
    func delays() {
        let policy = RetryPolicy()
        let second: Int64 = 1_000_000_000
        #expect(
            [1, 2, 3, 4].map { policy.delay(failures: $0, asked: nil, random: 0) } == [
                second, 2 * second, 4 * second, nil,
            ])
        #expect(policy.delay(failures: 1, asked: nil, random: 1) == second * 3 / 4)
        #expect(policy.delay(failures: 1, asked: 30, random: 0.5) == 30 * second)
        #expect(policy.delay(failures: 1, asked: 0, random: 0.5) == second)
        #expect(policy.delay(failures: 1, asked: 61, random: 0.5) == nil)
        var patient = RetryPolicy()
        patient.attempts = 100
        #expect(patient.delay(failures: 90, asked: nil, random: 0) == 60 * second)
    }

    @Test(
        "Retry-After is a number of seconds or a date",
        arguments: [
            ("120", 120), ("0", 0), ("Sun, 06 Nov 1994 08:49:37 GMT", 37), ("Sun, 06 Nov 1994 08:48:00 GMT", 0),
            ("", nil), ("-1", nil), ("soon", nil), ("Sun, 06 Foo 1994 08:49:37 GMT", nil),
            ("Sun, 06 Nov 1994 08:49 GMT", nil), ("Sun, 06 Nov 1994 25:49:37 GMT", nil),
        ] as [(String, Int64?)])
    func retryAfter(text: String, seconds: Int64?) {
        #expect(RetryAfter.seconds(text, now: 784_111_740) == seconds)
    }

    @Test(
        "What curl ended with is told in its words",
        arguments: [
            (6, "curl: (6) Could not resolve host: x\n", RegistryError.Reason.unreachable, "Could not resolve host: x"),
            (
                35, "curl: (35) error:0A00010B:SSL routines::wrong version number", .noTLS,
                "error:0A00010B:SSL routines::wrong version number"
            ),
            (35, "curl: (35) reset", .handshake, "reset"),
            (60, "curl: (60) SSL certificate problem", .untrusted, "SSL certificate problem"),
            (99, "", .unreachable, "curl ended with status 99"),
        ] as [(Int32, String, RegistryError.Reason, String)])
    func curlFailures(code: Int32, message: String, reason: RegistryError.Reason, words: String) throws {
        let error = CurlFailure(code: code, message: message).error(
            for: try #require(HTTPAddress("https://a/b?secret")))
        #expect(error.reason == reason)
        #expect(error.description == "https://a/b: \(words)")
    }
}
