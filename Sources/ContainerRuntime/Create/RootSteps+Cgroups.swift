// SPDX-License-Identifier: Apache-2.0

import CLaunch
import CLinux
import Linux
import OCI
import Sandbox

/// The host's hierarchies, for a container that wants to see its cgroups.
struct CgroupHierarchies {
    var mounts: [CgroupMount] = []
    /// The container's own cgroup in each, by the mount point of the hierarchy; where it has none, the mount's root.
    var directories: [String: String] = [:]
}

extension RootSteps {
    /// A mount of type `cgroup`: on v2 the container's own cgroup as a root, on v1 a directory for each hierarchy. Where the
    /// container has no cgroup namespace of its own, its cgroups are bound.
    mutating func addCgroups(_ mount: OCI.Mount, _ options: MountOptions) throws(RuntimeError) {
        let place = try MountPlace(mount.destination, type: "cgroup")
        let legacy = cgroups.mounts.filter { $0.version == .v1 && $0.root == "/" }
        if legacy.isEmpty {
            guard let unified = cgroups.mounts.first(where: { $0.version == .v2 }) else {
                throw RuntimeError("mounts: `\(place.path)` is to show cgroups, and the host has none mounted")
            }
            return try addHierarchy(unified, at: place, options)
        }
        let plain = UInt64(MS_NOSUID | MS_NODEV | MS_NOEXEC)
        steps.add(LAUNCH_MOUNT_IN, place.path, "tmpfs", "tmpfs", "mode=755,size=64k", mode: place.allowed, flags: plain)
        for hierarchy in legacy + cgroups.mounts.filter({ $0.version == .v2 && $0.root == "/" }) {
            let name = hierarchy.mountPoint.pathParts.last.map(String.init) ?? ""
            let below = try MountPlace("\(place.path)/\(name)", type: "cgroup")
            try addHierarchy(hierarchy, at: below, options)
            // cpu and cpuacct are one hierarchy on many hosts, and looked for by their own names.
            for controller in hierarchy.controllers
            where hierarchy.controllers.count > 1 && controller != name && !controller.utf8.contains(UInt8(ascii: "="))
            {
                steps.add(LAUNCH_LINK_IN, "\(place.path)/\(controller)", name)
            }
        }
        if options.flags & UInt64(MS_RDONLY) != 0 { steps.add(LAUNCH_READ_ONLY_IN, place.path, mode: 1) }
    }

    private mutating func addHierarchy(
        _ hierarchy: CgroupMount, at place: MountPlace, _ options: MountOptions
    ) throws(RuntimeError) {
        if namespaces.made.contains(.cgroup) {
            let isUnified = hierarchy.version == .v2
            let data = hierarchy.controllers.map { $0.utf8.starts(with: "name=".utf8) ? "none,\($0)" : $0 }
            steps.add(
                LAUNCH_MOUNT_IN, place.path, isUnified ? "cgroup2" : "cgroup", "cgroup",
                isUnified ? nil : data.joined(separator: ","), mode: place.allowed, flags: options.flags)
            return
        }
        let directory = cgroups.directories[hierarchy.mountPoint] ?? hierarchy.mountPoint
        let tree = try MountTree.copy(of: directory, recursive: false)
        try tree.apply(options, userNamespace: -1, place.path)
        addBind(tree, at: place)
    }
}
