// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import OCI
import Synchronization
import Testing

@testable import ImageStore

@Suite(.enabled(if: DockerRegistry.isInstalled, "needs root, docker-registry and skopeo: scripts/setup --tests"))
struct DockerRegistryTests {
    @Test("What skopeo pushed is pulled as it was")
    func roundTrip() throws {
        let scratch = try Scratch()
        let registry = try DockerRegistry(scratch)
        let image = TestImage(layers: 5, size: 200_000)
        try registry.fill("team/image:v1", image)
        let states = Mutex<[BlobDigest: PullProgress.State]>([:])
        let pulled = try scratch.pull("\(registry.authority)/team/image:v1") { event in
            if case .layer(let blob, let state) = event { states.withLock { $0[blob.digest] = state } }
        }
        #expect("\(pulled.manifest)" == image.digest)
        try scratch.expectHas(image)
        let stored = try #require(try scratch.store().resolve("\(registry.authority)/team/image:v1"))
        #expect(stored.layers.count == 5)
        #expect(stored.configuration.command == ["/bin/true"])
        #expect(try text("\(stored.layers[4])/file0").utf8.count == 200_000)
        #expect(states.withLock { $0 }.values.allSatisfy { $0 == .done })
        #expect(states.withLock { $0 }.count == 5)
        let missing = try scratch.refusal("\(registry.authority)/team/image:v2")
        #expect(missing.reason == .notFound)
        #expect(missing.description.hasSuffix(": not found: manifest unknown"), "\(missing)")
    }

    @Test("A registry with passwords")
    func passwords() throws {
        let scratch = try Scratch()
        let registry = try DockerRegistry(scratch, .passwords)
        let image = TestImage()
        try registry.fill("image:v1", image, ["--dest-creds=me:secret"])
        #expect(try scratch.refusal("\(registry.authority)/image:v1").reason == .denied)
        let text = #"{"auths":{"\#(registry.authority)":{"username":"me","password":"secret"}}}"#
        let credentials = RegistryCredentials([try CredentialFile(Array(text.utf8), name: "a pull secret")])
        try scratch.pull("\(registry.authority)/image:v1", credentials: credentials)
        try scratch.expectHas(image)
    }

    @Test("A certificate that nobody vouches for is refused, unless its authority is given or it doesn't matter")
    func certificates() throws {
        let scratch = try Scratch()
        let (key, certificate) = ("\(scratch.path)/key.pem", "\(scratch.path)/cert.pem")
        try #require(chmod(scratch.path, 0o755) == 0)
        _ = try HostProgram.output(
            of: "/usr/bin/openssl",
            [
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-batch",
                "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2", "-keyout", key, "-out",
                certificate,
            ])
        let registry = try DockerRegistry(scratch, .certificate(certificate, key: key))
        let image = TestImage()
        try registry.fill("image:v1", image)
        let untrusted = try scratch.refusal("\(registry.authority)/image:v1")
        #expect(untrusted.reason == .untrusted)
        #expect(untrusted.description.contains("https://\(registry.authority)/"), "\(untrusted)")
        var settings = RegistrySettings()
        settings.registries[registry.authority] = .init(authorities: certificate)
        try scratch.pull("\(registry.authority)/image:v1", settings: settings)
        try scratch.expectHas(image)
        settings.registries[registry.authority] = .init(isInsecure: true)
        try Scratch().pull("\(registry.authority)/image:v1", settings: settings)
        settings.registries[registry.authority] = .init(authorities: "\(scratch.path)/none.pem")
        let missing = try Scratch().refusal("\(registry.authority)/image:v1", settings: settings)
        #expect(missing.reason == .configuration, "\(missing)")
    }

    @Test("Pulls of one image at once, in threads and with stores of their own, fetch each blob once")
    func singleFlight() throws {
        let scratch = try Scratch()
        let registry = try DockerRegistry(scratch)
        let image = TestImage(layers: 4, size: 3_000_000)
        try registry.fill("image:v1", image)
        _ = try scratch.store()
        let before = try registry.fetched().count
        let finished = try Pipe(nonBlocking: false)
        let failures = Mutex<[String]>([])
        let writing = finished.writing.rawValue
        for _ in 0..<6 {
            startThread {
                do { try scratch.pull("\(registry.authority)/image:v1") } catch {
                    failures.withLock { $0.append("\(error)") }
                }
                var byte: UInt8 = 0
                _ = write(writing, &byte, 1)
            }
        }
        var count = 0
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 16, alignment: 1)
        defer { buffer.deallocate() }
        while count < 6 { count += try finished.reading.read(into: buffer) }
        #expect(failures.withLock { $0 } == [])
        try scratch.expectHas(image)
        let blobs = try registry.fetched().dropFirst(before).filter { $0.contains("/blobs/") }
        #expect(Set(blobs).count == 5)
        #expect(blobs.count == 5, "\(blobs)")
    }

    @Test("A pull that was cancelled while bytes came is gone on with by the next")
    func cancelled() throws {
        let scratch = try Scratch()
        let registry = try DockerRegistry(scratch)
        let image = TestImage(layers: 1, size: 30_000_000)
        try registry.fill("image:v1", image)
        let cancellation = try PullCancellation()
        #expect(throws: RegistryError.self) {
            try scratch.pull("\(registry.authority)/image:v1", cancellation: cancellation) { event in
                if case .layer(_, .fetching(let bytes)) = event, bytes > 1_000_000 { cancellation.cancel() }
            }
        }
        let first = Mutex<Int64?>(nil)
        try scratch.pull("\(registry.authority)/image:v1") { event in
            if case .layer(_, .fetching(let bytes)) = event { first.withLock { $0 = $0 ?? bytes } }
        }
        #expect(first.withLock { $0 } ?? 0 > 1_000_000)
        try scratch.expectHas(image)
    }
}
