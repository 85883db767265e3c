// SPDX-License-Identifier: Apache-2.0

/// What an image is made for, in Go's words: see `image-index.md` of the OCI image specification.
package struct Platform: Hashable, Sendable, JSONDecodable, CustomStringConvertible {
    /// `linux`.
    package var os: String
    /// `amd64`, `arm64`, `arm`, `386`, …
    package var architecture: String
    /// `v7` of `arm`; of others mostly absent.
    package var variant: String?

    package init(os: String, architecture: String, variant: String? = nil) {
        self.os = os
        self.architecture = architecture
        self.variant = variant
    }

    package init(from node: JSONNode) throws(JSONError) {
        os = try node.value("os", or: "")
        architecture = try node.value("architecture", or: "")
        let variant: String = try node.value("variant", or: "")
        self.variant = variant.isEmpty ? nil : variant
    }

    package var json: JSONValue {
        .members([
            "architecture": .string(architecture), "os": .string(os), "variant": variant.map { .string($0) },
        ])
    }

    package var description: String { "\(os)/\(architecture)" + (variant.map { "/\($0)" } ?? "") }

    /// The platform of programs compiled as this one was.
    package static var own: Platform {
        #if arch(x86_64)
            Platform(os: "linux", architecture: "amd64")
        #elseif arch(arm64)
            Platform(os: "linux", architecture: "arm64", variant: "v8")
        #elseif arch(arm)
            Platform(os: "linux", architecture: "arm", variant: "v7")
        #elseif arch(i386)
            Platform(os: "linux", architecture: "386")
        #elseif arch(riscv64)
            Platform(os: "linux", architecture: "riscv64")
        #elseif arch(powerpc64le)
            Platform(os: "linux", architecture: "ppc64le")
        #elseif arch(s390x)
            Platform(os: "linux", architecture: "s390x")
        #endif
    }

    /// How well something made for `other` suits us; nil: not at all. More is better.
    ///
    /// A variant that is not given is the architecture's usual one; of `arm` an older one runs, too.
    package func suitability(of other: Platform) -> Int? {
        let (mine, theirs) = (normalized, other.normalized)
        guard mine.os == theirs.os, mine.architecture == theirs.architecture else { return nil }
        if mine.variant == theirs.variant { return 100 }
        guard mine.architecture == "arm", let own = mine.level, let level = theirs.level, level < own else {
            return nil
        }
        return level
    }

    private var normalized: Platform {
        var result = Platform(
            os: os.lowercased(), architecture: architecture.lowercased(), variant: variant?.lowercased())
        switch result.architecture {
        case "x86_64", "x86-64": result.architecture = "amd64"
        case "aarch64": result.architecture = "arm64"
        case "armhf": (result.architecture, result.variant) = ("arm", "v7")
        case "armel": (result.architecture, result.variant) = ("arm", "v6")
        case "i386", "i486", "i586", "i686": result.architecture = "386"
        default: break
        }
        switch (result.architecture, result.variant) {
        case ("arm64", "8"), ("arm64", "v8"), ("amd64", "v1"): result.variant = nil
        case ("arm", nil): result.variant = "v7"
        case ("arm", let variant?) where variant.utf8.count == 1: result.variant = "v\(variant)"
        default: break
        }
        return result
    }

    private var level: Int? { variant.flatMap { Int($0.dropFirst()) } }
}
