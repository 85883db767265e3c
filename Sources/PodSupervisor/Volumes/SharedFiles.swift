// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import PodPlan
import Sandbox

/// Files that the containers of a pod share, `/etc/hosts` and the like: each is one file, on a tmpfs of the pod, that every
/// container mounts. What one of them writes to it the others see; and it can be written anew while they run.
final class SharedFiles {
    private let files: [(path: String, file: Held)]
    /// All of them together; a container that writes more fills the host's memory no further.
    private static let maximumBytes: Int64 = 4 << 20

    /// - Parameter owner: whose they are: the root of the pod's user namespace. nil: ours.
    init(_ plans: [FilePlan], owner: UInt32?, in directory: PodDirectory) throws(Errno) {
        let place = try directory.mountTemporary(
            "etc", sizeBytes: Self.maximumBytes, mode: 0o755, noExecute: true)
        var files: [(path: String, file: Held)] = []
        for (index, plan) in plans.enumerated() {
            let file = try place.open("\(index)", O_RDWR | O_CREAT | O_EXCL, mode: 0o644)
            try file.writeAll(Array(plan.contents.utf8))
            if let owner {
                let number = file.rawValue
                try retrying { fchown(number, owner, owner) }
            }
            files.append((plan.path, Held(file)))
        }
        self.files = files
    }

    /// The mounts of a container, but for the files that its own volumes cover. With a read-only root all are read-only but
    /// `/etc/hosts`, which the kubelet mounts itself.
    func binds(for container: ContainerPlan) -> [BindMount] {
        let covered = Set(container.mounts.map { $0.path.pathParts.filter { $0 != "." } })
        return files.filter { !covered.contains($0.path.pathParts) }.map { path, file in
            var bind = BindMount(source: file.descriptor.rawValue, destination: path)
            bind.readOnly = container.readOnlyRootFilesystem && path != "/etc/hosts"
            return bind
        }
    }

    /// Writes a file anew, in place: who reads it meanwhile finds no empty file.
    ///
    /// - Throws: `ENOENT` when there is none of this path.
    func replace(_ path: String, with contents: String) throws(Errno) {
        guard let file = files.first(where: { $0.path == path })?.file else { throw Errno(ENOENT) }
        let (number, bytes) = (file.descriptor.rawValue, Array(contents.utf8))
        var written = 0
        while written < bytes.count {
            let start = written
            written += try retrying {
                bytes.withUnsafeBytes { pwrite(number, $0.baseAddress! + start, bytes.count - start, off_t(start)) }
            }
        }
        try retrying { ftruncate(number, off_t(bytes.count)) }
    }
}
