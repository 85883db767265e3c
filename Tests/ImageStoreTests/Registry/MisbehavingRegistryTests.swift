// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import OCI
import Synchronization
import Testing

@testable import ImageStore

/// Counts how often it was asked.
private final class Counter: Sendable {
    private let count = Atomic(0)
    func next() -> Int { count.add(1, ordering: .relaxed).newValue }
}

@Suite(.enabled(if: isRoot, "needs root: curl is started as nobody"))
struct MisbehavingRegistryTests {
    typealias Reply = ScriptedServer.Reply

    @Test("An image is pulled whole, by its tag and by its digest")
    func works() throws {
        let image = TestImage()
        let server = try ScriptedServer { image.reply(to: $0) }
        for suffix in [":v1", "", "@\(image.digest)", ":no-such-tag@\(image.digest)"] {
            let scratch = try Scratch()
            let pulled = try scratch.pull("\(server.authority)/some/image\(suffix)")
            #expect("\(pulled.manifest)" == image.digest)
            #expect("\(pulled.digest)" == image.digest)
            try scratch.expectHas(image)
        }
    }

    @Test("What is here already isn't fetched again")
    func presentBlobs() throws {
        let image = TestImage()
        let server = try ScriptedServer { image.reply(to: $0) }
        let scratch = try Scratch()
        try scratch.pull("\(server.authority)/x:v1")
        let before = server.requests.count
        try scratch.pull("\(server.authority)/y:v1")
        #expect(server.requests.count == before + 1)
    }

    @Test("A body that breaks off is gone on with where it stopped")
    func resumes() throws {
        let image = TestImage(layers: 1, size: 300_000)
        let server = try ScriptedServer { request in
            var reply = image.reply(to: request)
            if request.path.hasSuffix(image.layerDigests[0]) { reply.cut = 70_000 }
            return reply
        }
        let scratch = try Scratch()
        try scratch.pull("\(server.authority)/x:v1")
        try scratch.expectHas(image)
        let starts = server.requests(image.layerDigests[0]).map(\.first)
        #expect(starts.count == (image.layers[0].count + 69_999) / 70_000)
        #expect(starts.dropFirst().allSatisfy { $0 ?? 0 > 0 })
    }

    @Test("A server without ranges sends all again, and what is here already is passed over")
    func withoutRanges() throws {
        let image = TestImage(layers: 1, size: 300_000)
        let calls = Counter()
        let server = try ScriptedServer { request in
            guard request.path.hasSuffix(image.layerDigests[0]) else { return image.reply(to: request) }
            var reply = Reply()
            reply.body = image.layers[0]
            if calls.next() == 1 { reply.cut = 70_000 }
            return reply
        }
        let scratch = try Scratch()
        try scratch.pull("\(server.authority)/x:v1")
        try scratch.expectHas(image)
        #expect(server.requests(image.layerDigests[0]).count == 2)
    }

    @Test("A pull that was given up is gone on with by the next, and bytes that were wrong are fetched anew")
    func laterResume() throws {
        let image = TestImage(layers: 1, size: 300_000)
        let isWhole = Atomic(false)
        let isWrong = Atomic(false)
        let server = try ScriptedServer { request in
            var reply = image.reply(to: request)
            guard request.path.hasSuffix(image.layerDigests[0]), !isWhole.load(ordering: .relaxed) else { return reply }
            guard request.first == nil else { return Reply(404) }
            if isWrong.load(ordering: .relaxed) { reply.body = [UInt8](repeating: 7, count: reply.body.count) }
            reply.cut = 100_000
            return reply
        }
        for wrong in [false, true] {
            let scratch = try Scratch()
            isWhole.store(false, ordering: .relaxed)
            isWrong.store(wrong, ordering: .relaxed)
            #expect(try scratch.refusal("\(server.authority)/x:v1").reason == .notFound)
            #expect(try scratch.names("state/images/blobs/partial").count == 1)
            isWhole.store(true, ordering: .relaxed)
            let before = server.requests(image.layerDigests[0]).count
            try scratch.pull("\(server.authority)/x:v1")
            try scratch.expectHas(image)
            let later = server.requests(image.layerDigests[0]).dropFirst(before)
            #expect(later.map { $0.first != nil } == (wrong ? [true, false] : [true]))
        }
    }

