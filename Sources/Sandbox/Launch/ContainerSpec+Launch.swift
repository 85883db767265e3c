// SPDX-License-Identifier: Apache-2.0

import CLaunch
import CLinux
import Linux

extension ContainerSpec {
    /// Starts the container: returns when its program has been executed.
    ///
    /// Every step that fails ends the start; then no process, mount or namespace of it is left.
    ///
    /// - Parameter cgroup: from `Cgroup.join`; that cgroup has its limits already.
    /// - Throws: the step, what it acted on and the kernel's answer.
    public func launch(in cgroup: CgroupJoin) throws(LaunchError) -> RunningContainer {
        guard let program = arguments.first, !program.isEmpty else {
            throw LaunchError(step: .execute, object: "", errno: Errno(ENOENT))
        }
        try check()
        var sources = try LaunchSources()
        try sources.open(self)
        var steps = LaunchSteps()
        var outer = 0
        if joinedNamespaces.isEmpty {
            addFirstSteps(to: &steps, join: cgroup, sources.prepared)
        } else {
            addOuterSteps(to: &steps, join: cgroup, sources.prepared)
            outer = steps.ops.count
        }
        addSteps(to: &steps, sources.prepared)
        let null = try nullDevice()
        let parent = try attempt(.prepare, "pidfd_open") { () throws(Errno) in
            OwnedDescriptor(adopting: try retrying { clinux_pidfd_open(getpid(), 0) })
        }
        var plan = launch_plan()
        plan.clone_flags = cloneFlags
        plan.outer = UInt32(outer)
        plan.cgroup = if case .cloneInto(let directory) = cgroup { directory } else { -1 }
        plan.parent = parent.rawValue
        plan.streams = (standardInput ?? null.rawValue, standardOutput, standardError)
        let process = try start(&plan, &steps, program)
        return RunningContainer(process: process)
    }

    /// Makes the table of steps and throws it away: for a process that is going to fork others which launch.
    public func rehearse() {
        _ = ThermalPaths.ofThisHost
        do throws(LaunchError) {
            let sources = try LaunchSources()
            var steps = LaunchSteps()
            addFirstSteps(to: &steps, join: .writeTasks([]), sources.prepared)
            addSteps(to: &steps, sources.prepared)
            _ = executables("true")
            _ = steps.array(environment)
        } catch {}  // a launch will say it
    }

    private var cloneFlags: UInt64 {
        var flags = CLONE_NEWPID | CLONE_NEWNS
        if namespaces.contains(.network) { flags |= CLONE_NEWNET }
        if namespaces.contains(.ipc) { flags |= CLONE_NEWIPC }
        if namespaces.contains(.uts) { flags |= CLONE_NEWUTS }
        return UInt64(flags)
    }

    /// What a caller may have got wrong, before anything is made. See CVE-2024-40635 for the ids.
    private func check() throws(LaunchError) {
        let ids = [user.id, user.groupID] + user.additionalGroupIDs
        if let id = ids.first(where: { $0 > UInt32(Int32.max) }) {
            throw LaunchError(step: .setUser, object: String(id), errno: Errno(EINVAL))
        }
        var destinations: Set<[Substring]> = []
        for mount in mounts {
            guard Self.isAllowed(destination: mount.destination) else {
                throw LaunchError(step: .bind, object: mount.destination, errno: Errno(EINVAL))
            }
            let parts = mount.destination.split(separator: "/").filter { $0 != "." }
            guard destinations.insert(parts).inserted else {
                throw LaunchError(step: .bind, object: mount.destination, errno: Errno(EEXIST))
            }
        }
        if let seccomp, seccomp.isEmpty || seccomp.count % 8 != 0 || seccomp.count / 8 > Int(UInt16.max) {
            throw LaunchError(step: .loadSeccomp, object: "", errno: Errno(EINVAL))
        }
        try checkTexts()
        try checkStreams()
        if case .missing(let lacking) = capabilities.availability {
            throw LaunchError(
                step: .setCapabilities, object: lacking.names.joined(separator: ", "), errno: Errno(EPERM))
        }
    }

    /// In C a text ends at its first zero byte: what is behind it would be lost unseen.
    private func checkTexts() throws(LaunchError) {
        let places =
            [workingDirectory, hostname ?? "", root.stagingDirectory] + root.layers + mounts.map(\.destination)
        let files = root.files.flatMap { [$0.path, $0.contents] }
        for texts in [arguments, environment, places, files] {
            if let text = texts.first(where: { $0.utf8.contains(0) }) {
                throw LaunchError(step: .prepare, object: text, errno: Errno(EINVAL))
            }
        }
    }

