// SPDX-License-Identifier: Apache-2.0

import CLaunch
import CLinux
package import Linux

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
        if !isApart {
            addFirstSteps(to: &steps, join: cgroup, sources.prepared)
        } else {
            addOuterSteps(to: &steps, join: cgroup, sources.prepared)
            outer = steps.ops.count
        }
        addSteps(to: &steps, sources.prepared)
        let null = try nullDevice()
        let parent = try ownPidFD()
        var plan = launch_plan()
        plan.clone_flags = cloneFlags
        plan.outer = UInt32(outer)
        plan.apart = isApart ? 1 : 0
        plan.cgroup = if case .cloneInto(let directory) = cgroup { directory } else { -1 }
        plan.parent = parent.rawValue
        plan.streams = (standardInput ?? null.rawValue, standardOutput, standardError)
        var failure = launch_failure()
        var pidfd: CInt = -1
        let pid = start(&plan, &steps, program) { CLaunch.launch($0, &failure, &pidfd) }
        guard pid > 0 else { throw LaunchError(failure, steps) }
        return RunningContainer(process: PidFD(adopting: OwnedDescriptor(adopting: pidfd), pid: pid))
    }

    /// Does all of a launch but the launch itself: for a process that is going to fork others which launch.
    public func rehearse() {
        _ = ThermalPaths.ofThisHost
        do throws(LaunchError) {
            try check()
            var sources = try LaunchSources()
            try sources.open(self)
            var steps = LaunchSteps()
            addFirstSteps(to: &steps, join: .writeTasks([]), sources.prepared)
            addSteps(to: &steps, sources.prepared)
            _ = try nullDevice()
            _ = try ownPidFD()
            var plan = launch_plan()
            _ = start(&plan, &steps, arguments.first ?? "") { _ in -1 }
        } catch {}  // a launch will say it
    }

    /// Other containers, or the host's processes, see the new process before it has given up its power.
    private var isApart: Bool { !joinedNamespaces.isEmpty || processes != .own }

    private var cloneFlags: UInt64 {
        var flags = CLONE_NEWNS
        if processes == .own { flags |= CLONE_NEWPID }
        if namespaces.contains(.network) { flags |= CLONE_NEWNET }
        if namespaces.contains(.ipc) { flags |= CLONE_NEWIPC }
        if namespaces.contains(.uts) { flags |= CLONE_NEWUTS }
        return UInt64(flags)
    }

    /// What a caller may have got wrong, before anything is made. See CVE-2024-40635 for the ids.
    private func check() throws(LaunchError) {
        try checkUser()
        var destinations: Set<[Substring]> = []
        for mount in mounts {
            guard Self.isAllowed(destination: mount.destination) else {
                throw LaunchError(step: .bind, object: mount.destination, errno: Errno(EINVAL))
            }
            let parts = mount.destination.pathParts.filter { $0 != "." }
            guard destinations.insert(parts).inserted else {
                throw LaunchError(step: .bind, object: mount.destination, errno: Errno(EEXIST))
            }
        }
        try checkFilter()
        try checkTexts()
        try checkStreams()
        if case .missing(let lacking) = capabilities.availability {
            throw LaunchError(
                step: .setCapabilities, object: lacking.names.joined(separator: ", "), errno: Errno(EPERM))
        }
    }

    func checkUser() throws(LaunchError) {
        let ids = [user.id, user.groupID] + user.additionalGroupIDs
        if let id = ids.first(where: { $0 > UInt32(Int32.max) }) {
            throw LaunchError(step: .setUser, object: String(id), errno: Errno(EINVAL))
        }
    }

    func checkFilter() throws(LaunchError) {
        if let seccomp, seccomp.isEmpty || seccomp.count % 8 != 0 || seccomp.count / 8 > Int(UInt16.max) {
            throw LaunchError(step: .loadSeccomp, object: "", errno: Errno(EINVAL))
        }
    }

    /// In C a text ends at its first zero byte: what is behind it would be lost unseen.
    func checkTexts() throws(LaunchError) {
        let places =
            [workingDirectory, hostname ?? "", root.stagingDirectory] + root.layers + mounts.map { $0.destination }
        let files = root.files.flatMap { [$0.path, $0.contents] }
        for texts in [arguments, environment, places, files] {
            if let text = texts.first(where: { $0.utf8.contains(0) }) {
                throw LaunchError(step: .prepare, object: text, errno: Errno(EINVAL))
            }
        }
    }

    /// A directory as standard stream would be a way out of the root, a disk of the host one past every limit.
    func checkStreams() throws(LaunchError) {
        for case let stream? in [standardInput, standardOutput, standardError] {
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
        guard destination.isAbsolutePath else { return false }
        let parts = destination.pathParts.filter { $0 != "." }
        if parts.contains("..") || parts.isEmpty || parts == ["dev"] { return false }
        return parts[0] != "proc" && parts[0] != "sys"
    }

    /// Has `body` carry the plan out, with the texts that it needs, all signals blocked.
    func start(
        _ plan: inout launch_plan, _ steps: inout LaunchSteps, _ program: String,
        _ body: (UnsafePointer<launch_plan>) -> pid_t
    ) -> pid_t {
        let texts = LaunchTexts(
            arguments: arguments, environment: environment,
            candidates: LaunchTexts.candidates(for: program, environment: environment),
            groups: user.additionalGroupIDs, filter: seccomp ?? [])
        return texts.withPlan(&plan, &steps, body)
    }
}

/// The host's null device, checked to be it.
package func nullDevice() throws(LaunchError) -> OwnedDescriptor {
    let descriptor = try opened("/dev/null", O_RDWR)
    var status = stat()
    try attempt(.prepare, "/dev/null") { () throws(Errno) in
        try retrying { fstat(descriptor.rawValue, &status) }
        if CInt(status.st_mode) & S_IFMT != S_IFCHR || status.st_rdev != 0x103 { throw Errno(ENODEV) }
    }
    return descriptor
}

/// Opens a path of the host for a launch.
package func opened(_ path: String, _ flags: CInt) throws(LaunchError) -> OwnedDescriptor {
    do throws(Errno) {
        return try OwnedDescriptor.open(path, flags)
    } catch {
        throw LaunchError(step: .openSource, object: path, errno: error)
    }
}

/// Turns an `Errno` of the parent's own work into the launch error that names it.
@discardableResult
package func attempt<Result: ~Copyable>(
    _ step: LaunchError.Step, _ object: String, _ body: () throws(Errno) -> Result
) throws(LaunchError) -> Result {
    do throws(Errno) {
        return try body()
    } catch {
        throw LaunchError(step: step, object: object, errno: error)
    }
}
