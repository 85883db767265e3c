// SPDX-License-Identifier: Apache-2.0

import CLaunch
import CLinux
import Linux
import OCI
import Sandbox

/// How a container is to be launched, beside what its configuration says.
struct LaunchOptions {
    var filter = FilterSettings()
    var startHooks: [HookRun] = []
    var noPivot = false
    var joinsNewKeyring = true
    /// Descriptors from 3 on that the program keeps.
    var preservedDescriptors = 0
    /// Further variables.
    var variables: [String] = []
    /// Where the terminal's controlling end goes: a connected socket.
    var consoleSocket: CInt?
    /// That end comes back to this process, which stands between it and the caller's own terminal.
    var isTerminalRelayed = false
    /// A listening socket: the container waits there to be started. nil: it goes on at once.
    var startSocket: CInt?
    /// How it gets into its cgroups: a directory of v2 (−1: none) to be cloned into, and v1 `tasks` files.
    var cgroup: (directory: CInt, tasks: [CInt]) = (-1, [])
    var cgroups = CgroupHierarchies()
}

/// A configuration on its way to being a process.
struct ContainerLaunch {
    let config: ContainerConfig
    let bundle: String
    let namespaces: NamespacePlan
    private let held: HeldDescriptors
    private let process: ProcessSettings
    var options: LaunchOptions

    /// Checks what can be checked before anything is made.
    ///
    /// - Parameter bundle: absolute.
    init(
        _ config: ContainerConfig, bundle: String, options: LaunchOptions, warn: (String) -> Void
    ) throws(RuntimeError) {
        self.config = config
        self.bundle = bundle
        self.options = options
        held = HeldDescriptors()
        namespaces = try NamespacePlan(config.linux.namespaces, held)
        guard let process = config.process else { throw RuntimeError("process: is required") }
        var settings = try ProcessSettings(process, personality: config.linux.personality, warn: warn)
        settings.filter = options.filter
        settings.startHooks = options.startHooks
        settings.joinsNewKeyring = options.joinsNewKeyring
        settings.preservedDescriptors = options.preservedDescriptors
        settings.environment += options.variables
        if let socket = options.consoleSocket {
            settings.terminal = ProcessSettings.Terminal(
                socket: socket, size: process.consoleSize, isOwn: options.isTerminalRelayed)
        }
        self.process = settings
        try Self.check(config, namespaces, options, warn)
    }

    private static func check(
        _ config: ContainerConfig, _ namespaces: NamespacePlan, _ options: LaunchOptions, _ warn: (String) -> Void
    ) throws(RuntimeError) {
        try KernelParameterName.check(config.linux.sysctl.keys.sorted(), namespaces)
        let hasTerminal = config.process?.terminal ?? false
        if hasTerminal, options.consoleSocket == nil {
            throw RuntimeError("process.terminal: a terminal needs --console-socket to hand it to")
        }
        if !hasTerminal, options.consoleSocket != nil {
            throw RuntimeError("--console-socket: process.terminal is false")
        }
        if namespaces.made.contains(.user), config.linux.uidMappings.isEmpty || config.linux.gidMappings.isEmpty {
            throw RuntimeError("linux.uidMappings and linux.gidMappings: a new user namespace needs both")
        }
        if config.linux.mountLabel != nil {
            // Without SELinux nothing looks at a file's label.
            if access("/sys/fs/selinux", F_OK) == 0 { throw RuntimeError("linux.mountLabel: is not supported") }
            warn("linux.mountLabel: this kernel has no SELinux: left out")
        }
        if config.linux.intelRdt != nil { throw RuntimeError("linux.intelRdt: is not supported") }
        if !config.linux.netDevices.isEmpty { throw RuntimeError("linux.netDevices: is not supported") }
    }

    /// The gates that the process will wait at.
    private var gates: Set<Gate> {
        var gates: Set<Gate> = []
        if namespaces.made.contains(.user) { gates.insert(.mapped) }
        let hooks = config.hooks
        if !hooks.prestart.isEmpty || !hooks.createRuntime.isEmpty || !hooks.createContainer.isEmpty {
            gates.insert(.hooks)
        }
        return gates
    }

    /// Clones the container's first process, which goes to its first gate.
    func start() throws(RuntimeError) -> GatedLaunch {
        var root = try RootSteps(config, bundle: bundle, namespaces: namespaces, cgroups: options.cgroups, held)
        process.addFirstSteps(to: &root.steps, proc: root.proc)
        try root.add(tasks: options.cgroup.tasks, gates: gates)
        process.addTerminal(to: &root.steps, asConsole: true)
        try root.addEnd(gates: gates, noPivot: options.noPivot)
        process.addSteps(
            to: &root.steps, proc: root.proc, isRootReadOnly: config.root.readonly, makesWorkingDirectory: true)
        if let socket = options.startSocket {
            root.steps.add(LAUNCH_KEEP)
            root.steps.add(LAUNCH_READY, mode: UInt32(Gate.ready.rawValue))
            root.steps.add(LAUNCH_AWAIT_START, descriptor: socket)
        }
        process.addLastSteps(to: &root.steps)
        let preserved = (0..<options.preservedDescriptors).map { CInt(3 + $0) }
        let sockets = [options.startSocket, options.filter.listener?.socket].compactMap { $0 }
        do throws(LaunchError) {
            return try GatedLaunch.start(
                root.steps, outer: root.outer, namespaces: namespaces.cloneFlags, cgroup: options.cgroup.directory,
                kept: preserved + sockets, process.texts)
        } catch {
            throw RuntimeError(error)
        }
    }

    var mappings: IDMappings { IDMappings(users: config.linux.uidMappings, groups: config.linux.gidMappings) }
}
