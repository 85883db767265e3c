// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import OCI
import Sandbox

/// `exec`: one more process in a container.
struct ContainerExec {
    let options: ExecOptions
    let root: StateRoot
    let warn: (String) -> Void
    private let held = HeldDescriptors()

    init(_ options: ExecOptions, root: StateRoot, warn: @escaping (String) -> Void) {
        self.options = options
        self.root = root
        self.warn = warn
    }

    /// - Returns: the exit status of the runtime: the process's own, or 0 when it was left to itself.
    func run() throws(RuntimeError) -> CInt {
        let preserved = try PreservedDescriptors(asked: options.preservedDescriptors)
        let directory = try root.container(options.id)
        let record = try directory.knownRecord()
        let container = try firstProcess(directory, record)
        let config = try directory.config()
        let process = try options.process(in: config)
        var settings = try ProcessSettings(process, personality: config.linux.personality, warn: warn)
        let filter = try SeccompFilter.make(
            config.linux.seccomp, capabilities: settings.capabilities.bounding.rawValue, warn: warn)
        let connections = HeldDescriptors()
        if let filter { settings.filter = try filter.settings(state: record.state(.running), connections) }
        settings.preservedDescriptors = preserved.count
        settings.environment += preserved.variables
        if let cpus = process.execCPUAffinity?.finally {
            settings.affinity = try CPUList.mask(cpus, "process.execCPUAffinity.final")
        }
        let console = try self.console(process, &settings)
        let launch = try self.launch(settings, process, record, container)
        connections.closeAll()
        guard !options.isDetached else {
            try begin(launch)
            return 0
        }
        let relay = try ForegroundRelay(terminal: console)
        try begin(launch)
        return try relay.run(launch)
    }

    /// The container's first process, held so that its number stays its own.
    private func firstProcess(
        _ directory: borrowing StateDirectory, _ record: ContainerRecord
    ) throws(RuntimeError) -> PidFD {
        let status = try directory.status(record)
        switch status {
        case .running, .created: break
        case .paused where options.ignoresPause: break
        case .paused:
            throw RuntimeError("cannot exec in a paused container: resume `\(record.id)`, or use --ignore-paused")
        default:
            throw RuntimeError("cannot exec in a container that is not running: `\(record.id)` is \(status.rawValue)")
        }
        guard let process = try record.process?.open() else {
            throw RuntimeError("cannot exec in a container that is not running: `\(record.id)` has ended")
        }
        return process
    }

    /// Where the terminal's other end goes.
    ///
    /// - Returns: our end of a socket over which it comes to us, when it is ours to relay.
    private func console(_ process: OCI.Process, _ settings: inout ProcessSettings) throws(RuntimeError) -> CInt? {
        guard process.terminal else {
            if options.consoleSocket != nil {
                throw RuntimeError("--console-socket is for a process with a terminal: process.terminal, or --tty")
            }
            return nil
        }
        var ours: CInt?
        let socket: CInt
        if let path = options.consoleSocket {
            socket = held.hold(try ConsoleSocket.connect(to: path))
        } else if options.isDetached {
            throw RuntimeError("a detached process with a terminal needs --console-socket")
        } else {
            let pair = try ForegroundRelay.sockets(held)
            (ours, socket) = (pair.ours, pair.theirs)
        }
        settings.terminal = ProcessSettings.Terminal(socket: socket, size: process.consoleSize, isOwn: ours != nil)
        return ours
    }

