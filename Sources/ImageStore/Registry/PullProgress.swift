// SPDX-License-Identifier: Apache-2.0

/// What happens to a pull, for whom it is shown. Comes from any thread of the pull.
public enum PullProgress: Sendable {
    public struct Blob: Hashable, Sendable {
        public let digest: BlobDigest
        /// In bytes, as it is transferred.
        public let size: Int64
    }

    public enum State: Hashable, Sendable {
        /// It was here already.
        case present
        /// Another pull is fetching it.
        case waiting
        /// So many of its bytes are here.
        case fetching(Int64)
        /// It is tried again, because of this.
        case retrying(RegistryError)
        /// It is here, checked.
        case done
    }

    /// What the image consists of: the layers, the lowest first, each once.
    case resolved(manifest: BlobDigest, layers: [Blob])
    case layer(Blob, State)
    /// So many bytes of a layer, of so many, have been unpacked; 0 of 0: another pull unpacks it. By its diff id.
    case unpacking(_ layer: BlobDigest, bytes: Int64, of: Int64)
    /// A request that is no layer's is tried again, because of this.
    case retrying(RegistryError)
    /// This place could not give the image; the next is asked.
    case nextEndpoint(after: RegistryError)
}
