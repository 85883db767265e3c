// SPDX-License-Identifier: Apache-2.0

/// The media types of images, of the OCI and of Docker, by what they mean. See `media-types.md` of the OCI image
/// specification.
package enum MediaType {
    package static let ociIndex = "application/vnd.oci.image.index.v1+json"
    package static let ociManifest = "application/vnd.oci.image.manifest.v1+json"
    package static let ociConfiguration = "application/vnd.oci.image.config.v1+json"
    package static let dockerList = "application/vnd.docker.distribution.manifest.list.v2+json"
    package static let dockerManifest = "application/vnd.docker.distribution.manifest.v2+json"
    package static let dockerConfiguration = "application/vnd.docker.container.image.v1+json"

    /// Several manifests, one a platform.
    package static func isIndex(_ type: String) -> Bool { type == ociIndex || type == dockerList }

    /// One image.
    package static func isManifest(_ type: String) -> Bool { type == ociManifest || type == dockerManifest }

    /// The configuration of an image that can be run; an artifact has another.
    package static func isConfiguration(_ type: String) -> Bool {
        type == ociConfiguration || type == dockerConfiguration
    }

    /// Docker's first manifests, which have no digests of their configuration.
    package static func isSchema1(_ type: String) -> Bool {
        type == "application/vnd.docker.distribution.manifest.v1+json"
            || type == "application/vnd.docker.distribution.manifest.v1+prettyjws"
    }

    /// How a layer's tar is packed.
    package enum LayerCompression: String, Sendable { case none, gzip, zstd }

    /// What a layer is; nil for what is none that we take.
    package static func layer(_ type: String) -> LayerCompression? {
        switch type {
        case "application/vnd.oci.image.layer.v1.tar", "application/vnd.docker.image.rootfs.diff.tar":
            LayerCompression.none
        case "application/vnd.oci.image.layer.v1.tar+gzip", "application/vnd.docker.image.rootfs.diff.tar.gzip": .gzip
        case "application/vnd.oci.image.layer.v1.tar+zstd", "application/vnd.docker.image.rootfs.diff.tar.zstd": .zstd
        default: nil
        }
    }

    /// A layer that lies elsewhere than in the registry, and may not be passed on.
    package static func isForeignLayer(_ type: String) -> Bool {
        type.hasPrefix("application/vnd.oci.image.layer.nondistributable.")
            || type.hasPrefix("application/vnd.docker.image.rootfs.foreign.")
    }
}
