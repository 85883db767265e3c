// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import OCI
import Testing

@testable import ImageStore

/// Debian's docker-registry on a port of its own, with its storage in a test's directory; ended with this object.
final class DockerRegistry: Sendable {
    static let isInstalled =
        isRoot && access("/usr/bin/docker-registry", X_OK) == 0 && access("/usr/bin/skopeo", X_OK) == 0

    /// `127.0.0.1:port`.
    let authority: String
    private let pid: pid_t
    private let scratch: Scratch

    enum Extra { case none, passwords, certificate(String, key: String) }

    init(_ scratch: Scratch, name: String = "registry", _ extra: Extra = .none) throws {
        self.scratch = scratch
        let place = try scratch.directory(name)
        var more = ""
        switch extra {
        case .none: break
        case .passwords:
            // me:secret
            try scratch.file("\(name)/htpasswd", "me:$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n")
            more = "auth: {htpasswd: {realm: test, path: \(place)/htpasswd}}\n"
        case .certificate: break
        }
        var http = #"addr: "127.0.0.1:0", secret: test"#
        if case .certificate(let certificate, let key) = extra {
            http += ", tls: {certificate: \(certificate), key: \(key)}"
        }
        let settings = """
            version: 0.1
            log: {level: info, formatter: json}
            storage: {filesystem: {rootdirectory: \(place)/storage}}
            http: {\(http)}

            """
        let file = try scratch.file("\(name)/config.yml", settings + more)
        let output = try OwnedDescriptor.open("\(place)/access.log", O_WRONLY | O_CREAT | O_APPEND, mode: 0o644)
        let errors = try Pipe(nonBlocking: false)
        pid = try HostProgram.start(
            "/usr/bin/docker-registry", ["docker-registry", "serve", file], output: output.rawValue,
            errors: errors.writing.rawValue)
        authority = try Self.place(errors.takeReading())
    }

    deinit {
        kill(pid, SIGKILL)
        var status: CInt = 0
        _ = waitpid(pid, &status, 0)
    }

    /// Where it listens, from its log; what it logs later is read by nobody, and it doesn't mind.
    private static func place(_ log: consuming OwnedDescriptor) throws -> String {
        var text = ""
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 1)
        defer { buffer.deallocate() }
        while true {
            let count = try log.read(into: buffer)
            try #require(count > 0, "docker-registry: \(text)")
            text += String(decoding: buffer[..<count], as: UTF8.self)
            guard let start = text.firstRange(of: "listening on ") else { continue }
            let rest = text[start.upperBound...]
            guard let end = rest.firstIndex(where: { $0 == "," || $0 == "\"" }) else { continue }
            drain(log)
            return String(rest[..<end])
        }
    }

    private static func drain(_ log: consuming OwnedDescriptor) {
        let number = log.release()
        startThread {
            let log = OwnedDescriptor(adopting: number)
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 1)
            defer { buffer.deallocate() }
            while let count = try? log.read(into: buffer), count > 0 {}
        }
    }

    /// The paths that were GET with success, in order.
    func fetched(name: String = "registry") throws -> [String] {
        try text("\(scratch.path)/\(name)/access.log").split(separator: "\n").compactMap { line in
            let quoted = line.split(separator: "\"", omittingEmptySubsequences: false)
            guard quoted.count > 2, quoted[1].hasPrefix("GET "), quoted[2].hasPrefix(" 20") else { return nil }
            return String(quoted[1].split(separator: " ")[1])
        }
    }

    /// Pushes an image with skopeo, by way of an OCI layout.
    func fill(_ name: String, _ image: TestImage, _ options: [String] = []) throws {
        let layout = "layouts/\(image.digest.dropFirst(7))"
        for (digest, bytes) in image.blobs { try scratch.file("\(layout)/blobs/sha256/\(digest.dropFirst(7))", bytes) }
        try scratch.file("\(layout)/blobs/sha256/\(image.digest.dropFirst(7))", image.manifest)
        try scratch.file("\(layout)/oci-layout", #"{"imageLayoutVersion":"1.0.0"}"#)
        let descriptor = Descriptor(
            mediaType: MediaType.ociManifest, digest: image.digest, size: Int64(image.manifest.count))
        try scratch.file("\(layout)/index.json", ImageIndex(manifests: [descriptor]).json.text())
        _ = try HostProgram.output(
            of: "/usr/bin/skopeo",
            ["skopeo", "--insecure-policy", "copy", "--quiet", "--dest-tls-verify=false", "--preserve-digests"]
                + options
                + ["oci:\(scratch.path)/\(layout)", "docker://\(authority)/\(name)"])
    }
}
