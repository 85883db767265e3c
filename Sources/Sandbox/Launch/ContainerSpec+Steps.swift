// SPDX-License-Identifier: Apache-2.0

import CLaunch
import CLinux

/// What a specification asks for, as steps in the order in which the child takes them.
///
/// Everything that needs power comes before power is given up; the last ones are bounding set, user, capabilities,
/// no_new_privs, descriptors, seccomp, execve.
extension ContainerSpec {
    /// Descriptors that the parent made for this launch; they stay its own.
    struct Prepared {
        /// /proc of the host, checked.
        var proc: CInt
        /// Id-mapped copies of the layers; only in a user namespace.
        var layers: [CInt] = []
        /// Copies of the host's device nodes; only in a user namespace.
        var devices: [CInt] = []
        /// Copies of the bind mounts' sources, with their attributes, and whether each is a file.
        var binds: [(tree: CInt, isFile: Bool)] = []
        var sharedMemory: CInt?
        /// Owner and mode of the image's root.
        var rootOwner: (user: UInt32, group: UInt32) = (0, 0)
        var rootMode: UInt32 = 0o755
        /// What of the host's /dev a privileged container gets.
        var hostDevices: [HostDevices.Entry] = []
        /// Paths of the host's /sys that exist in numbers: the thermal counters of each CPU.
        var thermalPaths: [String] = []
    }

    /// Steps before the container's own namespaces are made; only when it joins others.
    func addOuterSteps(to steps: inout LaunchSteps, join: CgroupJoin, _ prepared: Prepared) {
        addFirstSteps(to: &steps, join: join, prepared)
        for descriptor in joinedNamespaces { steps.add(LAUNCH_JOIN_NAMESPACE, descriptor: descriptor) }
        // It holds for what is cloned from here on, not for the first child itself.
        if case .shared(let descriptor) = processes { steps.add(LAUNCH_JOIN_NAMESPACE, descriptor: descriptor) }
    }

    func addFirstSteps(to steps: inout LaunchSteps, join: CgroupJoin, _ prepared: Prepared) {
        if case .writeTasks(let files) = join { for file in files { steps.add(LAUNCH_JOIN_CGROUP, descriptor: file) } }
        if let oomScoreAdjustment {
            steps.add(LAUNCH_OOM_SCORE, "self/oom_score_adj", String(oomScoreAdjustment), descriptor: prepared.proc)
        }
    }

    func addSteps(to steps: inout LaunchSteps, _ prepared: Prepared) {
        if namespaces.contains(.cgroup) { steps.add(LAUNCH_UNSHARE, flags: UInt64(CLONE_NEWCGROUP)) }
        if namespaces.contains(.uts), let hostname { steps.add(LAUNCH_HOSTNAME, hostname) }
        if namespaces.contains(.network) { steps.add(LAUNCH_LOOPBACK) }
        steps.add(LAUNCH_PRIVATE)
        addRoot(to: &steps, prepared)
        addKernelFileSystems(to: &steps)
        addDevices(to: &steps, prepared)
        // Before anything of the caller's is mounted: the null device is our own node.
        if maskPaths, !privileged { addMasks(to: &steps, prepared) }
        if let terminalSocket {
            steps.add(LAUNCH_TERMINAL, "/dev/console", descriptor: terminalSocket, value: UInt64(user.id))
        }
        for file in root.files { steps.add(LAUNCH_FILE, file.path, file.contents) }
        for (mount, bind) in zip(mounts, prepared.binds) {
            steps.add(LAUNCH_BIND, mount.destination, mode: bind.isFile ? 1 : 0, descriptor: bind.tree)
        }
        steps.add(LAUNCH_PIVOT)
        steps.add(LAUNCH_WORKING_DIRECTORY, workingDirectory.isEmpty ? "/" : workingDirectory)
        if root.readOnly { steps.add(LAUNCH_READ_ONLY_MOUNT, "/") }
        addProcess(to: &steps)
    }

