// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import PodPlan
import Sandbox

/// The namespaces of the host that the zygote has left, or that its supervisors leave.
struct HostOrigin: Sendable {
    let mounts: HostMounts
    let namespaces: HostNamespaces

    /// Holds those that this process is in.
    init() throws(Errno) {
        mounts = try HostMounts()
        namespaces = try HostNamespaces()
    }
}

/// What the pod has on this host beside its containers: its directory, namespaces and volumes.
final class PodHost {
    let plan: PodPlan
    let hierarchy: CgroupHierarchy
    private let origin: HostOrigin
    private(set) var directory: PodDirectory?
    private var namespaces: PodSandbox?
    /// The one that was made before the pod was known, in this process's namespace.
    private let interfaceAhead: NetworkPlan?
    private var hasInterface: Bool
    private var processes: SharedProcesses?
    /// Earlier ones, whose PID 1 waits for us to reap their containers.
    private var endingProcesses: [SharedProcesses] = []
    private(set) var volumes: PodVolumes?
    private var sharedMemory: Held?
    private var sharedFiles: SharedFiles?
    private var cgroup: PodCgroup?
    /// What the pod's files are to hold by now.
    private var files: [FilePlan]

    private enum PodSandbox {
        /// This process is in them, and its children inherit them.
        case own
        case user(UserSandbox)
    }

    /// A box, for enumerations with several owners cannot hold what cannot be copied.
    private final class UserSandbox {
        let namespace: UserNamespace

        init(_ namespace: consuming UserNamespace) { self.namespace = namespace }
    }

    private final class SharedProcesses {
        let namespace: ProcessNamespace

        init(_ namespace: consuming ProcessNamespace) { self.namespace = namespace }
    }

    /// What could not be made, as the kubelet's event has it.
    struct Failure: Error {
        var reason: String
        var message: String
    }

    init(_ plan: PodPlan, _ hierarchy: CgroupHierarchy, _ origin: HostOrigin, interface: NetworkPlan?) {
        self.plan = plan
        self.origin = origin
        interfaceAhead = interface
        // A user namespace has a network of its own. Where the pod has the host's, nothing is left of ours.
        hasInterface = plan.userNamespace == nil && interface == plan.network
        files = plan.files
        self.hierarchy = hierarchy
    }

    /// Makes what isn't there yet.
    ///
    /// - Parameter now: nanoseconds since the epoch.
    func prepare(now: Int64) throws(Failure) {
        if directory == nil {
            do throws(Errno) {
                directory = try PodDirectory(plan.directory, mounting: mountsOfItsOwn)
            } catch {
                throw failure("cannot make the directory \(plan.directory): \(error)")
            }
        }
        try makeNamespaces()
        try makeInterface()
        try setKernelParameters()
        try shareProcesses()
        try makeVolumes(at: now)
        try makeSharedMemory()
        try makeSharedFiles()
    }

    private func failure(_ message: String) -> Failure {
        Failure(reason: "FailedCreatePodSandBox", message: "Failed to create pod sandbox: \(message)")
    }

    private func makeNamespaces() throws(Failure) {
        guard namespaces == nil else { return }
        do throws(LaunchError) {
            if let range = plan.userNamespace {
                let mapping = UserMapping(hostStart: range.start, count: range.count)
                namespaces = .user(UserSandbox(try UserNamespace.make(mapping: mapping, hostname: plan.hostname)))
            } else {
                try PodNamespaces.enter(hostname: plan.hostname, shared: plan.sharesHost.kinds, host: origin.namespaces)
                namespaces = .own
            }
        } catch {
            throw failure(error.description)
        }
    }

    private func makeInterface() throws(Failure) {
        guard let network = plan.network, !hasInterface else { return }
        do throws(NetlinkError) {
            let host = origin.namespaces.networkDescriptor
            if interfaceAhead != nil { try PodInterface.remove() }
            if case .user(let sandbox) = namespaces {
                try PodInterface.make(network, host: host, pod: sandbox.namespace.networkDescriptor)
            } else {
                try PodInterface.make(network, host: host)
            }
            hasInterface = true
        } catch {
            throw failure("cannot make its network interface \(network.interface): \(error)")
        }
    }