    @Test("A part that wasn't asked for is refused")
    func wrongPart() throws {
        let image = TestImage(layers: 1, size: 300_000)
        let server = try ScriptedServer { request in
            var reply = image.reply(to: request)
            guard request.path.hasSuffix(image.layerDigests[0]) else { return reply }
            if request.first != nil { reply.headers["Content-Range"] = "bytes 5-9/300000" } else { reply.cut = 1000 }
            return reply
        }
        let error = try Scratch().refusal("\(server.authority)/x:v1")
        #expect(error.reason == .wrongAnswer)
        #expect(error.description.contains("another part"))
    }

    @Test("A server that won't go on in the middle is asked for all")
    func refusedRange() throws {
        let image = TestImage(layers: 1, size: 300_000)
        let calls = Counter()
        let server = try ScriptedServer { request in
            var reply = image.reply(to: request)
            guard request.path.hasSuffix(image.layerDigests[0]) else { return reply }
            if request.first != nil { return Reply(416) }
            if calls.next() == 1 { reply.cut = 1000 }
            return reply
        }
        let scratch = try Scratch()
        try scratch.pull("\(server.authority)/x:v1")
        try scratch.expectHas(image)
    }

    enum Wrong: String, CaseIterable {
        case layerContent, layerSize, layerLonger, layerLength, manifestDigest, manifestHeader, manifestTypes,
            hugeManifest
        case garbage, html, empty, schema1, foreignLayer, unknownLayer, artifact, platform, notHTTP, hugeHead, noContent
        case badDigest, endlessRedirects, redirectNowhere, redirectFile
    }

    @Test("What a registry does wrong is told, and leaves nothing", arguments: Wrong.allCases)
    func wrong(kind: Wrong) throws {
        var image = TestImage(layers: 1)
        switch kind {
        case .foreignLayer: image = TestImage(layerType: "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip")
        case .unknownLayer: image = TestImage(layerType: "application/x-thing")
        case .artifact: image = TestImage(configurationType: "application/vnd.cncf.helm.config.v1+json")
        case .platform: image = TestImage(platform: Platform(os: "linux", architecture: "s390x"))
        default: break
        }
        let given = image
        let server = try ScriptedServer { Self.reply(kind, $0, given) }
        let scratch = try Scratch()
        let name = kind == .manifestDigest ? "x@\(TestImage(layers: 2).digest)" : "x:v1"
        let error = try scratch.refusal("\(server.authority)/\(name)")
        let (reason, words) = Self.expected(kind)
        #expect(error.reason == reason, "\(error)")
        #expect(error.description.contains(words), "\(error)")
        #expect(error.description.hasPrefix("\(server.authority)/x"), "\(error)")
        for name in try scratch.names("state/images/blobs/partial") {
            #expect(status("\(scratch.state)/images/blobs/partial/\(name)")?.st_size == 0)
        }
        #expect(server.requests.count < 20)
    }

