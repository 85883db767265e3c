// SPDX-License-Identifier: Apache-2.0

package import CLinux
import Linux
import OCI
import Sandbox

/// A container's cgroup, in each hierarchy of the host that has to do with it.
///
/// v2 where its mount has the controllers; else every hierarchy of v1, and beside it v2 when that has a controller that is asked for.
package final class RuntimeCgroup {
    package let place: CgroupPlace
    private let held = HeldDescriptors()
    /// The host's, when they were looked at to make it.
    private var hostMounts: [CgroupMount]?
    /// Keeps systemd's scope until the container's first process is in it.
    private var placeholder: (process: Placeholder, pidsLimit: Int64?)?

    /// The cgroup of a record.
    package init(reopening place: CgroupPlace) { self.place = place }

    /// The default parent of containers whose configuration names none.
    static let parent = "berth-runtime"

    /// Makes the container's cgroup and limits it.
    ///
    /// - Parameters:
    ///   - path: `linux.cgroupsPath`: absolute from where a hierarchy is mounted, else below our default parent; systemd's
    ///     form with that manager.
    ///   - record: told where the cgroup will be before it is made.
    static func make(
        id: String, path: String?, manager: CgroupManager, resources: LinuxResources?, warn: (String) -> Void,
        record: (CgroupPlace) throws(RuntimeError) -> Void
    ) throws(RuntimeError) -> RuntimeCgroup {
        if manager == .disabled {
            let cgroup = RuntimeCgroup(reopening: CgroupPlace(manager: .disabled))
            try record(cgroup.place)
            return cgroup
        }
        var scope: SystemdScope?
        if manager == .systemd {
            try SystemdScope.check()
            scope = try SystemdScope(path: path, id: id)
        }
        let relative = if let scope { try scope.relativePath() } else { Self.relativePath(path, id) }
        let hostMounts = try allMounts()
        let mounts = try hierarchies(for: resources, of: hostMounts)
        if scope != nil, mounts.contains(where: { $0.controllers.contains("devices") }) {
            throw RuntimeError(
                "--systemd-cgroup: this host has its devices on cgroup v1, where systemd lets every container use all of them when it is reloaded: use --cgroup-manager cgroupfs"
            )
        }
        let branches = mounts.map {
            CgroupPlace.Branch(
                version: $0.version, mountPoint: $0.mountPoint, directory: $0.mountPoint + relative,
                controllers: $0.controllers)
        }
        // What the record names is the container's: `delete` kills all that is in it.
        if relative.pathParts.isEmpty { throw RuntimeError("linux.cgroupsPath: `/` can't be a container's own") }
        for branch in branches { try branch.checkIsFree() }
        let cgroup = RuntimeCgroup(reopening: CgroupPlace(manager: manager, branches: branches, unit: scope?.unit))
        cgroup.hostMounts = hostMounts
        try record(cgroup.place)
        do throws(RuntimeError) {
            var resources = resources ?? LinuxResources()
            if let scope { try cgroup.start(scope, id: id, &resources) }
            for branch in branches { try branch.make(relative) }
            try cgroup.apply(resources, isNew: true, warn: warn)
        } catch {
            do throws(RuntimeError) { try cgroup.remove() } catch { warn(error.message) }
            throw error
        }
        return cgroup
    }

    /// systemd's unit, with a process in it that leaves when the container's is there; so there is room for one more.
    private func start(_ scope: SystemdScope, id: String, _ resources: inout LinuxResources) throws(RuntimeError) {
        let process = try Placeholder()
        let limit = resources.pids?.limit.flatMap { $0 > 0 ? $0 : nil }
        placeholder = (process, limit)
        try scope.start(
            around: process.pid, description: "berth-runtime container \(id)",
            try SystemdProperty.list(resources))
        if let limit { resources.pids?.limit = limit + 1 }
    }

    /// The container's first process is in its cgroup.
    func settle() throws(RuntimeError) {
        guard let (_, limit) = placeholder else { return }
        placeholder = nil
        if let limit { try files("pids", "linux.resources.pids").write(String(limit), to: "pids.max") }
    }

    private static func relativePath(_ path: String?, _ id: String) -> String {
        guard let path else { return "/\(parent)/\(id)" }
        return path.isAbsolutePath ? MountPlace.cleaned(path) : MountPlace.cleaned("/\(parent)/\(path)")
    }

    /// The mounts of the hierarchies that the container gets a cgroup in.
    private static func hierarchies(
        for resources: LinuxResources?, of all: [CgroupMount]
    ) throws(RuntimeError) -> [CgroupMount] {
        let mounts = all.filter { !$0.readOnly && $0.root == "/" }
        let legacy = mounts.filter { $0.version == .v1 }
        let unified = mounts.first { $0.version == .v2 }
        guard !legacy.isEmpty else {
            guard let unified else {
                throw RuntimeError("no cgroup hierarchy is mounted: mount -t cgroup2 cgroup2 /sys/fs/cgroup")
            }
            return [unified]
        }
        guard let unified else { return legacy }
        let useful: Set<String> = ["memory", "pids", "cpu", "cpuset", "io"]
        let wantsHugePages = !(resources?.hugepageLimits.isEmpty ?? true)
        let isNeeded =
            unified.controllers.contains { useful.contains($0) } || !(resources?.unified.isEmpty ?? true)
            || wantsHugePages && unified.controllers.contains("hugetlb")
        return isNeeded ? legacy + [unified] : legacy
    }

    private static func allMounts() throws(RuntimeError) -> [CgroupMount] {
        do throws(CgroupError) {
            return try HostControllers.readMounts()
        } catch {
            throw RuntimeError("cgroups: \(error)")
        }
    }

    // MARK: - Going in

    /// How the first process gets in; the descriptors stay this object's.
    func join() throws(RuntimeError) -> (directory: CInt, tasks: [CInt]) {
        var directory: CInt = -1
        var tasks: [CInt] = []
        for branch in place.branches {
            switch branch.version {
            case .v2:
                directory = held.hold(
                    try failing("cannot open \(branch.directory)") { () throws(Errno) in
                        try OwnedDescriptor.open(branch.directory, O_RDONLY | O_DIRECTORY)
                    })
            case .v1:
                tasks.append(
                    held.hold(
                        try failing("cannot open \(branch.directory)/tasks") { () throws(Errno) in
                            try OwnedDescriptor.open("\(branch.directory)/tasks", O_WRONLY)
                        }))
            }
        }
        return (directory, tasks)
    }

    /// What a container is shown of the host's hierarchies.
    func hierarchies() throws(RuntimeError) -> CgroupHierarchies {
        var view = CgroupHierarchies()
        view.mounts = if let hostMounts { hostMounts } else { try Self.allMounts() }
        for branch in place.branches { view.directories[branch.mountPoint] = branch.directory }
        return view
    }

    // MARK: - What is in it

    private var branchWithProcesses: CgroupPlace.Branch? {
        place.branches.first { $0.version == .v2 } ?? place.branches.first { $0.controllers == ["pids"] }
            ?? place.branches.first
    }

    /// Host pids of all that is in it and below.
    package func processes() throws(RuntimeError) -> [pid_t] {
        guard let branch = branchWithProcesses else {
            throw RuntimeError("the container has no cgroup: its processes are not known")
        }
        return try CgroupFiles(path: branch.directory).processes()
    }

    /// Sends a signal to all of them. They are frozen meanwhile where that is possible, so that none escapes by forking.
    package func kill(_ signal: CInt) throws(RuntimeError) {
        guard let branch = branchWithProcesses else { return }
        let files = CgroupFiles(path: branch.directory)
        if signal == SIGKILL, branch.version == .v2, files.has("cgroup.kill") {
            return try files.writeUnlessGone("1", to: "cgroup.kill")
        }
        let wasFrozen = try isFrozen()
        let canFreeze = try freezer() != nil
        if canFreeze, !wasFrozen { try freeze() }
        var failure: RuntimeError?
        do throws(RuntimeError) {
            for pid in try processes() where pid > 0 {
                if sendSignal(pid, signal) < 0, Errno.current != ESRCH {
                    throw RuntimeError("cannot send signal \(signal) to process \(pid): \(Errno.current)")
                }
            }
        } catch {
            failure = error
        }
        // A SIGKILL is for thawed ones only; and what failed must not leave the container paused.
        if canFreeze, !wasFrozen || signal == SIGKILL { try thaw() }
        if let failure { throw failure }
    }

    private func freezer() throws(RuntimeError) -> CgroupPlace.Branch? {
        place.branches.first { $0.controllers.contains("freezer") }
            ?? place.branches.first { $0.version == .v2 && CgroupFiles(path: $0.directory).has("cgroup.freeze") }
    }

    package func isFrozen() throws(RuntimeError) -> Bool {
        guard let branch = try freezer() else { return false }
        let files = CgroupFiles(path: branch.directory)
        if branch.version == .v2 {
            guard let events = try files.readIfPresent("cgroup.events") else { return false }
            return events.split(separator: "\n").contains("frozen 1")
        }
        // FREEZING is on its way there: the container does nothing any more.
        return try files.readIfPresent("freezer.state").map { $0 != "THAWED" } ?? false
    }

    package func freeze() throws(RuntimeError) { try setFrozen(true) }

    package func thaw() throws(RuntimeError) { try setFrozen(false) }

    private func setFrozen(_ wanted: Bool) throws(RuntimeError) {
        guard let branch = try freezer() else {
            throw RuntimeError("cannot pause: the container's cgroups have no freezer")
        }
        let files = CgroupFiles(path: branch.directory)
        // v1: one that forks just then is caught by writing once more.
        for attempt in 0..<1000 {
            if branch.version == .v2 {
                if attempt == 0 {
                    if wanted {
                        try files.write("1", to: "cgroup.freeze")
                    } else {
                        try files.writeUnlessGone("0", to: "cgroup.freeze")
                    }
                }
                guard let events = try files.readIfPresent("cgroup.events") else {
                    if wanted { throw RuntimeError("cannot pause: \(branch.directory) is gone") }
                    return
                }
                if events.split(separator: "\n").contains(wanted ? "frozen 1" : "frozen 0") { return }
            } else {
                try files.write(wanted ? "FROZEN" : "THAWED", to: "freezer.state")
                if try files.read("freezer.state") == (wanted ? "FROZEN" : "THAWED") { return }
            }
            clinux_sleep_microseconds(attempt < 20 ? 50 : 2000)
        }
        if wanted {
            try files.write(
                branch.version == .v2 ? "0" : "THAWED", to: branch.version == .v2 ? "cgroup.freeze" : "freezer.state")
        }
        throw RuntimeError(
            "cannot \(wanted ? "pause" : "resume"): \(branch.directory) did not become \(wanted ? "frozen" : "thawed")")
    }

    // MARK: - The end

    /// Removes it everywhere; what isn't there is success. Its processes must be gone, or be going.
    package func remove() throws(RuntimeError) {
        var first: RuntimeError?
        placeholder = nil
        // systemd has taken it away itself, most often: when its last process was gone.
        if let scope = SystemdScope(reopening: place),
            place.branches.contains(where: { access($0.directory, F_OK) == 0 })
        {
            do throws(RuntimeError) { try scope.stop() } catch { first = error }
        }
        for branch in place.branches {
            do throws(RuntimeError) { try CgroupFiles(path: branch.directory).remove() } catch {
                first = first ?? error
            }
        }
        // The default parent goes with its last child; an engine's own is the engine's.
        for branch in place.branches {
            let parent = "\(branch.mountPoint)/\(Self.parent)"
            if branch.directory == "\(parent)/\(branch.name)" { _ = rmdir(parent) }
        }
        if let first { throw first }
    }
}

