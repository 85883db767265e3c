// SPDX-License-Identifier: Apache-2.0

import OCI

/// A manifest or an index as a registry sent it, checked against its digest.
struct FetchedManifest: Sendable {
    enum Content: Sendable { case index(ImageIndex), manifest(ImageManifest) }

    let digest: BlobDigest
    let bytes: [UInt8]
    let content: Content
}

extension RegistrySession {
    /// More is no manifest. See `distribution-spec`, "Pushing Manifests".
    static let manifestLimit = 4 << 20

    private static let accepted = [
        MediaType.ociIndex, MediaType.dockerList, MediaType.ociManifest, MediaType.dockerManifest,
    ]

    /// The image for a platform that a tag or a digest means: an index is followed to it.
    ///
    /// - Parameter retried: is told of each failure that is not the last.
    /// - Returns: the image, and everything on the way to it, what was asked for first and the image's own text last.
    func resolve(
        tag: String?, digest: BlobDigest?, platform: Platform, retried: (RegistryError) -> Void
    ) throws(RegistryError) -> (image: ImageManifest, texts: [FetchedManifest]) {
        var fetched = try manifest(tag: tag, digest: digest, retried)
        var texts = [fetched]
        for _ in 0..<3 {
            switch fetched.content {
            case .manifest(let manifest):
                return (manifest, texts)
            case .index(let index):
                guard let chosen = index.manifest(for: platform) else {
                    throw RegistryError(.unsupported, "\(fetched.digest)", Self.noMatch(index, platform))
                }
                let digest = try attemptStore { () throws(ImageStoreError) in try BlobDigest(chosen.digest) }
                fetched = try manifest(tag: nil, digest: digest, retried)
                guard Int64(fetched.bytes.count) == chosen.size else {
                    throw RegistryError(
                        .wrongAnswer, "\(digest)",
                        "has \(fetched.bytes.count) bytes, where the index says \(chosen.size)")
                }
                texts.append(fetched)
            }
        }
        throw RegistryError(.wrongAnswer, "\(texts[0].digest)", "is an index of indexes of indexes")
    }

    private static func noMatch(_ index: ImageIndex, _ platform: Platform) -> String {
        let offered = index.manifests.compactMap(\.platform).filter { $0.os != "unknown" }
        let list = offered.prefix(12).map { "\($0)".withoutControls }.joined(separator: ", ")
        return "no match for platform \(platform) in manifest"
            + (list.isEmpty ? "" : "; it has \(list)" + (offered.count > 12 ? ", …" : ""))
    }

    private func manifest(
        tag: String?, digest: BlobDigest?, _ retried: (RegistryError) -> Void
    ) throws(RegistryError) -> FetchedManifest {
        let name = digest.map { "\($0)" } ?? tag ?? "latest"
        var failures = 0
        while true {
            do throws(RegistryError) {
                let answer = try get("manifests/\(name)", accept: Self.accepted)
                let bytes = try answer.transfer.body(limit: Self.manifestLimit)
                return try Self.checked(bytes, answer.head, digest, at: answer.transfer.address.shown)
            } catch {
                failures += 1
                if error.isTransient { retried(error) }
                try context.wait(after: error, failures: failures)
            }
        }
    }

    private static func checked(
        _ bytes: [UInt8], _ head: HTTPHead, _ asked: BlobDigest?, at place: String
    ) throws(RegistryError) -> FetchedManifest {
        guard head.status == 200 else {
            throw RegistryError(.wrongAnswer, place, "answered with status \(head.status)")
        }
        let told = head.value("docker-content-digest")
        if told == nil, !head.values("docker-content-digest").isEmpty {
            throw RegistryError(.wrongAnswer, place, "says two digests of one manifest")
        }
        var digest = BlobDigest(of: bytes)
        // One of another algorithm that we don't know says nothing to us; the asked one we know.
        if let told, told.hasPrefix("sha256:"), told != "\(digest)" {
            throw RegistryError(
                .wrongAnswer, place, "sent a manifest of the digest \(digest), and says \(told.withoutControls)")
        }
        if let asked {
            let found = BlobDigest(of: bytes, by: asked.algorithm)
            guard found == asked else {
                throw RegistryError(.wrongAnswer, place, "sent another manifest, of the digest \(found)")
            }
            digest = asked
        }
        do throws(JSONError) {
            return FetchedManifest(digest: digest, bytes: bytes, content: try content(bytes, head, at: place))
        } catch {
            throw RegistryError(.wrongAnswer, place, "sent what is no manifest: \(error)")
        }
    }

    /// What it is, by the media type that it says of itself, else by that of the answer, else by what is in it.
    ///
    /// - Throws: when the two types contradict each other: others would take it for something else (CVE-2021-41190).
    private static func content(
        _ bytes: [UInt8], _ head: HTTPHead, at place: String
    ) throws(JSONError) -> FetchedManifest.Content {
        let node = JSONNode(try JSONValue(parsing: bytes, sizeLimit: manifestLimit))
        let own: String = try node.value("mediaType", or: "")
        let sent = head.mediaType ?? ""
        let isKnown = MediaType.isIndex(sent) || MediaType.isManifest(sent)
        if !own.isEmpty, isKnown, own != sent {
            throw node.error("it says \(own.withoutControls) of itself, and came as \(sent)")
        }
        let type = own.isEmpty && isKnown ? sent : own
        let version: Int = try node.value("schemaVersion", or: 0)
        if MediaType.isSchema1(type) || MediaType.isSchema1(sent) || version == 1 {
            throw node.error("it is of Docker's old format (schema 1), which is not supported; push the image anew")
        }
        if MediaType.isIndex(type) { return .index(try ImageIndex(from: node)) }
        if MediaType.isManifest(type) { return .manifest(try ImageManifest(from: node)) }
        guard type.isEmpty else { throw node.error("the media type \(type.withoutControls) is not supported") }
        return try node.member("manifests") != nil
            ? .index(try ImageIndex(from: node)) : .manifest(try ImageManifest(from: node))
    }
}