    private static func reply(_ kind: Wrong, _ request: ScriptedServer.Request, _ image: TestImage) -> Reply {
        var reply = image.reply(to: request)
        let isLayer = request.path.hasSuffix(image.layerDigests[0])
        let isManifest = request.path.contains("/manifests/")
        switch kind {
        case .layerContent where isLayer: reply.body[100] ^= 1
        case .layerSize where isLayer: reply.body.removeLast(1)
        case .layerLonger where isLayer:
            reply.body += [0]
            reply.headers["Transfer-Encoding"] = "identity"
            let head = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
            reply.raw = Array(head.utf8) + reply.body
        case .layerLength where isLayer: reply.headers["Content-Length"] = "99"
        case .manifestDigest where isManifest:
            reply.body = image.manifest; reply.status = 200
            reply.headers = ["Content-Type": MediaType.ociManifest]
        case .manifestHeader where isManifest:
            reply.headers["Docker-Content-Digest"] = "sha256:" + String(repeating: "0", count: 64)
        case .manifestTypes where isManifest: reply.headers["Content-Type"] = MediaType.ociIndex
        case .hugeManifest where isManifest:
            reply.headers["Docker-Content-Digest"] = nil
            reply.body = [UInt8](repeating: 32, count: 5 << 20)
        case .garbage where isManifest:
            reply = Reply(200, ["Content-Type": MediaType.ociManifest], #"{"schemaVersion":2,"#)
        case .html where isManifest: reply = Reply(200, ["Content-Type": "text/html"], "<html>Sign in</html>")
        case .empty where isManifest: reply = Reply(200, ["Content-Type": MediaType.ociManifest], "{}")
        case .schema1 where isManifest:
            reply = Reply(
                200, ["Content-Type": "application/vnd.docker.distribution.manifest.v1+prettyjws"],
                #"{"schemaVersion":1,"name":"x","fsLayers":[]}"#)
        case .notHTTP: reply.raw = Array("220 mail.example ESMTP\r\n".utf8)
        case .hugeHead:
            reply.raw = Array("HTTP/1.1 200 OK\r\nX: \(String(repeating: "x", count: 90 << 10))\r\n\r\n".utf8)
        case .noContent where isManifest: reply = Reply(204)
        case .badDigest where isManifest:
            let text = String(decoding: image.manifest, as: UTF8.self)
                .replacing(image.layerDigests[0], with: "sha256:../../../../etc/passwd")
            reply = Reply(200, ["Content-Type": MediaType.ociManifest], text)
        case .endlessRedirects: reply = Reply(302, ["Location": request.target])
        case .redirectNowhere: reply = Reply(302)
        case .redirectFile: reply = Reply(302, ["Location": "file:///etc/passwd"])
        default: break
        }
        return reply
    }

    private static func expected(_ kind: Wrong) -> (RegistryError.Reason, String) {
        switch kind {
        case .layerContent: (.wrongAnswer, "is not what was sent")
        case .layerSize, .layerLength: (.wrongAnswer, "where the manifest says")
        case .layerLonger: (.wrongAnswer, "goes on beyond")
        case .manifestDigest: (.wrongAnswer, "another manifest")
        case .manifestHeader: (.wrongAnswer, "and says sha256:0000")
        case .manifestTypes: (.wrongAnswer, "and came as")
        case .hugeManifest: (.wrongAnswer, "more than the 4194304 bytes")
        case .garbage, .html, .empty: (.wrongAnswer, "sent what is no manifest")
        case .schema1: (.wrongAnswer, "schema 1")
        case .foreignLayer: (.unsupported, "foreign layer")
        case .unknownLayer: (.unsupported, "application/x-thing, which is not supported")
        case .artifact: (.unsupported, "artifact")
        case .platform: (.unsupported, "no match for platform")
        case .notHTTP: (.unreachable, "HTTP/0.9")
        case .hugeHead: (.wrongAnswer, "head is too long")
        case .noContent: (.wrongAnswer, "status 204")
        case .badDigest: (.wrongAnswer, "must have 64 digits")
        case .endlessRedirects: (.wrongAnswer, "without end")
        case .redirectNowhere, .redirectFile: (.wrongAnswer, "no address")
        }
    }

    @Test("What a registry complains of is passed on, without what a terminal would obey")
    func complaints() throws {
        let server = try ScriptedServer { request in
            request.path.contains("denied")
                ? Reply(403, [:], "{\"errors\":[{\"code\":\"DENIED\",\"message\":\"not\\u001b[2J you\"}]}")
                : Reply(
                    404, ["Content-Type": "application/json"],
                    #"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}"#)
        }
        let missing = try Scratch().refusal("\(server.authority)/x:v1")
        #expect(missing.reason == .notFound)
        #expect(
            missing.description
                == "\(server.authority)/x:v1: http://\(server.authority)/v2/x/manifests/v1: not found: manifest unknown"
        )
        let denied = try Scratch().refusal("\(server.authority)/denied:v1")
        #expect(denied.reason == .denied)
        #expect(denied.description.hasSuffix(": not [2J you"))
    }

    @Test("A registry that is busy or failing is asked again, as it wishes", arguments: [429, 500, 502, 503, 504, 408])
    func retries(status: Int) throws {
        // One after the other, so that each has its own count.
        let image = TestImage(layers: 1)
        let calls = Counter()
        let server = try ScriptedServer { request in
            calls.next() % 3 == 0 ? image.reply(to: request) : Reply(status, ["Retry-After": "0"])
        }
        let scratch = try Scratch()
        try scratch.pull("\(server.authority)/x:v1")
        try scratch.expectHas(image)
    }

    @Test("One that stays so is given up, and so is one that asks for too long a time")
    func givesUp() throws {
        let server = try ScriptedServer { request in
            Reply(429, request.path.contains("/long/") ? ["Retry-After": "3600"] : [:], "slow down")
        }
        let error = try Scratch().refusal("\(server.authority)/x:v1")
        #expect(error.reason == .throttled)
        #expect(server.requests.count == 4)
        let long = try Scratch().refusal("\(server.authority)/long/x:v1")
        #expect(long.description.contains("retry after 3600 s"), "\(long)")
        #expect(server.requests.count == 5)
    }

    @Test("A server that sends nothing more is left, and the next try goes on")
    func slow() throws {
        let image = TestImage(layers: 1, size: 100_000)
        let calls = Counter()
        let server = try ScriptedServer { request in
            var reply = image.reply(to: request)
            if request.path.hasSuffix(image.layerDigests[0]), calls.next() == 1 {
                reply.headers["Content-Length"] = "\(reply.body.count)"
                reply.cut = 50_000
                reply.stalls = true
            }
            return reply
        }
        let scratch = try Scratch()
        try scratch.pull("\(server.authority)/x:v1")
        try scratch.expectHas(image)
        #expect(server.requests(image.layerDigests[0]).map { $0.first != nil } == [false, true])
    }

    @Test("A pull is cancelled in the middle of a layer, and keeps what has come of it")
    func cancellation() throws {
        let image = TestImage(layers: 2, size: 100_000)
        let server = try ScriptedServer { request in
            var reply = image.reply(to: request)
            if request.path.contains("/blobs/"), request.path.hasSuffix(image.layerDigests[1]) {
                reply.headers["Content-Length"] = "\(reply.body.count)"
                reply.cut = 50_000
                reply.stalls = true
            }
            return reply
        }
        let scratch = try Scratch()
        let cancellation = try PullCancellation()
        let error = #expect(throws: RegistryError.self) {
            try scratch.pull("\(server.authority)/x:v1", cancellation: cancellation) { event in
                if case .layer(let blob, .fetching(let bytes)) = event, bytes > 0,
                    "\(blob.digest)" == image.layerDigests[1]
                {
                    cancellation.cancel()
                }
            }
        }
        #expect(error?.reason == .cancelled)
        #expect(
            try scratch.names("state/images/blobs/partial").contains { image.layerDigests[1].hasSuffix($0.suffix(64)) })
    }

