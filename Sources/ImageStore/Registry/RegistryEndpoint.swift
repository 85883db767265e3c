// SPDX-License-Identifier: Apache-2.0

import Linux

/// One place that has images: a registry itself, or a mirror of one.
public struct RegistryEndpoint: Hashable, Sendable {
    /// `http` is spoken only when this says so, or when `mayFallBack`.
    var scheme: HTTPAddress.Scheme
    /// `host` or `host:port`.
    var authority: String
    /// What comes before the names of repositories there: `cache/hub`; empty for most.
    var prefix: String
    /// Any certificate will do, and where no TLS is spoken, plain HTTP will.
    var isInsecure: Bool
    /// A file of certificates in PEM that are trusted there, beside the machine's own.
    var authorities: String?
    /// The scheme was given, and no other is tried.
    private var isSchemeGiven: Bool

    /// A mirror: `https://host[:port][/prefix]`.
    ///
    /// - Returns: nil for what is no such address.
    public init?(url: String, isInsecure: Bool = false, authorities: String? = nil) {
        guard let address = HTTPAddress(url), !address.target.utf8.contains(UInt8(ascii: "?")) else { return nil }
        scheme = address.scheme
        authority = address.authority
        prefix = address.target.pathParts.joined(separator: "/")
        self.isInsecure = isInsecure
        self.authorities = authorities
        isSchemeGiven = true
    }

    /// The registry that images are named by.
    init(registry: String, isInsecure: Bool = false, authorities: String? = nil) {
        scheme = .https
        // The one whose name is not its host's.
        authority = registry == "docker.io" ? "registry-1.docker.io" : registry
        prefix = ""
        self.isInsecure = isInsecure
        self.authorities = authorities
        isSchemeGiven = false
    }

    /// Whether plain HTTP may be spoken where no TLS is: with whom nobody can be in between, or nobody minds.
    var mayFallBack: Bool {
        guard !isSchemeGiven else { return false }
        return isInsecure || HTTPAddress(.https, authority: authority, target: "/")?.isLoopback == true
    }

    /// What credentials are looked up by.
    var credentialKey: String { authority == "registry-1.docker.io" ? "docker.io" : authority }

    /// Of a repository here.
    func repository(_ path: String) -> String { prefix.isEmpty ? path : "\(prefix)/\(path)" }
}

/// Where images are pulled from: what `/etc/berth/registries.yaml` says.
public struct RegistrySettings: Hashable, Sendable {
    public struct Registry: Hashable, Sendable {
        /// Asked in this order before the registry itself.
        public var mirrors: [RegistryEndpoint]
        /// See `RegistryEndpoint`.
        public var isInsecure: Bool
        public var authorities: String?

        public init(mirrors: [RegistryEndpoint] = [], isInsecure: Bool = false, authorities: String? = nil) {
            self.mirrors = mirrors
            self.isInsecure = isInsecure
            self.authorities = authorities
        }
    }

    /// By the name in references: `docker.io`, `localhost:5000`.
    public var registries: [String: Registry] = [:]
    /// Where names without a registry are looked for, in this order.
    public var search: [String] = ["docker.io"]
    /// Whole names for short ones: `perl` → `docker.io/library/perl`.
    public var aliases: [String: String] = [:]

    public init() {}

    /// All places to ask for an image, in order.
    public func endpoints(for registry: String) -> [RegistryEndpoint] {
        let own = registries[registry] ?? Registry()
        return own.mirrors
            + [RegistryEndpoint(registry: registry, isInsecure: own.isInsecure, authorities: own.authorities)]
    }

    /// What a name that people write may mean, in the order to try.
    ///
    /// A name with a registry means itself. Else an alias decides alone; else it is each search registry's.
    ///
    /// - Throws: also when no registry is searched.
    public func candidates(for name: String) throws(ImageReference.ParseError) -> [ImageReference] {
        let reference = try ImageReference(name)
        guard !ImageReference.hasRegistry(name) else { return [reference] }
        let (short, suffix) = Self.parts(name)
        if let whole = aliases[short] { return [try ImageReference(whole + suffix)] }
        guard !search.isEmpty else {
            throw .init(reference: name, problem: "it names no registry, and none is searched for such names")
        }
        var candidates: [ImageReference] = []
        for registry in search { candidates.append(try ImageReference("\(registry)/\(name)")) }
        return candidates
    }

    /// The name, and the tag and digest behind it.
    private static func parts(_ name: String) -> (String, String) {
        let bytes = name.utf8
        let slash = bytes.lastIndex(of: UInt8(ascii: "/")) ?? bytes.startIndex
        let end =
            bytes[slash...].firstIndex { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "@") } ?? bytes.endIndex
        return (String(name[..<end]), String(name[end...]))
    }
}
