// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import PodPlan

/// The pod's volumes, each held open by its root.
struct PodVolumes {
    private var roots: [Held] = []

    /// What could not be set up, in the kubelet's words.
    struct Failure: Error {
        var message: String
    }

    /// Makes and opens all volumes, or none of them.
    static func setUp(_ plans: [VolumePlan], in directory: PodDirectory) throws(Failure) -> PodVolumes {
        var result = PodVolumes()
        for (index, plan) in plans.enumerated() {
            do throws(VolumeError) {
                result.roots.append(Held(try make(plan, index, directory)))
            } catch {
                throw Failure(message: "MountVolume.SetUp failed for volume \"\(plan.name)\" : \(error)")
            }
        }
        return result
    }

    private static func make(
        _ plan: VolumePlan, _ index: Int, _ directory: PodDirectory
    ) throws(VolumeError) -> OwnedDescriptor {
        if case .hostPath(let path, let check) = plan.source { return try openHostPath(path, check) }
        // Volume names are DNS labels, but that was checked by another process.
        let name = plan.name.utf8.contains(UInt8(ascii: "/")) || plan.name.hasPrefix(".") ? "\(index)" : plan.name
        return try volume("make", "\(directory.path)/volumes/\(name)") { () throws(Errno) in
            try directory.descriptor.makeDirectory("volumes")
            let root: OwnedDescriptor
            if case .memory(let size) = plan.source {
                root = try directory.mountTemporary("volumes/\(name)", sizeBytes: size, mode: 0o777, noExecute: false)
            } else {
                let volumes = try directory.descriptor.open("volumes", O_PATH | O_DIRECTORY)
                try volumes.makeDirectory(name, mode: 0o777)
                root = try volumes.open(name, O_PATH | O_DIRECTORY)
            }
            if let group = plan.groupID { try give(root, to: group) }
            return root
        }
    }

    /// `fsGroup` owns the volume, and what is made in it goes to that group, too.
    private static func give(_ root: borrowing OwnedDescriptor, to group: UInt32) throws(Errno) {
        let number = root.rawValue
        try retrying { fchownat(number, "", 0, group, AT_EMPTY_PATH) }
        // fchmod refuses a descriptor that is only a place; "." of it is the same directory.
        try retrying { fchmodat(number, ".", 0o2777, 0) }
    }

    /// What is mounted for `mount`.
    func source(_ mount: MountPlan) throws(VolumeError) -> Held {
        guard roots.indices.contains(mount.volume) else {
            throw .subPath("volume \(mount.volume)", errno: Errno(ENOENT))
        }
        let root = roots[mount.volume]
        return mount.subPath.isEmpty ? root : Held(try openSubPath(mount.subPath, in: root.descriptor))
    }
}