    private func setKernelParameters() throws(Failure) {
        if plan.sysctls.isEmpty { return }
        let parameters = plan.sysctls.map { KernelParameter(path: $0.path, value: $0.value) }
        do throws(LaunchError) {
            if case .user(let sandbox) = namespaces {
                try KernelParameter.set(parameters, in: sandbox.namespace)
            } else {
                try KernelParameter.set(parameters)
            }
        } catch {
            throw failure(error.description)
        }
    }

    private func shareProcesses() throws(Failure) {
        do throws(LaunchError) {
            try makeProcessNamespace()
        } catch {
            throw failure(error.description)
        }
    }

    /// Anew when somebody has ended its PID 1: then no container of the pod is left either.
    private func makeProcessNamespace() throws(LaunchError) {
        guard plan.sharesProcesses, processes?.namespace.isEnding ?? true else { return }
        if let ending = processes { endingProcesses.append(ending) }
        processes = nil
        var joined: [CInt] = []
        if case .user(let sandbox) = namespaces { joined = sandbox.namespace.descriptors }
        processes = SharedProcesses(try ProcessNamespace.make(joining: joined, stagingDirectory: plan.directory))
    }

    private func makeVolumes(at now: Int64) throws(Failure) {
        guard volumes == nil else { return }
        do throws(PodVolumes.Failure) {
            volumes = try PodVolumes.setUp(plan, in: directory!, at: now)
        } catch {
            throw Failure(reason: "FailedMount", message: error.message)
        }
    }

    /// Several containers share one /dev/shm. A container that is alone has its own, which is cheaper.
    private var sharesMemory: Bool { !plan.sharesHost.ipc && plan.initContainers.count + plan.containers.count > 1 }

    /// Something is mounted below the pod's directory.
    private var mountsOfItsOwn: Bool {
        sharesMemory || plan.sharesFiles
            || plan.volumes.contains { volume in
                switch volume.source {
                case .memory, .hugePages, .files: true
                case .emptyDir, .hostPath, .unavailable: false
                }
            }
    }

    private func makeSharedMemory() throws(Failure) {
        guard sharedMemory == nil, sharesMemory || plan.sharesHost.ipc else { return }
        do throws(Errno) {
            if plan.sharesHost.ipc {
                sharedMemory = Held(try OwnedDescriptor.open("/dev/shm", O_PATH | O_DIRECTORY))
                return
            }
            sharedMemory = Held(
                try directory!.mountTemporary(
                    "shm", sizeBytes: plan.sharedMemoryBytes, mode: 0o1777, noExecute: true))
        } catch {
            throw failure("cannot make the shared memory: \(error)")
        }
    }

    private func makeSharedFiles() throws(Failure) {
        guard sharedFiles == nil, plan.sharesFiles else { return }
        do throws(Errno) {
            sharedFiles = try SharedFiles(files, owner: plan.userNamespace?.start, in: directory!)
        } catch {
            throw failure("cannot make the files that its containers share: \(error)")
        }
    }

    /// Gives one of the pod's shared files other contents.
    func replaceFile(_ path: String, with contents: String) throws(Errno) {
        guard plan.sharesFiles, let index = files.firstIndex(where: { $0.path == path }) else { throw Errno(ENOENT) }
        files[index].contents = contents
        try sharedFiles?.replace(path, with: contents)
    }

    /// The volumes that a container mounts, opened; the descriptors must live until it has been launched.
    func sources(_ container: ContainerPlan) throws(VolumeError) -> [MountSource] {
        var result: [MountSource] = []
        for mount in container.mounts { result.append(try volumes!.source(mount, plan, origin.mounts)) }
        return result
    }