    private func addRoot(to steps: inout LaunchSteps, _ prepared: Prepared) {
        let ids = inUserNamespace ? ",uid=0,gid=0" : ""
        steps.mount(
            "tmpfs", on: root.stagingDirectory, flags: CUnsignedLong(MS_NODEV),
            options: "size=\(root.upperSizeBytes),nr_inodes=\(root.upperInodes),mode=700\(ids)")
        steps.add(LAUNCH_ENTER, root.stagingDirectory)
        if inUserNamespace { steps.add(LAUNCH_ROOT_IDS) }
        for name in ["u", "w", "m", "e"] { steps.add(LAUNCH_DIRECTORY, name, mode: 0o755) }
        let (user, group) = prepared.rootOwner
        if user != 0 || group != 0 || prepared.rootMode != 0o755 {
            steps.add(LAUNCH_OWNER, "u", mode: prepared.rootMode, flags: UInt64(user) << 32 | UInt64(group))
        }
        // Overlay's options are a text of one page, in which `:` and `,` part things. By names of our own any number of
        // layers fits, whatever their paths have in them; and the container's table of mounts tells no path of the host.
        let lower = root.layers.indices.map { "l\($0)" }
        if inUserNamespace {
            for (name, layer) in zip(lower, prepared.layers) {
                steps.add(LAUNCH_DIRECTORY, name, mode: 0o755)
                steps.add(LAUNCH_ATTACH, name, descriptor: layer)
            }
        } else {
            for (name, path) in zip(lower, root.layers) { steps.add(LAUNCH_LINK, name, path) }
        }
        let extended = inUserNamespace ? ",userxattr" : ""
        steps.mount(
            "overlay", on: "m", flags: CUnsignedLong(MS_NODEV),
            options: "lowerdir=\(lower.joined(separator: ":")),upperdir=u,workdir=w\(extended)")
        steps.add(LAUNCH_ENTER, "m")
    }

    private static let nothingSpecial = CUnsignedLong(MS_NOSUID | MS_NODEV | MS_NOEXEC)
    private static let readOnly = CUnsignedLong(MS_RDONLY)

    private func addKernelFileSystems(to steps: inout LaunchSteps) {
        steps.add(LAUNCH_DIRECTORY, "proc", mode: 0o555)
        steps.mount("proc", on: "proc", flags: Self.nothingSpecial)
        steps.add(LAUNCH_DIRECTORY, "sys", mode: 0o555)
        steps.mount("sysfs", on: "sys", flags: Self.nothingSpecial)
        // The mount, not the file system: that one is the network namespace's, and a privileged container may share it.
        if !privileged { steps.add(LAUNCH_READ_ONLY_MOUNT, "sys") }
        addCgroupViews(to: &steps)
    }

    private func addCgroupViews(to steps: inout LaunchSteps) {
        let flags = Self.nothingSpecial | (privileged ? 0 : Self.readOnly)
        if cgroupMounts.contains(.unified) {
            steps.mount("cgroup2", on: "sys/fs/cgroup", flags: flags)
            return
        }
        let legacy = cgroupMounts.compactMap { if case .legacy(let controllers) = $0 { controllers } else { nil } }
        guard !legacy.isEmpty else { return }
        steps.mount("tmpfs", on: "sys/fs/cgroup", flags: Self.nothingSpecial, options: "size=64k,nr_inodes=64,mode=755")
        for controllers in legacy {
            steps.add(LAUNCH_DIRECTORY, "sys/fs/cgroup/\(controllers)", mode: 0o755)
            steps.add(
                LAUNCH_MOUNT, "sys/fs/cgroup/\(controllers)", "cgroup", "cgroup", controllers, flags: UInt64(flags))
        }
        if !privileged { steps.add(LAUNCH_READ_ONLY_MOUNT, "sys/fs/cgroup") }
    }

