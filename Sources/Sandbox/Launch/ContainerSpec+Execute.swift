// SPDX-License-Identifier: Apache-2.0

import CLaunch
import CLinux
public import Linux

extension ContainerSpec {
    /// Starts a further process in a running container: with this specification's program, user, environment, working
    /// directory, capabilities, filter, limits and streams, in the namespaces and the cgroup of `container`. Root, mounts
    /// and namespaces of the specification mean nothing here.
    ///
    /// Returns once the process is there. Whether its program could be executed is known at its end: those in the
    /// container see it before that and could stop it, and whoever waited for it.
    ///
    /// - Parameter cgroup: the container's own.
    /// - Throws: the step and the kernel's answer, `ESRCH` when the container has ended. No process is left then.
    public func execute(
        in container: borrowing RunningContainer, cgroup: CgroupJoin
    ) throws(LaunchError) -> ExecutedProcess {
        guard let program = arguments.first, !program.isEmpty else {
            throw LaunchError(step: .execute, object: "", errno: Errno(ENOENT))
        }
        try checkUser()
        try checkFilter()
        try checkTexts()
        try checkStreams()
        let pid = container.process.pid
        let proc = try LaunchSources.procDirectory()
        // Not reaped by us, so the number is still its own.
        let cgroupNamespace = try attempt(.joinNamespace, "") { () throws(Errno) in
            do throws(Errno) {
                return try OwnedDescriptor.open("/proc/\(pid)/ns/cgroup", O_RDONLY)
            } catch {
                // A process that has ended is still there, without namespaces.
                throw error == ENOENT ? Errno(ESRCH) : error
            }
        }
        let null = try nullDevice()
        let parent = try ownPidFD()
        var steps = LaunchSteps()
        addOuterExecutionSteps(to: &steps, container: container.process.descriptor.rawValue, proc: proc.rawValue)
        var plan = launch_plan()
        plan.outer = UInt32(steps.ops.count)
        addInnerExecutionSteps(to: &steps, join: cgroup, namespace: cgroupNamespace.rawValue)
        plan.cgroup = if case .cloneInto(let directory) = cgroup { directory } else { -1 }
        plan.parent = parent.rawValue
        plan.streams = (standardInput ?? null.rawValue, standardOutput, standardError)
        var kept = [standardInput ?? null.rawValue, standardOutput, standardError, parent.rawValue]
        kept += [cgroupNamespace.rawValue, proc.rawValue, container.process.descriptor.rawValue]
        switch cgroup {
        case .cloneInto(let directory): kept.append(directory)
        case .writeTasks(let files): kept += files
        }
        kept = kept.filter { $0 > 2 }.sorted()
        var failure: UnsafeMutablePointer<launch_failure>?
        var pidfd: CInt = -1
        let count = UInt32(kept.count)
        let process = kept.withUnsafeBufferPointer { kept in
            plan.kept = kept.baseAddress
            plan.kept_count = count
            return start(&plan, &steps, program) { launch_beside($0, &failure, &pidfd) }
        }
        guard let failure else { throw LaunchError(step: .clone, object: "", errno: Errno(ENOMEM)) }
        guard process > 0 else {
            let error = LaunchError(failure.pointee, steps)
            launch_forget(failure)
            throw error
        }
        return ExecutedProcess(
            RunningContainer(process: PidFD(adopting: OwnedDescriptor(adopting: pidfd), pid: process)), failure, steps)
    }

    /// In the first child, which nobody in the container sees.
    private func addOuterExecutionSteps(to steps: inout LaunchSteps, container: CInt, proc: CInt) {
        steps.add(LAUNCH_KEEP)
        if let oomScoreAdjustment {
            steps.add(LAUNCH_OOM_SCORE, "self/oom_score_adj", String(oomScoreAdjustment), descriptor: proc)
        }
        var namespaces = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS
        if inUserNamespace { namespaces |= CLONE_NEWUSER }
        steps.add(LAUNCH_JOIN_NAMESPACE, descriptor: container, flags: UInt64(namespaces))
    }

    /// In the second: on v1 it joins the cgroup itself, on v2 it is born there; then that is its whole tree.
    private func addInnerExecutionSteps(to steps: inout LaunchSteps, join: CgroupJoin, namespace: CInt) {
        steps.add(LAUNCH_PARENT)
        if case .writeTasks(let files) = join { for file in files { steps.add(LAUNCH_JOIN_CGROUP, descriptor: file) } }
        steps.add(LAUNCH_JOIN_NAMESPACE, descriptor: namespace)
        if inUserNamespace { steps.add(LAUNCH_ROOT_IDS) }
        steps.add(LAUNCH_WORKING_DIRECTORY, workingDirectory.isEmpty ? "/" : workingDirectory, mode: 1)
        addProcess(to: &steps)
    }
}

/// A process that was started in a running container. Its owner must `wait` or `poll` until it has ended; until it is
/// reaped the container's pid namespace cannot end either.
public struct ExecutedProcess: ~Copyable {
    private let running: RunningContainer
    private let failure: UnsafeMutablePointer<launch_failure>
    private let steps: LaunchSteps

    /// How it ended.
    public enum End: Hashable, Sendable {
        case ended(ExitStatus)
        /// Its program was never executed.
        case notStarted(LaunchError)
    }

    init(
        _ running: consuming RunningContainer, _ failure: UnsafeMutablePointer<launch_failure>,
        _ steps: consuming LaunchSteps
    ) {
        self.running = running
        self.failure = failure
        self.steps = steps
    }

    deinit { launch_forget(failure) }

    /// Readable once it has ended.
    public var descriptor: CInt { running.process.descriptor.rawValue }

    /// See `pidfd_send_signal(2)`.
    ///
    /// - Throws: `ESRCH` when it has been reaped.
    public borrowing func send(signal: CInt) throws(Errno) { try running.send(signal: signal) }

    /// Reaps it if it has ended; nil while it runs.
    public borrowing func poll() throws(Errno) -> End? {
        guard let end = try running.poll() else { return nil }
        return self.end(end)
    }

    /// Blocks until it has ended, and reaps it.
    public borrowing func wait() throws(Errno) -> End { end(try running.wait()) }

    private borrowing func end(_ end: ContainerEnd) -> End {
        let failure = failure.pointee
        return failure.failed == 0 ? .ended(end.status) : .notStarted(LaunchError(failure, steps))
    }
}

/// A descriptor of this process, for the children that end with it.
func ownPidFD() throws(LaunchError) -> OwnedDescriptor {
    try attempt(.prepare, "pidfd_open") { () throws(Errno) in
        OwnedDescriptor(adopting: try retrying { clinux_pidfd_open(getpid(), 0) })
    }
}