    /// A directory as standard stream would be a way out of the root, a disk of the host one past every limit.
    private func checkStreams() throws(LaunchError) {
        for stream in [standardInput, standardOutput, standardError].compactMap(\.self) {
            var status = stat()
            try attempt(.setStreams, "\(stream)") { () throws(Errno) in
                try retrying { fstat(stream, &status) }
                let kind = CInt(status.st_mode) & S_IFMT
                if kind == S_IFDIR || kind == S_IFBLK { throw Errno(EINVAL) }
            }
        }
    }

    /// A volume may not lie over the root, /dev itself, or anywhere in /proc and /sys. See CVE-2019-16884.
    static func isAllowed(destination: String) -> Bool {
        guard destination.hasPrefix("/") else { return false }
        let parts = destination.split(separator: "/").filter { $0 != "." }
        if parts.contains("..") || parts.isEmpty || parts == ["dev"] { return false }
        return parts[0] != "proc" && parts[0] != "sys"
    }

    private func start(
        _ plan: inout launch_plan, _ steps: inout LaunchSteps, _ program: String
    ) throws(LaunchError) -> PidFD {
        let candidates = steps.array(executables(program))
        let arguments = steps.array(self.arguments)
        let environment = steps.array(self.environment)
        var failure = launch_failure()
        var pidfd: CInt = -1
        var filled = plan
        let groups = user.additionalGroupIDs
        let ops = steps.ops
        let filter = seccomp ?? []
        let pid = ops.withUnsafeBufferPointer { ops in
            groups.withUnsafeBufferPointer { groups in
                filter.withUnsafeBytes { filter in
                    candidates.withUnsafeBufferPointer { candidates in
                        arguments.withUnsafeBufferPointer { arguments in
                            environment.withUnsafeBufferPointer { environment in
                                filled.ops = ops.baseAddress
                                filled.count = UInt32(ops.count)
                                filled.groups = groups.baseAddress
                                filled.group_count = UInt32(groups.count)
                                filled.filter = filter.baseAddress
                                filled.filter_length = UInt16(filter.count / 8)
                                filled.candidates = UnsafeRawPointer(candidates.baseAddress)?
                                    .assumingMemoryBound(to: UnsafePointer<CChar>?.self)
                                filled.arguments = arguments.baseAddress
                                filled.environment = environment.baseAddress
                                var signals = sigset_t()
                                clinux_block_signals(&signals)
                                defer { clinux_restore_signals(&signals) }
                                return CLaunch.launch(&filled, &failure, &pidfd)
                            }
                        }
                    }
                }
            }
        }
        guard pid > 0 else {
            let step = LaunchError.Step(launch_step(rawValue: failure.step))
            let object = step == .clone ? "" : steps.object(at: Int(failure.op))
            throw LaunchError(step: step, object: object, errno: Errno(failure.error))
        }
        return PidFD(adopting: OwnedDescriptor(adopting: pidfd), pid: pid)
    }

    /// Where the program may be: itself when it has a slash, else in each directory of the container's `PATH`.
    private func executables(_ program: String) -> [String] {
        if program.utf8.contains(UInt8(ascii: "/")) { return [program] }
        let entry = environment.last { $0.hasPrefix("PATH=") }
        let path =
            entry.map { String($0.dropFirst(5)) } ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        return path.split(separator: ":", omittingEmptySubsequences: false).map { directory in
            directory.isEmpty
                ? "./\(program)" : directory.hasSuffix("/") ? "\(directory)\(program)" : "\(directory)/\(program)"
        }
    }
}

/// The host's null device, checked to be it.
private func nullDevice() throws(LaunchError) -> OwnedDescriptor {
    let descriptor = try opened("/dev/null", O_RDWR)
    var status = stat()
    try attempt(.prepare, "/dev/null") { () throws(Errno) in
        try retrying { fstat(descriptor.rawValue, &status) }
        if CInt(status.st_mode) & S_IFMT != S_IFCHR || status.st_rdev != 0x103 { throw Errno(ENODEV) }
    }
    return descriptor
}

/// Opens a path of the host for a launch.
func opened(_ path: String, _ flags: CInt) throws(LaunchError) -> OwnedDescriptor {
    do throws(Errno) {
        return try OwnedDescriptor.open(path, flags)
    } catch {
        throw LaunchError(step: .openSource, object: path, errno: error)
    }
}

/// Turns an `Errno` of the parent's own work into the launch error that names it.
@discardableResult
func attempt<Result: ~Copyable>(
    _ step: LaunchError.Step, _ object: String, _ body: () throws(Errno) -> Result
) throws(LaunchError) -> Result {
    do throws(Errno) {
        return try body()
    } catch {
        throw LaunchError(step: step, object: object, errno: error)
    }
}
