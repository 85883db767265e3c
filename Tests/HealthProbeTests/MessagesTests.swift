// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HealthProbe

@Suite struct MessagesTests {
    private static let start = HTTPRequest(Endpoint(host: "10.0.0.1", port: 8080), secure: false, path: "/a/b?c")

    @Test(
        "A path becomes what may be in a request",
        arguments: [
            ("", "/"), ("/healthz", "/healthz"), ("healthz", "/healthz"), ("/a?x=1&y=2", "/a?x=1&y=2"),
            ("/a b", "/a%20b"), ("/a#part", "/a"), ("/ü", "/%C3%BC"), ("/a\r\nX: y", "/a%0D%0AX:%20y"),
        ])
    func writesTarget(path: String, target: String) { #expect(HTTPRequest.target(path) == target) }

    @Test("The request is the kubelet's")
    func writesRequest() throws {
        var request = Self.start
        request.headers = [.init(name: "X-Name", value: "v")]
        let text = String(decoding: try #require(request.encoded()), as: UTF8.self)
        #expect(
            text == "GET /a/b?c HTTP/1.1\r\nHost: 10.0.0.1:8080\r\nX-Name: v\r\nUser-Agent: kube-probe/1.34\r\n"
                + "Accept: */*\r\nConnection: close\r\n\r\n")
    }

    @Test("Host, User-Agent and Accept are the manifest's where it has them; an empty Accept takes it away")
    func writesOwnHeaders() throws {
        var request = Self.start
        request.headers = [
            .init(name: "host", value: "example.org"), .init(name: "User-Agent", value: "me"),
            .init(name: "Accept", value: ""),
        ]
        let text = String(decoding: try #require(request.encoded()), as: UTF8.self)
        #expect(text == "GET /a/b?c HTTP/1.1\r\nHost: example.org\r\nUser-Agent: me\r\nConnection: close\r\n\r\n")
        request.headers = [.init(name: "X", value: "a\r\nY: b")]
        #expect(request.encoded() == nil)
    }

    @Test(
        "An answer is read in whatever pieces it comes",
        arguments: [
            ("HTTP/1.1 200 OK\r\n\r\n", 200, ""), ("HTTP/1.0 404 Not Found\nA: b\n\n", 404, ""),
            ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", 204, ""),
            ("HTTP/1.1 500 Oh\r\nContent-Length: 4\r\n\r\nbodymore", 500, "bodymore"),
            ("HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n", 200, ""),
        ], [1, 7, 1000])
    func readsAnswer(answer: (text: String, status: Int, body: String), size: Int) throws {
        var reader = HTTPReader()
        var rest = Array(answer.text.utf8)[...]
        var head: HTTPHead?
        while head == nil {
            head = try reader.take(Array(rest.prefix(size)))
            rest = rest.dropFirst(size)
        }
        #expect(head?.status == answer.status)
        #expect(answer.body.hasPrefix(head?.bodyText ?? "-"))
    }

    @Test(
        "What is no answer is an error",
        arguments: ["", "hello\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\n"])
    func refusesNonsense(text: String) {
        #expect(throws: HTTPReader.Malformed.self) {
            var reader = HTTPReader()
            _ = try reader.take(Array(text.utf8))
            _ = try reader.take([])
        }
    }

    @Test("A head without an end is not read for ever")
    func boundsHead() {
        #expect(throws: HTTPReader.Malformed.self) {
            var reader = HTTPReader()
            while true { _ = try reader.take(Array("A: \(String(repeating: "b", count: 9000))\r\n".utf8)) }
        }
    }

    @Test(
        "A probe goes where it is sent on to, on the same host",
        arguments: [
            ("/new", "http://10.0.0.1:8080/new"), ("new", "http://10.0.0.1:8080/a/new"),
            ("?d", "http://10.0.0.1:8080/a/b?d"), ("https://10.0.0.1/x", "https://10.0.0.1:443/x"),
            ("http://10.0.0.1:99", "http://10.0.0.1:99/"), ("//10.0.0.1:8080/y", "http://10.0.0.1:8080/y"),
            ("http://example.org/", nil), ("//169.254.169.254/latest", nil), ("http://u@10.0.0.1/", nil),
            ("http:opaque", nil), ("http://[::1/", nil),
        ])
    func follows(location: String, url: String?) {
        let head = HTTPHead(status: 302, location: location)
        switch head.redirect(from: Self.start) {
        case .request(let next): #expect(next.url == url)
        case .elsewhere: #expect(url == nil)
        case nil: Issue.record("not followed")
        }
    }

    @Test("Only a redirect with a location is one", arguments: [(200, "/x"), (304, "/x"), (302, ""), (302, nil)])
    func staysHere(status: Int, location: String?) {
        #expect(HTTPHead(status: status, location: location).redirect(from: Self.start) == nil)
    }

    @Test("A health request has the service's name, and nothing for the server as a whole")
    func writesHealthRequest() {
        #expect(HealthMessages.request(service: "") == [0, 0, 0, 0, 0])
        #expect(HealthMessages.request(service: "ab") == [0, 0, 0, 0, 4, 0x0a, 2, 97, 98])
        let long = HealthMessages.request(service: String(repeating: "x", count: 200))
        #expect(long.prefix(8) == [0, 0, 0, 0, 203, 0x0a, 0xc8, 1])
    }

    private static let checks: [(code: Int?, body: [UInt8], outcome: ProbeOutcome)] = [
        (0, [0, 0, 0, 0, 2, 8, 1], .success),
        (0, [0, 0, 0, 0, 2, 8, 2], .failure("service unhealthy (responded with \"NOT_SERVING\")")),
        (0, [0, 0, 0, 0, 0], .failure("service unhealthy (responded with \"UNKNOWN\")")),
        (5, [], .failure("error: health rpc probe failed: rpc error: code = NotFound desc = m")),
        (
            12, [],
            .failure("error: this server does not implement the grpc health protocol (grpc.health.v1.Health): m")
        ),
        (
            0, [1, 2],
            .failure("error: health rpc probe failed: rpc error: code = Internal desc = a message that cannot be read")
        ),
        (
            nil, [],
            .failure("error: health rpc probe failed: rpc error: code = Unknown desc = unexpected HTTP status code 404")
        ),
    ]

    @Test("What comes of a health check, in the kubelet's words", arguments: checks)
    func readsHealth(check: (code: Int?, body: [UInt8], outcome: ProbeOutcome)) {
        let outcome = HealthMessages.outcome(httpStatus: "404", code: check.code, message: "m", body: check.body)
        #expect(outcome == check.outcome)
    }

    @Test(
        "Arguments that make no sense are refused",
        arguments: [
            [], ["tcp"], ["tcp", "h", "0"], ["tcp", "h", "70000"], ["tcp", "h", "1", "x"], ["grpc", "h", "1"],
            ["http", "h", "1", "/"], ["http", "h", "1", "/", "hook"], ["http", "h", "1", "/", "probe", "name"],
            ["ftp", "h", "1"],
        ])
    func refusesArguments(words: [String]) { #expect(NetworkProbe(words) == nil) }
}
