// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import PodPlan

/// The tmpfs on which a pod's file volumes are, each a directory of it. Secrets never reach a disk.
final class FileVolumeArea {
    private let root: OwnedDescriptor

    /// Mounts it in the pod's directory, large enough for what these plans put there.
    init(_ plans: [VolumePlan], _ contents: [[UInt8]], in directory: PodDirectory) throws(Errno) {
        var pages = 64
        for case .files(let files) in plans.map(\.source) {
            for file in files {
                guard contents.indices.contains(file.contents) else { throw Errno(EINVAL) }
                // Each step of the path, and a link, may need a page, too.
                pages += contents[file.contents].count / 4096 + 2 + file.path.utf8.count { $0 == UInt8(ascii: "/") }
            }
        }
        root = try directory.mountTemporary(
            "files", sizeBytes: Int64(pages) * 4096, mode: 0o700, noExecute: false, swaps: false)
    }

    /// Makes a volume.
    ///
    /// - Parameter time: nanoseconds since the epoch; part of a name.
    /// - Returns: its root, as `O_PATH`.
    func make(
        _ name: String, _ files: [VolumeFile], _ contents: [[UInt8]], owner: VolumeOwner, at time: Int64
    ) throws(Errno) -> OwnedDescriptor {
        try root.makeDirectory(name, mode: 0o777)
        let volume = try root.open(name, O_RDONLY | O_DIRECTORY)
        let layout = FileVolumeLayout(files, at: time)
        try volume.makeDirectory(layout.dataDirectory, mode: 0o755)
        let data = try volume.open(layout.dataDirectory, O_RDONLY | O_DIRECTORY)
        for directory in layout.directories { try data.makeDirectory(directory, mode: 0o755) }
        for file in files {
            let opened = try data.open(file.path, O_WRONLY | O_CREAT | O_EXCL, mode: mode_t(file.mode))
            try opened.writeAll(contents[file.contents])
        }
        for link in layout.links { try volume.makeLink(link.name, to: link.target) }
        if !owner.isOurs { try give(volume, data, files, layout, to: owner) }
        return try root.open(name, O_PATH | O_DIRECTORY)
    }

    /// `fsGroup` owns all of it and may read it. See `SetVolumeOwnership` of the kubelet.
    private func give(
        _ volume: borrowing OwnedDescriptor, _ data: borrowing OwnedDescriptor, _ files: [VolumeFile],
        _ layout: FileVolumeLayout, to owner: VolumeOwner
    ) throws(Errno) {
        try owner.take(".", in: volume, mode: 0o2777)
        for directory in ["."] + layout.directories { try owner.take(directory, in: data, mode: 0o2755) }
        for file in files { try owner.take(file.path, in: data, mode: mode_t(file.mode) | 0o440) }
        for link in layout.links { try owner.take(link.name, in: volume, mode: nil) }
    }
}

/// How the kubelet lays a volume of files out: a directory named after the time has them, `..data` leads to that, and
/// each top-level name leads through `..data`. So a change of all files is one rename.
struct FileVolumeLayout: Hashable {
    let dataDirectory: String
    /// Directories below the data directory, parents first.
    private(set) var directories: [String] = []
    private(set) var links: [Link] = []

    struct Link: Hashable {
        var name: String
        var target: String
    }

    /// - Parameter time: nanoseconds since the epoch.
    init(_ files: [VolumeFile], at time: Int64) {
        let (second, nanosecond) = time.quotientAndRemainder(dividingBy: 1_000_000_000)
        let date = CivilTime(seconds: second).dateAndTime.map { $0.isNumber ? $0 : "_" }
        dataDirectory = "..\(String(date)).\(nanosecond)"
        links = [Link(name: "..data", target: dataDirectory)]
        var (known, tops): (Set<Substring>, Set<Substring>) = ([], [])
        for file in files {
            var top = file.path[...]
            for (index, byte) in zip(file.path.utf8.indices, file.path.utf8) where byte == UInt8(ascii: "/") {
                let directory = file.path[..<index]
                if top.utf8.count == file.path.utf8.count { top = directory }
                if known.insert(directory).inserted { directories.append(String(directory)) }
            }
            if tops.insert(top).inserted { links.append(Link(name: String(top), target: "..data/\(top)")) }
        }
    }
}
