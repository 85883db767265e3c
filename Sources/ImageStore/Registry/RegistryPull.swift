// SPDX-License-Identifier: Apache-2.0

import Linux
package import OCI

/// Pulls one image from a registry, or a mirror of it, into the store of this machine.
///
/// What of it is here already isn't fetched. Several pulls at once, also of other processes, fetch each blob once. When it
/// is ended, by `cancellation` or by the end of the process, the next pull goes on where this one was.
public final class RegistryPull: Sendable {
    private let reference: ImageReference
    private let name: String
    private let platform: Platform
    private let settings: RegistrySettings
    private let credentials: RegistryCredentials
    private let images: LocalImages
    private let limits: ImportLimits
    private let cancellation: PullCancellation
    private let progress: @Sendable (PullProgress) -> Void
    /// How servers are reached, and how often they are asked again.
    package let connection: HTTPConnection
    package let policy: RetryPolicy

    /// Layers fetched at once, as other engines do.
    private static let parallel = 3

    /// - Parameters:
    ///   - name: what the image is called in the store; nil: as the reference.
    ///   - platform: which one of an index is taken; nil: this machine's.
    ///   - limits: of what the layers may hold.
    ///   - environment: of the user, for the proxies that it names.
    ///   - progress: called from several threads.
    package init(
        reference: ImageReference, as name: String? = nil, platform: Platform? = nil,
        settings: RegistrySettings = RegistrySettings(),
        credentials: RegistryCredentials = RegistryCredentials(), images: consuming LocalImages,
        limits: ImportLimits = ImportLimits(), environment: [String: String] = [:], connection: HTTPConnection? = nil,
        policy: RetryPolicy = RetryPolicy(),
        cancellation: PullCancellation, progress: @escaping @Sendable (PullProgress) -> Void = { _ in }
    ) {
        self.reference = reference
        self.name = name ?? reference.description
        self.platform = platform ?? .own
        self.settings = settings
        self.credentials = credentials
        self.images = images
        self.limits = limits
        var reached = connection ?? HTTPConnection()
        if connection == nil { reached.proxies = HTTPProxies(environment: environment) }
        self.connection = reached
        self.policy = policy
        self.cancellation = cancellation
        self.progress = progress
    }

    /// The program that images are fetched with.
    ///
    /// - Throws: `host` when there is none.
    public static func client() throws(RegistryError) -> String { try Curl().path }

    /// What was pulled.
    public struct Pulled: Sendable {
        /// As the store has it now.
        public let image: ImageSummary
        public let manifest: BlobDigest
        /// What the reference means at the registry: an index, or the manifest itself.
        public let digest: BlobDigest
        /// What was left out of layers, and what may be wrong with the image.
        public let warnings: [String]
    }

    /// Pulls it, and records it under its name.
    ///
    /// - Throws: why it could not be had, in words that name the image. The store is as it was but for blobs, which the
    ///   next pull uses.
    public func run() throws(RegistryError) -> Pulled {
        do throws(RegistryError) {
            return try fromAnyEndpoint()
        } catch {
            // Of this error everything but the words stays.
            var named = error
            named.problem = error.object.isEmpty ? error.problem : "\(error)"
            named.object = "\(reference)"
            throw named
        }
    }

    private func fromAnyEndpoint() throws(RegistryError) -> Pulled {
        let curl = try Curl()
        let endpoints = settings.endpoints(for: reference.registry)
        var errors: [RegistryError] = []
        for endpoint in endpoints {
            do throws(RegistryError) {
                return try pull(from: endpoint, curl)
            } catch {
                guard error.allowsFallback, !cancellation.isCancelled else { throw error }
                errors.append(error)
                if errors.count < endpoints.count { progress(.nextEndpoint(after: error)) }
            }
        }
        // The registry's own word counts, then its mirrors'.
        var error = errors.removeLast()
        for mirror in errors { error.problem += "; mirror: \(mirror)" }
        throw error
    }

    private func pull(from endpoint: RegistryEndpoint, _ curl: Curl) throws(RegistryError) -> Pulled {
        let abort = try attemptHost("", "make an event") { () throws(Errno) in
            try PullCancellation(within: cancellation)
        }
        let context = PullContext(curl: curl, cancellation: abort, connection: connection, policy: policy)
        let known = try credentials.candidates(
            registry: endpoint.credentialKey, path: endpoint.repository(reference.path), cancellation: abort)
        var tries: [RegistryCredential?] = known.isEmpty ? [nil] : known
        while true {
            let session = RegistrySession(
                endpoint, path: reference.path, credential: tries.removeFirst(), context: context)
            do throws(RegistryError) {
                return try pull(session, abort)
            } catch {
                guard error.reason == .denied, !tries.isEmpty else { throw error }
            }
        }
    }