extension CgroupPlace.Branch {
    fileprivate var name: Substring { directory.pathParts.last ?? "" }

    /// - Throws: when it is there and somebody is in it.
    fileprivate func checkIsFree() throws(RuntimeError) {
        guard access(directory, F_OK) == 0 else { return }
        guard try CgroupFiles(path: directory).processes().isEmpty else {
            throw RuntimeError("the cgroup \(directory) is there already and has processes in it")
        }
    }

    /// Makes the directory and those above it, as the hierarchy needs them for a process to join.
    fileprivate func make(_ relative: String) throws(RuntimeError) {
        var path = mountPoint
        for part in relative.pathParts {
            let above = CgroupFiles(path: path)
            if version == .v2 { try enable(above) }
            path += "/" + part
            var isNew = true
            do throws(Errno) {
                try retrying { mkdir(path, 0o755) }
            } catch {
                if error != EEXIST { throw RuntimeError("cannot make the cgroup \(path): \(error)") }
                isNew = false
            }
            guard version == .v1, controllers.contains("cpuset") else { continue }
            let files = CgroupFiles(path: path)
            for file in ["cpuset.cpus", "cpuset.mems"] {
                if !isNew, try !files.read(file).isEmpty { continue }
                try files.write(try above.read(file), to: file)
            }
        }
    }

    /// Every controller that the parent has is handed down. One that can't be is missed when a limit wants it.
    private func enable(_ files: CgroupFiles) throws(RuntimeError) {
        let available = try files.read("cgroup.controllers").split(separator: " ")
        let enabled = Set(try files.read("cgroup.subtree_control").split(separator: " "))
        let missing = available.filter { !enabled.contains($0) }
        if missing.isEmpty { return }
        do throws(RuntimeError) {
            try files.write(missing.map { "+\($0)" }.joined(separator: " "), to: "cgroup.subtree_control")
        } catch {
            // One of them refuses for all: each by itself.
            for controller in missing {
                do throws(RuntimeError) { try files.write("+\(controller)", to: "cgroup.subtree_control") } catch {}
            }
        }
    }
}

/// The method's name hides the function of libc.
private func sendSignal(_ pid: pid_t, _ signal: CInt) -> CInt { kill(pid, signal) }