    /// Starts a container; returns when its program has been executed.
    func launch(
        _ container: ContainerPlan, sources: [MountSource], streams: ContainerStreams,
        message: TerminationMessageFile?, in cgroup: Cgroup
    ) throws(LaunchError) -> RunningContainer {
        try makeProcessNamespace()
        var spec = container.spec(plan)
        streams.connect(&spec)
        spec.namespaces = [.cgroup]
        if case .user(let sandbox) = namespaces {
            spec.joinedNamespaces = sandbox.namespace.descriptors
            spec.inUserNamespace = true
        }
        if plan.sharesHost.processes { spec.processes = .callers }
        if let processes { spec.processes = .shared(processes.namespace.descriptor) }
        if case .v2 = hierarchy.controllers[.memory] { spec.cgroupMounts = [.unified] }
        if let sharedMemory { spec.sharedMemory = .directory(sharedMemory.descriptor.rawValue) }
        spec.mounts = zip(container.mounts, sources).map { mount, source in
            var bind = mount.bind(source.held.descriptor.rawValue)
            bind.isTree = source.isTree
            // Volumes have the ids that the containers see, in a user namespace as well.
            bind.idMapped = spec.inUserNamespace && !source.hasNamespaceIDs
            return bind
        }
        if let sharedFiles {
            spec.mounts += sharedFiles.binds(for: container)
        }
        if let message {
            spec.mounts.append(BindMount(source: message.file.rawValue, destination: container.terminationMessagePath))
        }
        return try spec.launch(in: cgroup.join)
    }

    /// The roots of its `emptyDir`s on disk, by position; nil for other volumes.
    var storage: [Held?] { volumes?.storage(plan) ?? plan.volumes.map { _ in nil } }

    /// The cgroup around those of its containers, made for the first of them; nil: the pod needs none.
    func podCgroup() throws(CgroupError) -> PodCgroup? {
        guard cgroup == nil, let resources = plan.resources else { return cgroup }
        var limits = CgroupLimits()
        limits.memoryMax = resources.memoryBytes
        limits.cpuMillicores = resources.cpuMillicores
        limits.cpuShares = resources.cpuShares
        limits.hugePages = resources.hugePages.map(HugePageLimit.init)
        cgroup = try hierarchy.makePodCgroup(
            named: "\(plan.uid).pod", limits: limits,
            allDevices: (plan.initContainers + plan.containers).contains(where: \.privileged))
        return cgroup
    }

    /// Removes the cgroup around those of its containers, which are gone.
    func removeCgroup() throws(CgroupError) {
        try cgroup?.remove()
        cgroup = nil
    }

    /// Starts a command in a container that runs, as its user and with its environment.
    ///
    /// - Parameter output: for what it writes, errors included.
    func execute(
        _ command: [String], _ attempt: Attempt, output: CInt
    ) throws(LaunchError) -> ExecutedProcess {
        var spec = attempt.plan.spec(plan)
        spec.arguments = command
        (spec.standardOutput, spec.standardError) = (output, output)
        if case .user = namespaces { spec.inUserNamespace = true }
        return try spec.execute(in: attempt.container, cgroup: attempt.cgroup.join)
    }

    /// Removes all of it. No container may be left.
    func remove() throws(Errno) {
        for ending in endingProcesses { ending.namespace.end() }
        endingProcesses = []
        processes?.namespace.end()
        processes = nil
        sharedMemory = nil
        sharedFiles = nil
        volumes = nil
        do throws(NetlinkError) {
            try PodInterface.close(plan.hostPorts, host: origin.namespaces.networkDescriptor)
        } catch {
            throw error.errno
        }
        try directory?.remove()
        directory = nil
    }
}

extension PodPlan.HostNamespaces {
    /// With the host's network goes its name.
    fileprivate var kinds: Namespaces {
        var kinds: Namespaces = []
        if network { kinds.formUnion([.network, .uts]) }
        if ipc { kinds.insert(.ipc) }
        return kinds
    }
}

extension PodPlan {
    /// A container's processes end with its first one. Otherwise its cgroup has to be killed.
    var endsWithFirstProcess: Bool { !sharesHost.processes && !sharesProcesses }
}
