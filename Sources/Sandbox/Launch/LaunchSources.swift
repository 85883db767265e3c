// SPDX-License-Identifier: Apache-2.0

import CLinux
package import Linux

/// The descriptors that the parent opens for one launch, closed when the launch is done.
///
/// Sources are cloned as detached mounts and get their attributes here, by descriptor, before the container can see them.
package struct LaunchSources: ~Copyable {
    private(set) var prepared: ContainerSpec.Prepared
    private let proc: OwnedDescriptor
    private var owned: [CInt] = []

    deinit { for descriptor in owned { close(descriptor) } }

    init() throws(LaunchError) {
        let proc = try Self.procDirectory()
        prepared = ContainerSpec.Prepared(proc: proc.rawValue)
        self.proc = proc
    }

    /// Opens everything that `spec` names.
    mutating func open(_ spec: ContainerSpec) throws(LaunchError) {
        guard let top = spec.root.layers.first else {
            throw LaunchError(step: .prepare, object: "root without a layer", errno: Errno(EINVAL))
        }
        try look(atRoot: top)
        if spec.inUserNamespace { try prepareUserNamespace(spec) }
        for mount in spec.mounts {
            try add(
                mount, allowsDevices: spec.privileged,
                userNamespace: spec.inUserNamespace && mount.idMapped ? spec.joinedNamespaces[0] : -1)
        }
        if case .directory(let descriptor) = spec.sharedMemory {
            prepared.sharedMemory = try clone(
                descriptor, "", "/dev/shm", set: UInt64(MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC))
        }
        if spec.privileged {
            prepared.hostDevices = try HostDevices.read()
        } else if spec.maskPaths {
            prepared.thermalPaths = ThermalPaths.ofThisHost
        }
    }

    /// /proc, proved to be one: the child writes its oom_score_adj below it. See CVE-2019-19921.
    package static func procDirectory() throws(LaunchError) -> OwnedDescriptor {
        let directory = try opened("/proc", O_PATH | O_DIRECTORY)
        var status = statfs()
        try attempt(.prepare, "/proc") { () throws(Errno) in
            try retrying { fstatfs(directory.rawValue, &status) }
            if status.f_type != 0x9fa0 { throw Errno(ENODEV) }
        }
        return directory
    }

    private mutating func look(atRoot layer: String) throws(LaunchError) {
        var status = stat()
        try attempt(.openSource, layer) { () throws(Errno) in
            _ = try retrying { stat(layer, &status) }
            if status.st_mode & mode_t(S_IFMT) != mode_t(S_IFDIR) { throw Errno(ENOTDIR) }
        }
        prepared.rootOwner = (status.st_uid, status.st_gid)
        prepared.rootMode = UInt32(status.st_mode & 0o7777)
    }

    private mutating func prepareUserNamespace(_ spec: ContainerSpec) throws(LaunchError) {
        guard let namespace = spec.joinedNamespaces.first else {
            throw LaunchError(step: .prepare, object: "user namespace", errno: Errno(EINVAL))
        }
        for layer in spec.root.layers {
            prepared.layers.append(
                try clone(AT_FDCWD, layer, layer, set: 0, userNamespace: namespace))
        }
        for device in StandardPaths.devices {
            let path = "/dev/\(device.name)"
            var status = stat()
            let tree = try clone(AT_FDCWD, path, path, set: UInt64(MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC))
            try attempt(.prepare, path) { () throws(Errno) in
                _ = try retrying { fstat(tree, &status) }
                let number = UInt64(device.major << 8 | device.minor)
                if status.st_mode & mode_t(S_IFMT) != mode_t(S_IFCHR) || UInt64(status.st_rdev) != number {
                    throw Errno(ENODEV)
                }
            }
            prepared.devices.append(tree)
        }
    }

    private mutating func add(
        _ mount: BindMount, allowsDevices: Bool, userNamespace: CInt
    ) throws(LaunchError) {
        var status = stat()
        try attempt(.openSource, mount.destination) { () throws(Errno) in
            try retrying { fstat(mount.source, &status) }
        }
        let attributes = allowsDevices ? 0 : UInt64(MOUNT_ATTR_NODEV)
        let tree: CInt
        if mount.isTree {
            tree = mount.source
            try set(attributes, mount.propagation.flag, userNamespace, on: tree, recursive: 1, mount.destination)
        } else {
            tree = try clone(
                mount.source, "", mount.destination, set: attributes, propagation: mount.propagation.flag,
                userNamespace: userNamespace)
        }
        if mount.readOnly {
            try attempt(.bind, mount.destination) { () throws(Errno) in
                try retrying {
                    clinux_mount_setattr(tree, mount.recursiveReadOnly ? 1 : 0, UInt64(MOUNT_ATTR_RDONLY), 0, -1)
                }
            }
        }
        prepared.binds.append((tree, status.st_mode & mode_t(S_IFMT) != mode_t(S_IFDIR)))
    }

    /// A detached copy of the mount tree at a place, with these attributes on all of it.
    private mutating func clone(
        _ directory: CInt, _ path: String, _ name: String, set: UInt64, propagation: UInt64 = UInt64(MS_PRIVATE),
        userNamespace: CInt = -1
    ) throws(LaunchError) -> CInt {
        // An id-mapped layer is one file system; of a volume all below comes along.
        let recursive: CInt = path.isEmpty || userNamespace < 0 ? 1 : 0
        let tree = try attempt(.openSource, name) { () throws(Errno) in
            try retrying { clinux_clone_mount(directory, path, recursive) }
        }
        owned.append(tree)
        try self.set(set, propagation, userNamespace, on: tree, recursive: recursive, name)
        return tree
    }

    private func set(
        _ attributes: UInt64, _ propagation: UInt64, _ userNamespace: CInt, on tree: CInt, recursive: CInt,
        _ name: String
    ) throws(LaunchError) {
        let attributes = attributes | (userNamespace < 0 ? 0 : UInt64(MOUNT_ATTR_IDMAP))
        try attempt(.bind, name) { () throws(Errno) in
            try retrying { clinux_mount_setattr(tree, recursive, attributes, propagation, userNamespace) }
        }
    }
}

extension BindMount.Propagation {
    /// See `mount_namespaces(7)`.
    fileprivate var flag: UInt64 {
        switch self {
        case .private: UInt64(MS_PRIVATE)
        case .slave: UInt64(MS_SLAVE)
        case .shared: UInt64(MS_SHARED)
        }
    }
}
