// SPDX-License-Identifier: Apache-2.0

import Linux

/// What a sweep did.
public struct CgroupSweep: Hashable, Sendable {
    /// Names that are gone from every hierarchy.
    public var removed: [String] = []
    /// What stayed, and why.
    public var errors: [CgroupError] = []
}

extension CgroupHierarchy {
    /// Kills and removes the containers' cgroups whose names `remove` accepts, in every mounted hierarchy, also in
    /// those that this version doesn't use.
    ///
    /// - Parameter remove: asked once for each name found.
    /// - Throws: when a hierarchy cannot be listed. A cgroup that cannot be removed doesn't stop the others.
    public func sweep(remove: (String) -> Bool) throws(CgroupError) -> CgroupSweep {
        var found: [String: [CgroupDirectory]] = [:]
        for parent in try parents() {
            for name in try parent.directory.children() where !parent.reserved.contains(name) {
                found[name, default: []].append(parent.directory)
            }
        }
        var result = CgroupSweep()
        for (name, places) in found.sorted(by: { $0.key < $1.key }) where remove(name) {
            do throws(CgroupError) {
                for place in places { try place.killAll(in: name) }
                for place in places { try place.remove(name) }
                result.removed.append(name)
            } catch {
                result.errors.append(error)
            }
        }
        return result
    }

    /// Removes the base cgroup itself from every hierarchy: for whoever takes Berth off the host, while none runs.
    ///
    /// - Throws: `notEmpty` when processes are below it.
    public func removeBase() throws(CgroupError) {
        for mount in controllers.mounts where !mount.readOnly {
            try CgroupDirectory.ifPresent(path: mount.mountPoint)?.remove(base)
        }
    }

    /// Where containers' cgroups can be, with the names there that are ours and no container's.
    private func parents() throws(CgroupError) -> [(directory: CgroupDirectory, reserved: Set<String>)] {
        var result: [(directory: CgroupDirectory, reserved: Set<String>)] = []
        for mount in controllers.mounts where !mount.readOnly {
            guard let own = try CgroupDirectory.ifPresent(path: mount.mountPoint)?.childIfPresent(base) else {
                continue
            }
            guard mount.version == .v2 || mount.controllers.contains("devices") else {
                result.append((own, []))
                continue
            }
            result.append((own, ["restricted", "privileged"]))
            for name in ["restricted", "privileged"] {
                if let below = try own.childIfPresent(name) { result.append((below, [])) }
            }
        }
        return result
    }
}
