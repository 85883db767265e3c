// SPDX-License-Identifier: Apache-2.0

/// An image that is here, ready to be a container's root.
public struct StoredImage: Hashable, Sendable {
    /// Normalized reference: `docker.io/library/busybox:latest`, or the name it was bound or imported under.
    public var reference: String
    /// `sha256:…` of the configuration, or of the content of an import, or `bind:<directory>`.
    public var id: String
    /// Directories on the host, the lowest layer last.
    public var layers: [String]
    public var configuration = ImageConfiguration()
    /// `sha256:…` of the manifest or index under which it was pulled or loaded; nil for what never had one.
    public var digest: String?

    public init(reference: String, id: String, layers: [String]) {
        self.reference = reference
        self.id = id
        self.layers = layers
    }
}

/// The part of the OCI image configuration that a container takes over.
public struct ImageConfiguration: Hashable, Sendable {
    public var entrypoint: [String] = []
    public var command: [String] = []
    /// `NAME=value`.
    public var environment: [String] = []
    /// `user`, `uid`, `user:group`, `uid:gid`; "" is root.
    public var user = ""
    public var workingDirectory = ""
    /// `SIGTERM` and the like; "" is SIGTERM.
    public var stopSignal = ""
    public var labels: [String: String] = [:]

    public init() {}
}
