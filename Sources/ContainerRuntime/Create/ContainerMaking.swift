// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import OCI
import Sandbox

/// A container while it is being made: what there is of it already, so that all of it goes when a step fails.
final class ContainerMaking {
    private let request: CreationRequest
    private let root: StateRoot
    private let warn: (String) -> Void
    private let config: ContainerConfig
    private let directory: StateDirectory
    private var record: ContainerRecord
    private var cgroup: RuntimeCgroup?
    private var process: HeldProcess?
    private let held = HeldDescriptors()
    /// The container's end of a socket to ourselves.
    private var terminal: CInt?

    /// Reads the bundle and takes the ID.
    init(_ request: CreationRequest, root: StateRoot, warn: @escaping (String) -> Void) throws(RuntimeError) {
        self.request = request
        self.root = root
        self.warn = warn
        let bundle = try Self.absolutePath(request.bundle)
        let path = request.configuration ?? "\(bundle)/config.json"
        let text = try failing("cannot read \(path)") { () throws(Errno) in
            try OwnedDescriptor.open(path, O_RDONLY).readAll(limit: JSONValue.sizeLimit)
        }
        do throws(JSONError) {
            config = try ContainerConfig(json: text)
        } catch {
            throw RuntimeError("\(path): \(error)")
        }
        record = ContainerRecord(
            id: request.id, bundle: bundle, rootfs: try RootSteps.rootPath(config, bundle: bundle),
            created: timestamp(),
            owner: Origin.owner, annotations: config.annotations,
            hasOwnProcesses: config.linux.namespace(.pid).map { $0.path == nil } ?? false)
        directory = try root.make(request.id)
        do throws(RuntimeError) {
            try directory.keep(config: text)
        } catch {
            undo()
            throw error
        }
    }

