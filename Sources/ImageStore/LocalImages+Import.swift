// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// Where an image's files come from.
public enum ImportSource: Hashable, Sendable {
    case directory(String)
    /// A tar archive, as it is or compressed by gzip, xz or zstd: a file or a FIFO.
    case archive(String)
    /// The same, to be read from this descriptor, which stays the caller's.
    case stream(CInt)

    /// For messages.
    var name: String {
        switch self {
        case .directory(let path), .archive(let path): path
        case .stream: "standard input"
        }
    }
}

extension LocalImages {
    /// Copies files into the store under a name. Importing the same files again keeps one copy.
    ///
    /// A program of ours unpacks, closed in with the new, empty directory as its whole root: what an archive holds, links
    /// or absolute names, leads nowhere else. Devices are left out.
    ///
    /// - Returns: what it is now, and what was left out.
    @discardableResult
    public borrowing func add(
        _ name: String, from source: ImportSource, _ configuration: ImageConfiguration,
        limits: ImportLimits = ImportLimits()
    ) throws(ImageStoreError) -> (image: ImageSummary, warnings: [String]) {
        let reference = try parsedName(name)
        var record = ImageRecord(reference: reference.description, id: "")
        record.created = Int64(time(nil))
        record.configuration = configuration
        let lowered = try attempt("look at the room in", path) { () throws(Errno) in
            try limits.lowered(toRoomAt: directory)
        }
        var warnings: [String] = []
        try addLayer(record, limits: lowered) { root, place throws(ImageStoreError) in
            let input = try ArchiveInput.open(source, store: path)
            let unpacking = Unpacking(
                kind: .tree, target: "\(place)/root", limits: lowered, program: try findUnpackProgram())
            warnings = try input.unpack(unpacking).warnings
            try checkRoot(root, place, source)
        }
        return (try inspect(name), warnings)
    }

    /// An empty archive is a mistake, and so is one of `docker save`, which has images in it and not files.
    private borrowing func checkRoot(
        _ root: borrowing OwnedDescriptor, _ place: String, _ source: ImportSource
    ) throws(ImageStoreError) {
        let names = try attempt("read", place) { () throws(Errno) in try root.names() }
        if names.isEmpty { throw .source(path: source.name, problem: "holds no files") }
        let saved: Set = ["manifest.json", "oci-layout", "repositories", "index.json"]
        if !saved.isDisjoint(with: names), Set(["bin", "etc", "usr"]).isDisjoint(with: names) {
            throw .source(
                path: source.name,
                problem: "is an archive of images, as `docker save` makes: `berth image load` takes it")
        }
    }
}
