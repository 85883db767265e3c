// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import PodPlan

/// What is mounted in a container, held open until it has been launched.
struct MountSource {
    var held: Held
    /// It is a detached mount already, not only a place.
    var isTree = false
    /// Its files have the ids of the pod's user namespace on the host, too.
    var hasNamespaceIDs = false
}

/// The pod's volumes, each held open by its root.
struct PodVolumes {
    private var roots: [Held] = []
    private var files: FileVolumeArea?

    /// What could not be set up, in the kubelet's words.
    struct Failure: Error {
        var message: String

        init(_ plan: VolumePlan, _ error: VolumeError) {
            message = "MountVolume.SetUp failed for volume \"\(plan.name)\" : \(error)"
        }
    }

    /// Makes and opens all volumes, or none of them.
    ///
    /// - Parameter time: nanoseconds since the epoch.
    static func setUp(_ pod: PodPlan, in directory: PodDirectory, at time: Int64) throws(Failure) -> PodVolumes {
        var result = PodVolumes()
        // Those that cannot be had are known beforehand; then nothing is made.
        for plan in pod.volumes {
            if case .unavailable(let message) = plan.source { throw Failure(plan, .unavailable(message)) }
        }
        for (index, plan) in pod.volumes.enumerated() {
            do throws(VolumeError) {
                result.roots.append(Held(try result.make(plan, index, pod, directory, time)))
            } catch {
                throw Failure(plan, error)
            }
        }
        return result
    }

    private mutating func make(
        _ plan: VolumePlan, _ index: Int, _ pod: PodPlan, _ directory: PodDirectory, _ time: Int64
    ) throws(VolumeError) -> OwnedDescriptor {
        // Volume names are DNS labels, but that was checked by another process.
        let name = plan.name.utf8.contains(UInt8(ascii: "/")) || plan.name.hasPrefix(".") ? "\(index)" : plan.name
        switch plan.source {
        case .hostPath(let path, let check): return try openHostPath(path, check)
        case .unavailable(let message): throw .unavailable(message)
        case .files(let files):
            return try volume("make", "\(directory.path)/files/\(name)") { () throws(Errno) in
                let owner = try VolumeOwner(plan.groupID, pod.userNamespace)
                return try area(pod, directory).make(name, files, pod.contents, owner: owner, at: time)
            }
        case .memory(let size):
            return try volume("make", "\(directory.path)/volumes/\(name)") { () throws(Errno) in
                try directory.descriptor.makeDirectory("volumes")
                let root = try directory.mountTemporary(
                    "volumes/\(name)", sizeBytes: size, mode: 0o777, noExecute: false)
                try VolumeOwner(plan.groupID, pod.userNamespace).take(root, mode: 0o2777)
                return root
            }
        case .hugePages(let pageSize, let size):
            return try volume("make", "\(directory.path)/volumes/\(name)") { () throws(Errno) in
                try directory.descriptor.makeDirectory("volumes")
                let root = try directory.mountHugePages("volumes/\(name)", pageBytes: pageSize, sizeBytes: size)
                try VolumeOwner(plan.groupID, pod.userNamespace).take(root, mode: 0o2777)
                return root
            }
        case .emptyDir:
            return try volume("make", "\(directory.path)/volumes/\(name)") { () throws(Errno) in
                try directory.descriptor.makeDirectory("volumes")
                let volumes = try directory.descriptor.open("volumes", O_PATH | O_DIRECTORY)
                try volumes.makeDirectory(name, mode: 0o777)
                let root = try volumes.open(name, O_PATH | O_DIRECTORY)
                try VolumeOwner(plan.groupID, nil).take(root, mode: 0o2777)
                return root
            }
        }
    }

    /// Those that are directories of the pod on disk.
    func storage(_ pod: PodPlan) -> [Held?] {
        zip(pod.volumes, roots).map { volume, root in if case .emptyDir = volume.source { root } else { nil } }
    }

    /// Where file volumes are; made for the first of them.
    private mutating func area(_ pod: PodPlan, _ directory: PodDirectory) throws(Errno) -> FileVolumeArea {
        if let files { return files }
        let made = try FileVolumeArea(pod.volumes, pod.contents, in: directory)
        files = made
        return made
    }

    func root(_ index: Int) -> Held? { roots.indices.contains(index) ? roots[index] : nil }

    /// What is mounted for `mount`.
    func source(_ mount: MountPlan, _ pod: PodPlan, _ hostMounts: HostMounts) throws(VolumeError) -> MountSource {
        guard roots.indices.contains(mount.volume) else {
            throw .subPath("volume \(mount.volume)", errno: Errno(ENOENT))
        }
        // What is the pod's own has nothing to do with the host's mounts.
        if mount.propagation != .none, case .hostPath(let path, let check) = pod.volumes[mount.volume].source {
            let tree = try hostMounts.clone(path, check, subPath: mount.subPath, mount.propagation)
            return MountSource(held: Held(tree), isTree: true)
        }
        var source = MountSource(held: roots[mount.volume])
        switch pod.volumes[mount.volume].source {
        case .files, .memory, .hugePages: source.hasNamespaceIDs = pod.userNamespace != nil
        case .emptyDir, .hostPath, .unavailable: break
        }
        if !mount.subPath.isEmpty {
            let owner = source.hasNamespaceIDs ? pod.userNamespace?.start : nil
            source.held = Held(try openSubPath(mount.subPath, in: source.held.descriptor, owner: owner))
        }
        return source
    }
}
