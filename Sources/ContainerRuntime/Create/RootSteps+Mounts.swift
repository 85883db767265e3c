// SPDX-License-Identifier: Apache-2.0

import CLaunch
import CLinux
import Linux
import OCI
import Sandbox

extension RootSteps {
    /// `mounts`, in their order.
    mutating func addMounts(_ mounts: [OCI.Mount]) throws(RuntimeError) {
        for mount in mounts { try add(mount) }
    }

    private mutating func add(_ mount: OCI.Mount) throws(RuntimeError) {
        let options = MountOptions(mount.options)
        if options.isBind || mount.type == "bind" { return try addBind(mount, options) }
        let type = mount.type.isEmpty ? "none" : mount.type
        if type == "cgroup" || type == "cgroup2" { return try addCgroups(mount, options) }
        if type == "sysfs", sysfsIsDenied {
            // A network namespace of others' shows its sysfs to nobody in a user namespace: the host's view is the same one.
            var bind = mount
            (bind.type, bind.source) = ("bind", "/sys")
            return try addBind(bind, options, recursive: true)
        }
        let place = try MountPlace(mount.destination, type: type)
        if options.copiesUp, type == "tmpfs" { return try addFilledTmpfs(place, options) }
        steps.add(
            LAUNCH_MOUNT_IN, place.path, type, mount.source ?? type,
            options.data.isEmpty ? nil : options.data.joined(separator: ","), mode: place.allowed,
            flags: options.flags, value: options.propagation)
    }

    private mutating func addBind(
        _ mount: OCI.Mount, _ options: MountOptions, recursive: Bool = false
    ) throws(RuntimeError) {
        guard let source = mount.source, !source.isEmpty else {
            throw RuntimeError("mounts: the bind mount on `\(mount.destination)` has no source")
        }
        let place = try MountPlace(mount.destination, type: nil)
        let path = source.isAbsolutePath ? source : "\(bundle)/\(source)"
        let namespace = try mappedNamespace(for: mount, options)
        let staysShared = options.propagation == UInt64(MS_SHARED)
        // Who is in a user namespace may not get to the source, nor map anybody's files; and in the container's mount
        // namespace nothing is shared with the host any more.
        guard namespaces.hasUser || namespace >= 0 || staysShared else {
            return try addBind(from: path, recursive: recursive || options.isRecursiveBind, options, at: place)
        }
        let tree = try MountTree.copy(
            of: path, recursive: recursive || options.isRecursiveBind, staysShared: staysShared)
        try tree.apply(options, userNamespace: namespace, place.path)
        addBind(tree, at: place)
    }

    /// One that is copied when those before it have been mounted.
    private mutating func addBind(
        from source: String, recursive: Bool, _ options: MountOptions, at place: MountPlace
    ) throws(RuntimeError) {
        var status = stat()
        try failing("cannot mount `\(source)`") { () throws(Errno) in try retrying { stat(source, &status) } }
        let isFile = CInt(status.st_mode) & S_IFMT == S_IFDIR ? 0 : UInt32(PLACE_FILE.rawValue)
        let bind = launch_bind(
            source: nil, recursive_set: options.recursiveSet, recursive_clear: options.recursiveClear, set: options.set,
            clear: options.clear, propagation: options.propagation, recursive: recursive ? 1 : 0,
            propagates_recursively: options.propagatesRecursively ? 1 : 0)
        steps.add(bind: bind, from: source, to: place.path, mode: place.allowed | isFile)
    }

    /// A copy of a mount, where it is to be seen.
    mutating func addBind(_ tree: consuming MountTree, at place: MountPlace) {
        let isFile = tree.isDirectory ? 0 : UInt32(PLACE_FILE.rawValue)
        steps.add(LAUNCH_BIND_IN, place.path, mode: place.allowed | isFile, descriptor: held.hold(tree.descriptor))
    }

    /// The user namespace that maps the owners of an id-mapped mount; −1: it isn't one.
    private mutating func mappedNamespace(
        for mount: OCI.Mount, _ options: MountOptions
    ) throws(RuntimeError) -> CInt {
        let (users, groups) = (mount.uidMappings, mount.gidMappings)
        guard options.isIDMapped || !users.isEmpty || !groups.isEmpty else { return -1 }
        let mapping = IDMappings(
            users: users.isEmpty ? config.linux.uidMappings : users,
            groups: groups.isEmpty ? config.linux.gidMappings : groups)
        guard !mapping.users.isEmpty, !mapping.groups.isEmpty else {
            throw RuntimeError(
                "mounts: `\(mount.destination)` is to be id-mapped, and there is no mapping: neither its own nor linux.uidMappings"
            )
        }
        if let made = mappedNamespaces[mapping] { return made }
        let descriptor = held.hold(try mapping.namespace())
        mappedNamespaces[mapping] = descriptor
        return descriptor
    }

    /// sysfs belongs to a network namespace, and may be mounted only by who has power over that.
    private var sysfsIsDenied: Bool { namespaces.hasUser && !namespaces.made.contains(.network) }
}