    private func pull(_ session: RegistrySession, _ abort: PullCancellation) throws(RegistryError) -> Pulled {
        let digest = try reference.digest.map { text throws(RegistryError) in
            try attemptStore { () throws(ImageStoreError) in try BlobDigest(text) }
        }
        let found = try session.resolve(tag: reference.tag, digest: digest, platform: platform) {
            progress(.retrying($0))
        }
        let manifest = found.texts[found.texts.count - 1].digest
        let blobs = try attemptStore { () throws(ImageStoreError) in try images.blobs() }
        let layers = try Self.layers(found.image)
        progress(.resolved(manifest: manifest, layers: layers))
        let configuration = try Self.blob(found.image.configuration)
        try session.fetch(configuration, into: blobs) { state in
            if case .retrying(let error) = state { progress(.retrying(error)) }
        }
        try check(configuration, in: blobs)
        let download = LayerDownload(layers, session: session, blobs: blobs, abort: abort, progress: progress)
        try download.run(parallel: Self.parallel)
        for text in found.texts {
            try attemptStore { () throws(ImageStoreError) in try download.blobs.put(text.bytes, as: text.digest) }
        }
        return try add(manifest, index: found.texts[0].digest, from: download.blobs)
    }

    /// Unpacks the layers and gives the image its name.
    private func add(
        _ manifest: BlobDigest, index: BlobDigest, from blobs: borrowing BlobStore
    ) throws(RegistryError) -> Pulled {
        // The store follows an index to what is for this machine.
        let top = platform == .own ? index : manifest
        let progress = self.progress
        let observer = ImageObserver(
            unpacked: { progress(.unpacking($0, bytes: $1, of: $2)) },
            waiting: { progress(.unpacking($0, bytes: 0, of: 0)) },
            isCancelled: { [cancellation] in cancellation.isCancelled })
        let name = self.name
        do throws(RegistryError) {
            let added = try attemptStore { () throws(ImageStoreError) in
                try images.add(top, as: name, from: blobs, limits: limits, observer)
            }
            return Pulled(image: added.image, manifest: manifest, digest: index, warnings: added.warnings)
        } catch {
            guard cancellation.isCancelled else { throw error }
            throw RegistryError(.cancelled, "", "the pull was ended")
        }
    }

    private static func blob(_ descriptor: Descriptor) throws(RegistryError) -> PullProgress.Blob {
        let digest = try attemptStore { () throws(ImageStoreError) in try BlobDigest(descriptor.digest) }
        return PullProgress.Blob(digest: digest, size: descriptor.size)
    }

    /// The layers to fetch, each once.
    private static func layers(_ manifest: ImageManifest) throws(RegistryError) -> [PullProgress.Blob] {
        let type = manifest.configuration.mediaType
        guard MediaType.isConfiguration(type) else {
            throw RegistryError(
                .unsupported, manifest.configuration.digest.withoutControls,
                "has the media type \(type.withoutControls): this is an artifact, and no image that can be run")
        }
        var layers: [PullProgress.Blob] = []
        for descriptor in manifest.layers {
            guard MediaType.layer(descriptor.mediaType) != nil else {
                let type = descriptor.mediaType.withoutControls
                throw RegistryError(
                    .unsupported, "layer \(descriptor.digest.withoutControls)",
                    MediaType.isForeignLayer(descriptor.mediaType)
                        ? "is a foreign layer (\(type)), which registries don't pass on"
                        : "has the media type \(type), which is not supported")
            }
            let blob = try blob(descriptor)
            if let same = layers.first(where: { $0.digest == blob.digest }) {
                guard same == blob else {
                    throw RegistryError(.wrongAnswer, "layer \(blob.digest)", "has two sizes in one manifest")
                }
            } else {
                layers.append(blob)
            }
        }
        return layers
    }

    /// Before any layer is fetched: whether the image is for this platform at all. No index may have said so.
    private func check(
        _ configuration: PullProgress.Blob, in blobs: borrowing BlobStore
    ) throws(RegistryError) {
        let text = try attemptStore { () throws(ImageStoreError) in try blobs.contents(of: configuration.digest) }
        let own: Platform
        do throws(JSONError) {
            own = try Platform(from: JSONNode(try JSONValue(parsing: text)))
        } catch {
            throw RegistryError(.wrongAnswer, "\(configuration.digest)", "is no configuration of an image: \(error)")
        }
        guard own.os.isEmpty || own.architecture.isEmpty || platform.suitability(of: own) != nil else {
            throw RegistryError(
                .unsupported, "\(configuration.digest)",
                "no match for platform \(platform): the image is for \("\(own)".withoutControls)")
        }
    }
}
