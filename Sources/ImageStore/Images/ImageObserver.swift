// SPDX-License-Identifier: Apache-2.0

/// Who wants to know how the adding of an image goes. What it is told are layers by their diff ids.
public struct ImageObserver {
    /// So many bytes of the layer's archive, of so many, have been unpacked.
    public var unpacked: (_ layer: BlobDigest, _ bytes: Int64, _ of: Int64) -> Void
    /// Another process unpacks this one.
    public var waiting: (_ layer: BlobDigest) -> Void
    /// Asked now and then, while a layer is unpacked or waited for: true gives the image up.
    public var isCancelled: () -> Bool

    public init(
        unpacked: @escaping (BlobDigest, Int64, Int64) -> Void = { _, _, _ in },
        waiting: @escaping (BlobDigest) -> Void = { _ in }, isCancelled: @escaping () -> Bool = { false }
    ) {
        self.unpacked = unpacked
        self.waiting = waiting
        self.isCancelled = isCancelled
    }
}