    private func addDevices(to steps: inout LaunchSteps, _ prepared: Prepared) {
        steps.add(LAUNCH_DIRECTORY, "dev", mode: 0o755)
        steps.mount(
            "tmpfs", on: "dev", flags: CUnsignedLong(MS_NOSUID | MS_NOEXEC),
            options: privileged ? "size=64k,nr_inodes=4096,mode=755" : "size=64k,nr_inodes=64,mode=755")
        if inUserNamespace {
            for (device, tree) in zip(StandardPaths.devices, prepared.devices) {
                steps.add(LAUNCH_BIND, "dev/\(device.name)", mode: 1, descriptor: tree)
            }
        } else if privileged {
            for entry in prepared.hostDevices {
                switch entry {
                case .directory(let path): steps.add(LAUNCH_DIRECTORY, "dev/\(path)", mode: 0o755)
                case .node(let path, let mode, let device):
                    steps.add(LAUNCH_NODE, "dev/\(path)", mode: mode, flags: device)
                }
            }
        } else {
            for device in StandardPaths.devices {
                steps.add(
                    LAUNCH_NODE, "dev/\(device.name)", mode: UInt32(S_IFCHR) | 0o666,
                    flags: UInt64(device.major << 8 | device.minor))
            }
        }
        for (name, target) in StandardPaths.links { steps.add(LAUNCH_LINK, "dev/\(name)", target) }
        for name in ["pts", "shm", "mqueue"] { steps.add(LAUNCH_DIRECTORY, "dev/\(name)", mode: 0o755) }
        steps.mount(
            "devpts", on: "dev/pts", flags: CUnsignedLong(MS_NOSUID | MS_NOEXEC),
            options: "newinstance,ptmxmode=0666,mode=0620,gid=5")
        switch sharedMemory {
        case .fresh(let size):
            steps.mount(
                "tmpfs", on: "dev/shm", flags: Self.nothingSpecial, options: "size=\(size),nr_inodes=65536,mode=1777")
        case .directory:
            steps.add(LAUNCH_BIND, "dev/shm", descriptor: prepared.sharedMemory ?? -1)
        }
        steps.mount("mqueue", on: "dev/mqueue", flags: Self.nothingSpecial)
    }

    private func addMasks(to steps: inout LaunchSteps, _ prepared: Prepared) {
        for path in StandardPaths.maskedFiles { steps.add(LAUNCH_MASK_FILE, path) }
        for path in StandardPaths.maskedDirectories + prepared.thermalPaths { steps.add(LAUNCH_MASK_DIRECTORY, path) }
        for path in StandardPaths.readOnly { steps.add(LAUNCH_READ_ONLY, path) }
    }

    /// From here on power is given up, and the program is executed.
    ///
    /// - Parameter file: the program itself; −1: it is looked up by its name.
    func addProcess(to steps: inout LaunchSteps, file: CInt = -1) {
        for limit in resourceLimits {
            steps.add(
                LAUNCH_LIMIT, limit.resource.name, mode: limit.resource.rawValue, flags: limit.hard, value: limit.soft)
        }
        steps.add(LAUNCH_PROCESS)
        steps.add(LAUNCH_STREAMS)
        steps.add(LAUNCH_BOUNDING, flags: capabilities.rawValue)
        steps.add(LAUNCH_USER, "\(user.id):\(user.groupID)", flags: UInt64(user.groupID), value: UInt64(user.id))
        // SYS_ADMIN lets a filter be loaded without no_new_privs; execve computes the sets anew from the bounding set.
        let loading: CapabilitySet = seccomp != nil && !noNewPrivileges ? .sysAdmin : []
        let held: CapabilitySet = user.id == 0 ? capabilities.union(loading) : loading
        steps.add(LAUNCH_CAPABILITIES, flags: held.rawValue)
        steps.add(LAUNCH_PARENT)
        if noNewPrivileges { steps.add(LAUNCH_NO_NEW_PRIVILEGES) }
        steps.add(LAUNCH_CLOSE, mode: file < 0 ? 0 : 1)
        if seccomp != nil { steps.add(LAUNCH_SECCOMP) }
        steps.add(LAUNCH_EXECUTE, arguments.first ?? "", descriptor: file)
    }
}

extension ResourceLimit.Resource {
    var name: String {
        switch self {
        case .core: "RLIMIT_CORE"
        case .openFiles: "RLIMIT_NOFILE"
        case .addressSpace: "RLIMIT_AS"
        }
    }
}