    private func launch(
        _ settings: ProcessSettings, _ process: OCI.Process, _ record: ContainerRecord, _ container: borrowing PidFD
    ) throws(RuntimeError) -> GatedLaunch {
        let proc: CInt
        do throws(LaunchError) { proc = held.hold(try LaunchSources.procDirectory()) } catch {
            throw RuntimeError(error)
        }
        let namespaces = try JoinedNamespaces(of: container.pid, proc: proc)
        // Held all the time: if it lives now, those were its namespaces.
        guard try record.process?.isAlive() ?? false else {
            throw RuntimeError("cannot exec in a container that is not running: `\(record.id)` has ended")
        }
        let cgroup = try cgroup(of: record)
        var launch = ExecLaunch(
            settings: settings, namespaces: namespaces, container: container.descriptor.rawValue,
            cgroup: try cgroup?.join() ?? (-1, []), proc: proc)
        if let cpus = process.execCPUAffinity?.initial {
            launch.initialAffinity = try CPUList.mask(cpus, "process.execCPUAffinity.initial")
        }
        do throws(LaunchError) {
            return try launch.start()
        } catch {
            guard error.step == .clone, error.errno == EBUSY, options.cgroup == nil else {
                throw RuntimeError(error)
            }
        }
        // v2: the container has handed its controllers on to cgroups below its own, which then has no processes itself;
        // its first process is in one of them.
        launch.cgroup.directory = held.hold(try Self.ownCgroup(container.pid, cgroup?.place))
        do throws(LaunchError) { return try launch.start() } catch { throw RuntimeError(error) }
    }

    /// Where the process itself is in the hierarchy of v2.
    private static func ownCgroup(_ pid: pid_t, _ place: CgroupPlace?) throws(RuntimeError) -> OwnedDescriptor {
        let text = try failing("cannot read /proc/\(pid)/cgroup") { () throws(Errno) in
            try OwnedDescriptor.open("/proc/\(pid)/cgroup", O_RDONLY).readAll(limit: 1 << 16)
        }
        let lines = text.split(separator: UInt8(ascii: "\n"))
        guard let line = lines.first(where: { $0.starts(with: "0::/".utf8) }),
            let branch = place?.branches.first(where: { $0.version == .v2 })
        else { throw RuntimeError("the container's process \(pid) is in no cgroup of v2") }
        let path = branch.mountPoint + String(decoding: line.dropFirst(3), as: UTF8.self)
        return try failing("cannot open \(path)") { () throws(Errno) in
            try OwnedDescriptor.open(path, O_RDONLY | O_DIRECTORY)
        }
    }

    /// The container's cgroup, or with `--cgroup` one below it: `PATH`, or `CONTROLLER,…:PATH` where each has a tree of its own.
    private func cgroup(of record: ContainerRecord) throws(RuntimeError) -> RuntimeCgroup? {
        guard let cgroup = try ContainerRemoval.cgroup(of: record), let text = options.cgroup else {
            if options.cgroup != nil {
                throw RuntimeError("--cgroup: container `\(record.id)` has no cgroup of its own")
            }
            return try ContainerRemoval.cgroup(of: record)
        }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let path = MountPlace.cleaned("/" + String(parts[parts.count - 1]))
        let controllers = parts.count > 1 ? Set(parts[0].split(separator: ",").map(String.init)) : nil
        var place = cgroup.place
        var isKnown = false
        for index in place.branches.indices {
            if let controllers, controllers.isDisjoint(with: place.branches[index].controllers) { continue }
            if path != "/" { place.branches[index].directory += path }
            isKnown = true
        }
        guard isKnown else { throw RuntimeError("--cgroup \(text): the container has no cgroup with that controller") }
        return RuntimeCgroup(reopening: place)
    }

    /// Lets the process go once everybody knows of it, and sees it execute its program.
    private func begin(_ launch: borrowing GatedLaunch) throws(RuntimeError) {
        do throws(LaunchError) {
            guard try launch.next() != nil else {
                _ = launch.wait()
                throw LaunchError(step: .gate, object: "", errno: Errno(ECHILD))
            }
        } catch {
            launch.abandon()
            throw RuntimeError(error)
        }
        do throws(RuntimeError) {
            if let path = options.pidFile { try PIDFile.write(launch.process.pid, to: path) }
            if let path = options.pidfdSocket { try PidFDSocket.send(launch.process, to: path) }
        } catch {
            launch.abandon()
            throw error
        }
        do throws(LaunchError) {
            try launch.pass()
            while try launch.next() != nil {}
        } catch {
            launch.abandon()
            throw RuntimeError(error)
        }
    }
}
