// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import Testing

@testable import HealthProbe

private let openssl = "/usr/bin/openssl"

/// Against a real server, on this machine's loopback.
@Suite(.serialized)
struct ServerTests {
    @Test(
        "HTTPS is spoken, whatever the certificate says",
        .enabled(if: access(openssl, X_OK) == 0, "needs the openssl command"))
    func https() throws {
        var template = Array("/tmp/berth-probe-test.XXXXXX".utf8CString)
        let directory = try template.withUnsafeMutableBufferPointer { buffer in
            try #require(mkdtemp(buffer.baseAddress!) != nil)
            return String(cString: buffer.baseAddress!)
        }
        defer {
            do {
                try OwnedDescriptor.open("/tmp", O_RDONLY | O_DIRECTORY).removeTree(String(directory.dropFirst(5)))
            } catch {
                Issue.record(error, "the test's directory is not gone")
            }
        }
        let files = ["-keyout", "\(directory)/key", "-out", "\(directory)/certificate"]
        let request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=other"]
        let made = try ChildProcess.start(openssl, arguments: request + files, descriptors: [])
        try #require(try made.reap(wait: true) == 0)
        let port = UInt16(20_000 + getpid() % 30_000)
        let server = try ChildProcess.start(
            openssl,
            arguments: [
                "openssl", "s_server", "-accept", "127.0.0.1:\(port)", "-www", "-quiet", "-key", files[1], "-cert",
                files[3],
            ], descriptors: [])
        let endpoint = Endpoint(host: "127.0.0.1", port: port)
        while NetworkProbe.tcp(endpoint).run() != .success, try server.reap(wait: false) == nil {
            clinux_sleep_microseconds(10_000)
        }
        let secure = HTTPRequest(endpoint, secure: true, path: "/")
        #expect(NetworkProbe.http(secure).run() == .success)
        let plain = HTTPRequest(endpoint, secure: false, path: "/")
        if case .failure = NetworkProbe.http(plain).run() {} else { Issue.record("plain HTTP is no HTTPS") }
        try server.process.send(signal: SIGKILL)
        _ = try server.reap(wait: true)
    }

    @Test("Nobody there is said in Go's words")
    func refused() {
        let nobody = Endpoint(host: "127.0.0.1", port: 1)
        #expect(NetworkProbe.tcp(nobody).run() == .failure("dial tcp 127.0.0.1:1: connect: connection refused"))
        #expect(
            NetworkProbe.http(HTTPRequest(nobody, secure: false, path: "/x")).run()
                == .failure("Get \"http://127.0.0.1:1/x\": dial tcp 127.0.0.1:1: connect: connection refused"))
        #expect(
            NetworkProbe.tcp(Endpoint(host: "example.org", port: 1)).run()
                == .failure("dial tcp example.org:1: no address"))
    }
}