    @Test("A pull that waits for another's blob can be cancelled, too")
    func cancelledWait() throws {
        let image = TestImage(layers: 1)
        let server = try ScriptedServer { image.reply(to: $0) }
        let scratch = try Scratch()
        let blobs = try scratch.store().blobs()
        let digest = try BlobDigest(image.layerDigests[0])
        guard case .writing(let writer) = try blobs.begin(digest, size: Int64(image.layers[0].count)) else {
            Issue.record("it is here")
            return
        }
        let cancellation = try PullCancellation()
        let error = #expect(throws: RegistryError.self) {
            try scratch.pull("\(server.authority)/x:v1", cancellation: cancellation) { event in
                if case .layer(_, .waiting) = event { cancellation.cancel() }
            }
        }
        #expect(error?.reason == .cancelled)
        _ = consume writer
        try scratch.pull("\(server.authority)/x:v1")
        try scratch.expectHas(image)
    }

    @Test("A machine without curl is told what to install")
    func withoutCurl() {
        let error = #expect(throws: RegistryError.self) { try Curl(directories: ["/nowhere", "relative"]) }
        #expect(error?.reason == .host)
        #expect(error?.description.contains("install the package curl") == true)
    }

    @Test("Of an index the manifest for the platform is taken")
    func index() throws {
        let (own, other) = (TestImage(), TestImage(layers: 1, platform: Platform(os: "linux", architecture: "s390x")))
        var descriptors = [own, other].map {
            Descriptor(mediaType: MediaType.ociManifest, digest: $0.digest, size: Int64($0.manifest.count))
        }
        descriptors[0].platform = .own
        descriptors[1].platform = Platform(os: "linux", architecture: "s390x")
        let index = Array(ImageIndex(manifests: descriptors.reversed()).json.text().utf8)
        let server = try ScriptedServer { request in
            guard !request.path.hasSuffix("/multi") else {
                return Reply(200, ["Content-Type": MediaType.ociIndex], String(decoding: index, as: UTF8.self))
            }
            let mine = own.reply(to: request)
            return mine.status == 404 ? other.reply(to: request) : mine
        }
        let scratch = try Scratch()
        let pulled = try scratch.pull("\(server.authority)/x:multi")
        #expect("\(pulled.manifest)" == own.digest)
        #expect(pulled.digest == BlobDigest(of: index))
        try scratch.expectHas(own)
        try scratch.pull("\(server.authority)/x:multi", platform: Platform(os: "linux", architecture: "s390x"))
        try scratch.expectHas(other)
        let error = try scratch.refusal(
            "\(server.authority)/x:multi", platform: Platform(os: "linux", architecture: "mips"))
        #expect(error.reason == .unsupported)
        #expect(error.description.contains("no match for platform linux/mips"))
        #expect(error.description.contains("linux/s390x"))
    }

    @Test("Mirrors are asked in order, then the registry itself; all that failed is told")
    func mirrors() throws {
        let image = TestImage()
        let broken = try ScriptedServer { _ in Reply(404) }
        let mirror = try ScriptedServer { image.reply(to: $0) }
        let own = try ScriptedServer { image.reply(to: $0) }
        func settings(_ urls: String...) throws -> RegistrySettings {
            var settings = RegistrySettings()
            settings.registries[own.authority] = .init(
                mirrors: try urls.map { try #require(RegistryEndpoint(url: $0)) })
            settings.registries["docker.io"] = settings.registries[own.authority]
            return settings
        }
        try Scratch().pull(
            "\(own.authority)/x:v1",
            settings: settings("http://\(broken.authority)", "http://\(mirror.authority)/some/cache"))
        #expect(own.requests.isEmpty)
        #expect(mirror.requests.first?.path == "/v2/some/cache/x/manifests/v1")
        try Scratch().pull("x:v1", settings: settings("http://\(mirror.authority)"))
        #expect(mirror.requests.contains { $0.path == "/v2/library/x/manifests/v1" })
        try Scratch().pull("\(own.authority)/x:v1", settings: settings("http://\(broken.authority)"))
        #expect(!own.requests.isEmpty)
        let error = try Scratch().refusal("\(own.authority)/x:none", settings: settings("http://\(broken.authority)"))
        #expect(
            error.description.contains("; mirror: http://\(broken.authority)/v2/x/manifests/none: not found"),
            "\(error)")
    }
}