    private static func absolutePath(_ path: String) throws(RuntimeError) -> String {
        guard let resolved = realpath(path, nil) else {
            throw RuntimeError("cannot open the bundle `\(path)`: \(Errno.current)")
        }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// The caller will carry what the container's terminal says to its own.
    ///
    /// - Returns: our end of the socket over which the terminal comes; nil when it has none, or goes elsewhere.
    func ownTerminal() throws(RuntimeError) -> CInt? {
        guard config.process?.terminal == true, request.consoleSocket == nil else { return nil }
        let sockets = try ForegroundRelay.sockets(held)
        terminal = sockets.theirs
        return sockets.ours
    }

    /// Makes the cgroup and clones the first process.
    ///
    /// - Parameter waits: for its start.
    func start(waits: Bool) throws(RuntimeError) -> GatedLaunch {
        var options = LaunchOptions()
        options.noPivot = request.noPivot
        options.joinsNewKeyring = request.joinsNewKeyring
        let preserved = try PreservedDescriptors(asked: request.preservedDescriptors)
        options.preservedDescriptors = preserved.count
        options.variables = preserved.variables
        options.consoleSocket = terminal
        options.isTerminalRelayed = terminal != nil
        if let path = request.consoleSocket { options.consoleSocket = held.hold(try ConsoleSocket.connect(to: path)) }
        let connections = HeldDescriptors()
        var state = record.state(.created)
        state.pid = MarkedState.unknownPID
        if let filter = try SeccompFilter.make(config.linux.seccomp, capabilities: bounding, warn: warn) {
            options.filter = try filter.settings(state: state, connections)
        }
        options.startHooks = config.hooks.startContainer.map { HookRun($0, state: MarkedState.text(state.json)) }
        var launch = try ContainerLaunch(config, bundle: record.bundle, options: options, warn: warn)
        let cgroup = try RuntimeCgroup.make(
            id: request.id, path: config.linux.cgroupsPath, manager: request.cgroupManager,
            resources: config.linux.resources, warn: warn
        ) { place throws(RuntimeError) in
            record.cgroup = place.json
            try directory.save(record)
        }
        self.cgroup = cgroup
        launch.options.cgroup = try cgroup.join()
        if config.mounts.contains(where: { $0.type == "cgroup" || $0.type == "cgroup2" }) {
            launch.options.cgroups = try cgroup.hierarchies()
        }
        if waits { launch.options.startSocket = held.hold(try StartSocket.make(in: directory.directory)) }
        let started = try launch.start()
        connections.closeAll()
        process = HeldProcess(
            try failing("cannot duplicate a descriptor") { () throws(Errno) in try started.process.duplicate() })
        record.process = try ProcessIdentity.current(started.process.pid)
        try directory.save(record)
        return started
    }

    /// Goes with the process from gate to gate, to its start or to its program.
    ///
    /// - Returns: whether it waits for its start; else its program runs, or it was killed.
    @discardableResult
    func accompany(_ launch: borrowing GatedLaunch) throws(RuntimeError) -> Bool {
        let pid = launch.process.pid
        var isReady = false
        while !isReady, let number = try Self.next(launch) {
            switch Gate(rawValue: number) {
            case .mapped:
                if config.linux.namespace(.user).map({ $0.path == nil }) ?? false { try mappings.write(of: pid) }
            case .hooks: try runEarlyHooks(launch)
            case .ready, nil: isReady = true
            }
            try Self.pass(launch)
        }
        try cgroup?.settle()
        if let path = request.pidFile { try PIDFile.write(pid, to: path) }
        if let path = request.pidfdSocket { try PidFDSocket.send(launch.process, to: path) }
        return isReady
    }

    private var mappings: IDMappings { IDMappings(users: config.linux.uidMappings, groups: config.linux.gidMappings) }

    private static func next(_ launch: borrowing GatedLaunch) throws(RuntimeError) -> UInt8? {
        do throws(LaunchError) { return try launch.next() } catch { throw RuntimeError(error) }
    }

    private static func pass(_ launch: borrowing GatedLaunch) throws(RuntimeError) {
        do throws(LaunchError) { try launch.pass() } catch { throw RuntimeError(error) }
    }

    /// Those that come when the root is made and not yet entered.
    private func runEarlyHooks(_ launch: borrowing GatedLaunch) throws(RuntimeError) {
        let hooks = config.hooks
        // The runtime environment is there, and the program is not executed: lifecycle step 2 is behind us.
        var state = record.state(.created)
        var text = Array(state.json.text().utf8)
        try runHooks(hooks.prestart, .prestart, state: text, in: .runtime)
        try runHooks(hooks.createRuntime, .createRuntime, state: text, in: .runtime)
        if hooks.createContainer.isEmpty { return }
        // What runs in the container's namespaces is told the pid that the process has there.
        state.pid = try ProcessIdentity.innermostPID(of: launch.process.pid)
        text = Array(state.json.text().utf8)
        try runHooks(
            hooks.createContainer, .createContainer, state: text,
            in: .container(launch.process.descriptor.rawValue, namespaces: joinable()))
    }

    /// The namespaces that the container doesn't share with us; its cgroup namespace isn't entered.
    private func joinable() -> CInt {
        config.linux.namespaces.reduce(0) { $1.type == .cgroup || $1.type == .time ? $0 : $0 | $1.type.cloneFlag }
    }

    /// The container's bounding set: some rules of a filter depend on it.
    private var bounding: UInt64 {
        (config.process?.capabilities?.bounding ?? []).reduce(0) { sum, name in
            let short = name.utf8.starts(with: "CAP_".utf8) ? String(name.dropFirst(4)) : name
            return sum | (CapabilitySet(named: short)?.rawValue ?? 0)
        }
    }

    /// The program runs.
    func poststart() throws(RuntimeError) {
        let state = Array(record.state(.running).json.text().utf8)
        try runHooks(config.hooks.poststart, .poststart, state: state, in: .runtime)
    }

    /// Others may look for it, end it and delete it from now on.
    func unlock() { directory.unlock() }

    /// The container has ended and was waited for: it goes, unless somebody else has deleted it meanwhile.
    func remove() throws(RuntimeError) {
        guard try directory.lockAgain() else { return }
        try ContainerRemoval(root: root, warn: warn).remove(directory, cgroup, record, config: config)
    }

    /// Everything goes that was made. What can't be removed is told, and stays in the record for `delete`.
    func undo() {
        do throws(RuntimeError) {
            process?.end()
            try cgroup?.remove()
            let state = Array(record.state(.stopped).json.text().utf8)
            warnOfHooks(config.hooks.poststop, .poststop, state: state, warn: warn)
            try root.remove(directory)
        } catch {
            warn("what was made of container `\(request.id)` is not all removed, `delete --force` it: \(error)")
        }
    }
}

/// A box: an optional property of a class can't hold what can't be copied.
private final class HeldProcess {
    private let process: PidFD

    init(_ process: consuming PidFD) { self.process = process }

    func end() {
        do throws(Errno) { try process.send(signal: SIGKILL) } catch {}  // it has ended: as wanted
        process.awaitEnd()
    }
}
