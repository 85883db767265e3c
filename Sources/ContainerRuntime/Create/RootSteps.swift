// SPDX-License-Identifier: Apache-2.0

import CLaunch
import CLinux
import Linux
import OCI
import Sandbox

/// What a configuration asks for up to where its process is prepared, as steps for the container's first process: cgroup,
/// namespaces, root, mounts, devices, masks.
///
/// Whatever can be opened, copied and given its attributes beforehand is, here in the runtime; the container gets it by descriptor.
struct RootSteps: ~Copyable {
    let config: ContainerConfig
    /// Absolute.
    let bundle: String
    let namespaces: NamespacePlan
    let held: HeldDescriptors
    var steps = LaunchSteps()
    /// That many of the steps are taken by a first child, which then clones the container.
    private(set) var outer = 0
    var mappedNamespaces: [IDMappings: CInt] = [:]
    /// How the container shows its cgroups, where `mounts` asks for that.
    let cgroups: CgroupHierarchies
    /// /proc of the host, checked.
    let proc: CInt

    init(
        _ config: ContainerConfig, bundle: String, namespaces: NamespacePlan, cgroups: CgroupHierarchies,
        _ held: HeldDescriptors
    ) throws(RuntimeError) {
        self.config = config
        self.bundle = bundle
        self.namespaces = namespaces
        self.cgroups = cgroups
        self.held = held
        do throws(LaunchError) {
            proc = held.hold(try LaunchSources.procDirectory())
        } catch {
            throw RuntimeError("\(error)")
        }
    }

    /// The root, absolute and without links: a mount goes on a directory, not on a link to one.
    static func rootPath(_ config: ContainerConfig, bundle: String) throws(RuntimeError) -> String {
        let path = config.root.path.isAbsolutePath ? config.root.path : "\(bundle)/\(config.root.path)"
        guard let resolved = realpath(path, nil) else {
            throw RuntimeError("root.path: cannot open `\(path)`: \(Errno.current)")
        }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// Everything up to and with pivot_root. Between `Gate.mapped` and `Gate.hooks` the parent does its part.
    mutating func add(tasks: [CInt], gates: Set<Gate>) throws(RuntimeError) {
        try addOuter(tasks)
        if gates.contains(.mapped) { steps.add(LAUNCH_GATE, mode: UInt32(Gate.mapped.rawValue)) }
        // From here on /proc/self/cgroup begins at the container's own.
        if namespaces.made.contains(.cgroup) { steps.add(LAUNCH_UNSHARE, flags: UInt64(CLONE_NEWCGROUP)) }
        addNames()
        if namespaces.made.contains(.network) { steps.add(LAUNCH_LOOPBACK) }
        try addRoot()
        if namespaces.hasUser { steps.add(LAUNCH_ROOT_IDS) }
        try addMounts(config.mounts)
        try addDevices()
        addParameters()
    }

    /// From here on nothing of the host's is at its path.
    mutating func addEnd(gates: Set<Gate>, noPivot: Bool) throws(RuntimeError) {
        if gates.contains(.hooks) { steps.add(LAUNCH_GATE, mode: UInt32(Gate.hooks.rawValue)) }
        for path in config.linux.readonlyPaths { steps.add(LAUNCH_READ_ONLY_IN, MountPlace.cleaned(path)) }
        for path in config.linux.maskedPaths { steps.add(LAUNCH_COVER, MountPlace.cleaned(path)) }
        steps.add(noPivot ? LAUNCH_CHROOT : LAUNCH_PIVOT, mode: 1)
        if let (kind, recursive) = propagation { steps.add(LAUNCH_SETTLE, "/", mode: recursive ? 1 : 0, value: kind) }
    }

    private mutating func addOuter(_ tasks: [CInt]) throws(RuntimeError) {
        for file in tasks { steps.add(LAUNCH_JOIN_CGROUP, descriptor: file) }
        let makesTime = namespaces.made.contains(.time)
        guard !namespaces.joined.isEmpty || makesTime else {
            return
        }
        for namespace in namespaces.joined {
            steps.add(
                LAUNCH_JOIN_NAMESPACE, namespace.kind.rawValue, descriptor: namespace.descriptor,
                flags: UInt64(UInt32(bitPattern: namespace.kind.cloneFlag)))
        }
        if makesTime { addTime() }
        outer = steps.ops.count
    }

    /// The clocks of a time namespace are set before its first process. See time_namespaces(7).
    private mutating func addTime() {
        steps.add(LAUNCH_UNSHARE, flags: 0x80)
        let offsets = config.linux.timeOffsets
        guard !offsets.isEmpty else { return }
        let text = offsets.map { "\($0.key.rawValue) \($0.value.secs) \($0.value.nanosecs)\n" }.joined()
        steps.add(LAUNCH_WRITE, "self/timens_offsets", text, descriptor: proc)
    }

    private mutating func addNames() {
        if let name = config.hostname, !name.isEmpty, namespaces.isOwn(.uts) { steps.add(LAUNCH_HOSTNAME, name) }
        if let name = config.domainname, !name.isEmpty { steps.add(LAUNCH_DOMAINNAME, name) }
    }

    private mutating func addRoot() throws(RuntimeError) {
        let path = try Self.rootPath(config, bundle: bundle)
        let tree = try MountTree.copy(of: path, recursive: true)
        guard tree.isDirectory else { throw RuntimeError("root.path: `\(path)` is not a directory") }
        // What is mounted in here later stays in here, and so does the end of what was here; what the host mounts below a
        // slave's source comes in. The root becomes what it is to be when it is the root: pivot_root(2) takes none whose
        // parent is shared.
        steps.add(LAUNCH_PROPAGATION, "/", flags: UInt64(MS_SLAVE | MS_REC))
        steps.add(LAUNCH_BECOME_ROOT_DIR, path, descriptor: held.hold(tree.descriptor))
    }

    private var propagation: (kind: UInt64, recursive: Bool)? {
        config.linux.rootfsPropagation.flatMap { MountOptions.propagation(named: $0.rawValue) }
    }

    /// `linux.sysctl`, through the host's proc: which namespace a parameter belongs to the kernel sees by who opens it.
    private mutating func addParameters() {
        for (name, value) in config.linux.sysctl.sorted(by: { $0.key < $1.key }) {
            steps.add(LAUNCH_WRITE, "sys/" + KernelParameterName.path(name), value, descriptor: proc)
        }
    }
}

/// Where the container's first process waits for its parent.
enum Gate: UInt8 {
    /// In its namespaces: ids are mapped now, and the cgroup admits it.
    case mapped = 1
    /// The root is made and not yet entered: prestart, createRuntime and createContainer hooks run now.
    case hooks = 2
    /// All is done but the start.
    case ready = 3
}
