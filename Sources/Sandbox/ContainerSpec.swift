// SPDX-License-Identifier: Apache-2.0

/// One container, as the low-level runtime sees it. Maps one to one to the OCI runtime specification's `config.json`.
///
/// Descriptors in it are borrowed: they stay the caller's, who keeps them open until `launch` returns.
public struct ContainerSpec: Sendable {
    // process
    /// `process.args`; `arguments[0]` without a slash is looked up in the container's `PATH`.
    public var arguments: [String] = []
    /// `process.env`, `NAME=value`; nothing of the caller's environment is added.
    public var environment: [String] = []
    /// `process.cwd`; made when it isn't there, as the field's runtimes do.
    public var workingDirectory = "/"
    public var user = ContainerUser()
    /// Bounding set; also permitted and effective when `user.id` is 0. Inheritable and ambient are always empty.
    public var capabilities = CapabilitySet.standard
    /// `process.noNewPrivileges`.
    public var noNewPrivileges = false
    /// A compiled filter: BPF bytes, 8 a instruction (module `Seccomp` makes them). nil: no filter.
    public var seccomp: [UInt8]?
    /// `process.oomScoreAdj`, −1000…1000. Lowering may need a capability the host lacks: then the launch fails.
    public var oomScoreAdjustment: Int32?
    public var resourceLimits: [ResourceLimit] = [
        .init(resource: .openFiles, soft: 1024, hard: 1_048_576), .init(resource: .core, soft: 0, hard: 0),
    ]
    public var standardInput: CInt?
    public var standardOutput: CInt = 1
    public var standardError: CInt = 2

    /// `process.terminal`: a socket to which the controlling end of a new terminal is sent, with one byte. The three
    /// standard streams are then that terminal, which is the session's own and /dev/console; those above mean nothing.
    public var terminalSocket: CInt?

    // linux.namespaces
    /// The ones made for this container; the others are the caller's own. `mount` is always new.
    public var namespaces: Namespaces = [.ipc, .uts, .network, .cgroup]
    /// The processes it sees.
    public var processes: Processes = .own
    /// Namespaces to join before the container's own are made: those of `PodNamespaces`, the user namespace first. The
    /// container's new ones then belong to that user namespace.
    public var joinedNamespaces: [CInt] = []
    /// True: `joinedNamespaces` begins with a user namespace, and the container's user 0 is the one it maps. Layers are
    /// id-mapped, devices are binds of the host's.
    public var inUserNamespace = false
    /// `hostname`; set when `namespaces` has `uts`.
    public var hostname: String?

    // root and mounts
    public var root = RootFilesystem()
    /// Volumes, beside the standard mounts (/proc, /sys, /dev, /dev/pts, /dev/shm, /dev/mqueue, cgroup).
    public var mounts: [BindMount] = []
    /// The hierarchies to show read-only below /sys/fs/cgroup, each as the container's own cgroup namespace has it.
    public var cgroupMounts: [CgroupView] = []
    /// Size of a fresh /dev/shm, or the descriptor of a directory to bind there (one for all containers of a pod).
    public var sharedMemory: SharedMemory = .fresh(sizeBytes: 64 << 20)
    /// `linux.maskedPaths` and `linux.readonlyPaths`: the standard lists, or none.
    public var maskPaths = true
    /// No masks, all of the host's devices, /sys writable. `privileged: true`.
    public var privileged = false

    public init() {}
}

/// `process.user`.
public struct ContainerUser: Hashable, Sendable {
    public var id: UInt32 = 0
    public var groupID: UInt32 = 0
    public var additionalGroupIDs: [UInt32] = []

    public init(id: UInt32 = 0, groupID: UInt32 = 0, additionalGroupIDs: [UInt32] = []) {
        self.id = id
        self.groupID = groupID
        self.additionalGroupIDs = additionalGroupIDs
    }
}

/// Namespaces to be made anew. See `namespaces(7)`.
public struct Namespaces: OptionSet, Hashable, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    public static let network = Namespaces(rawValue: 1)
    public static let ipc = Namespaces(rawValue: 2)
    public static let uts = Namespaces(rawValue: 4)
    public static let cgroup = Namespaces(rawValue: 8)
}

/// `linux.namespaces` of type `pid`.
public enum Processes: Hashable, Sendable {
    /// A namespace of its own: its first process is PID 1, with which all others end.
    case own
    /// The caller's. When its first process ends the others live on: whoever ends the container kills its cgroup.
    case callers
    /// That of a `ProcessNamespace`. As with the caller's, its cgroup must be killed.
    case shared(CInt)
}

/// One entry of `process.rlimits`. See `getrlimit(2)`. A hard limit above ours is lowered to ours.
public struct ResourceLimit: Hashable, Sendable {
    public enum Resource: UInt32, Hashable, Sendable { case core = 4, openFiles = 7, addressSpace = 9 }

    public var resource: Resource
    public var soft: UInt64
    public var hard: UInt64

    public init(resource: Resource, soft: UInt64, hard: UInt64) {
        self.resource = resource
        self.soft = soft
        self.hard = hard
    }
}

/// `root`: an overlay over the image's layers, with an upper layer on a tmpfs that goes with the container.
public struct RootFilesystem: Hashable, Sendable {
    /// Directories on the host, the lowest layer last.
    public var layers: [String] = []
    /// Size of the upper layer's tmpfs in bytes.
    public var upperSizeBytes: Int64 = 1 << 30
    public var upperInodes: Int64 = 1 << 20
    public var readOnly = false
    /// An empty directory of ours on the host to mount on, inside the container's own mount namespace.
    public var stagingDirectory = ""
    /// Files written into the root before it is given away: path inside → contents (`/etc/hosts`, `/etc/hostname`).
    public var files: [RootFile] = []

    public init() {}
}

public struct RootFile: Hashable, Sendable {
    public var path: String
    public var contents: String

    public init(path: String, contents: String) {
        self.path = path
        self.contents = contents
    }
}

/// A bind mount of something that the caller holds open.
public struct BindMount: Hashable, Sendable {
    public enum Propagation: UInt8, Hashable, Sendable { case `private`, slave, shared }

    /// An `O_PATH` descriptor of a directory or file of the host.
    public var source: CInt
    /// `source` is a detached mount of its own, see `open_tree(2)`: it is attached as it is, and good for one launch.
    public var isTree = false
    /// Absolute path in the container; missing parts are made. Never the root, /dev, /proc, /sys or what is in the last
    /// two, by a link of the image neither. Those further down come after those above.
    public var destination: String
    public var readOnly = false
    public var recursiveReadOnly = false
    public var propagation: Propagation = .private
    /// In a user namespace: the source's files of user 0 are those of the container's user 0, and so on for every id.
    /// Otherwise its owners keep their ids on the host, which the container mostly sees as nobody.
    public var idMapped = false

    public init(source: CInt, destination: String) {
        self.source = source
        self.destination = destination
    }
}

public enum SharedMemory: Hashable, Sendable {
    case fresh(sizeBytes: Int64)
    case directory(CInt)
}

/// A cgroup hierarchy as a container sees it.
public enum CgroupView: Hashable, Sendable {
    /// cgroup v2 on /sys/fs/cgroup itself.
    case unified
    /// A v1 hierarchy: its controllers as in `/proc/mounts` ("cpu,cpuacct"), on a directory of that name.
    case legacy(controllers: String)
}
