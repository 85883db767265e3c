// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import OCI

extension LocalImages {
    /// Makes an image of blobs that are here: checks manifest and configuration, unpacks the layers that are new, and gives
    /// it a name. What had the name before loses it.
    ///
    /// - Parameters:
    ///   - digest: of the manifest, or of an index with one for this machine.
    ///   - name: with a tag; or with a digest, which must be that one.
    ///   - blobs: kept by the caller since before the first of the image's blobs came.
    /// - Returns: what it is now, and what was left out.
    @discardableResult
    public borrowing func add(
        _ digest: BlobDigest, as name: String, from blobs: borrowing BlobStore, limits: ImportLimits = ImportLimits(),
        _ observer: ImageObserver = ImageObserver()
    ) throws(ImageStoreError) -> (image: ImageSummary, warnings: [String]) {
        let reference = try parsed(name)
        let image = try ResolvedImage(digest, in: blobs)
        if let asked = reference.digest, asked != "\(digest)", asked != "\(image.manifestDigest)" {
            throw .source(path: name, problem: "has another digest, \(digest)")
        }
        // Nothing is removed meanwhile: the first layers have no image yet.
        let use = try holdForUse()
        var warnings = Self.platformWarnings(image, reference)
        for layer in image.layers { warnings += try addLayer(layer, from: blobs, limits, observer) }
        var record = ImageRecord(reference: reference.kept.description, id: "\(image.configDigest)")
        record.digest = "\(digest)"
        record.manifest = "\(image.manifestDigest)"
        record.layers = Self.mounted(image.layers)
        record.sizeBytes = record.layers.reduce(0) { $0 + sizeOfLayer($1) }
        record.created = Int64(time(nil))
        record.configuration = ImageConfiguration(image.config.process)
        let kept = record
        try changing { images throws(ImageStoreError) in
            let old = try images.readableRecord(reference)
            try images.write(kept)
            if let old { try images.release(old, adding: blobs) }
        }
        _ = consume use
        return (summary(kept), warnings)
    }

    /// The order in which overlayfs wants them, the lowest last. It takes no directory twice; nor is that needed, since
    /// all that a layer brings or hides is brought and hidden by its upper self.
    private static func mounted(_ layers: [LayerSource]) -> [String] {
        var seen: Set<String> = []
        return layers.reversed().map(\.diffID.hexadecimal).filter { seen.insert($0).inserted }
    }

    private static func platformWarnings(_ image: ResolvedImage, _ reference: ImageReference) -> [String] {
        let platform = image.config.platform
        if platform.os.isEmpty, platform.architecture.isEmpty { return [] }
        guard Platform.own.suitability(of: platform) == nil else { return [] }
        return ["\(reference.familiar) is made for \(platform), and this machine is \(Platform.own)"]
    }
}
