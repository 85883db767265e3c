// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import PodPlan
import Sandbox

/// Why a container could not be started, as one sentence.
private struct StartFailure: Error {
    var message: String

    init(_ message: String) { self.message = message }
}

extension Supervisor {
    func containerPlan(_ index: Int) -> ContainerPlan {
        let count = plan.initContainers.count
        return index < count ? plan.initContainers[index] : plan.containers[index - count]
    }

    // The beginning of a container.

    /// Creates and starts a container, or tells why that was not possible.
    func launch(_ index: Int) throws(Errno) {
        let container: ContainerPlan
        let sources: [MountSource]
        do throws(VolumeError) {
            container = try host.resolved(containerPlan(index))
            sources = try host.sources(container)
        } catch {
            let (reason, message) = error.waiting(containerPlan(index).name)
            tell(PodEvent(warning: true, reason: "Failed", message: "Error: \(message)"))
            life.notCreated(index, reason: reason, message: message, now: clock.now)
            return
        }
        let number = life.created(index, now: clock.now)
        tell(PodEvent(warning: false, reason: "Created", message: "Created container: \(container.name)"))
        let attempt: Attempt
        do throws(StartFailure) {
            attempt = try start(container, number, sources)
        } catch {
            notStarted(index, error.message)
            return
        }
        attempts[index] = attempt
        life.started(index, now: attempt.startedAt)
        tell(PodEvent(warning: false, reason: "Started", message: "Started container \(container.name)"))
        try epoll.add(attempt.container.process.descriptor.rawValue, Epoll.readable, token: Token.end(index).rawValue)
        if isPaused { return }
        for stream in [OutputStream.standardOutput, .standardError] {
            guard let pipe = attempt.output.descriptor(stream) else { continue }
            try epoll.add(pipe, Epoll.readable, token: Token.output(index, stream).rawValue)
        }
    }

    /// As containerd tells it: the attempt counts as one that ended with 128.
    private func notStarted(_ index: Int, _ message: String) {
        var termination = Termination()
        termination.exitCode = 128
        termination.reason = "StartError"
        termination.message = message
        termination.startedAt = clock.now
        termination.finishedAt = termination.startedAt
        tell(PodEvent(warning: true, reason: "Failed", message: "Error: \(message)"))
        life.ended(index, termination)
    }

    private func start(_ container: ContainerPlan, _ number: Int32, _ sources: [MountSource]) throws(StartFailure)
        -> Attempt
    {
        let cgroup: Cgroup
        do throws(CgroupError) {
            cgroup = try host.hierarchy.makeCgroup(
                named: "\(plan.uid).\(container.name).\(number)", limits: container.limits, in: try host.podCgroup())
        } catch {
            throw StartFailure(error.description)
        }
        do throws(StartFailure) {
            if !plan.endsWithFirstProcess, !cgroup.holdsProcesses {
                throw StartFailure("this host has no cgroup hierarchy by which all its processes could be ended")
            }
            return try start(container, number, sources, in: cgroup)
        } catch {
            spent.append(cgroup)
            throw error
        }
    }

    private func start(
        _ container: ContainerPlan, _ number: Int32, _ sources: [MountSource], in cgroup: Cgroup
    ) throws(StartFailure) -> Attempt {
        var message: TerminationMessageFile?
        if !container.terminationMessagePath.isEmpty {
            message = try attempt("make the termination message file") { () throws(Errno) in
                try TerminationMessageFile("\(container.name).\(number)", in: host.directory!.descriptor)
            }
        }
        let streams = try attempt("make a pipe") { () throws(Errno) in try ContainerStreams(container) }
        let running: RunningContainer
        do throws(LaunchError) {
            running = try host.launch(
                container, sources: sources, streams: streams, message: message, in: cgroup)
        } catch let failure {
            try attempt("remove the termination message file") { () throws(Errno) in
                try message?.remove(from: host.directory!.descriptor)
            }
            throw StartFailure(failure.description)
        }
        let log = LogFile(
            directory: "\(plan.logDirectory)/\(container.name)", name: "\(number).log",
            maximumBytes: plan.logMaximumBytes, maximumFiles: plan.logMaximumFiles)
        let ends = try attempt("take the terminal") { () throws(Errno) in try streams.take() }
        return Attempt(
            plan: container, number: number, startedAt: clock.now, container: running, cgroup: cgroup,
            output: ContainerOutput(
                ends, isTerminal: container.terminal, log: log,
                keepsTail: container.terminationMessageFallsBackToLogs),
            message: message)
    }

    private func attempt<Result: ~Copyable>(
        _ action: String, _ body: () throws(Errno) -> Result
    ) throws(StartFailure) -> Result {
        do throws(Errno) {
            return try body()
        } catch {
            throw StartFailure("cannot \(action): \(error)")
        }
    }

    // Output.

    /// A pipe has something, or has been closed by the last who wrote to it.
    func read(_ index: Int, _ stream: OutputStream) throws(Errno) {
        guard let attempt = attempts[index], !isPaused else { return }
        try attempt.output.read(stream, buffer, now: clock.now, forward(index))
    }

    /// Where the output goes beside the log.
    func forward(_ index: Int) -> ContainerOutput.Forward {
        guard plan.forwardOutput else { return { _, _ in } }
        let name = containerPlan(index).name
        return { [control] stream, bytes in
            control.queue(.output(container: name, stream: stream, bytes: Array(bytes)))
        }
    }

    // The end of a container.

    func send(_ signal: CInt, to index: Int) throws(Errno) {
        do throws(Errno) {
            try attempts[index]?.container.send(signal: signal)
        } catch {
            if error != ESRCH { throw error }
        }
    }

    func kill(_ index: Int) throws(Errno) {
        if let attempt = attempts[index] { try kill(attempt) }
    }

    /// Ends every process of a container.
    func kill(_ attempt: Attempt) throws(Errno) {
        try attempt.kill()
        killOthers(attempt)
    }

    /// Where others than the container's own processes are in its pid namespace, the kernel ends none of them with its
    /// first one. They are in its cgroup, whoever their parents were.
    private func killOthers(_ attempt: Attempt) {
        if plan.endsWithFirstProcess { return }
        do throws(CgroupError) {
            try attempt.cgroup.kill()
        } catch {
            complain(error.description)
        }
    }

    /// A container's first process has ended, and with it all others of the container.
    func end(_ index: Int) throws(Errno) {
        guard let attempt = attempts[index], let end = try attempt.container.poll() else { return }
        let finishedAt = clock.now
        try cancelHandlers(of: index)
        killOthers(attempt)
        attempts[index] = nil
        spent.append(attempt.cgroup)
        try attempt.output.drain(buffer, now: finishedAt, forward(index))
        let container = containerPlan(index)
        if let error = attempt.output.logError {
            let message = "the log of container \(container.name) in \(plan.logDirectory) is not complete: \(error)"
            tell(PodEvent(warning: true, reason: "FailedLogging", message: message))
        }
        let ending = Ending(
            status: end.status, startedAt: attempt.startedAt, finishedAt: finishedAt,
            statistics: statistics(attempt, container), message: try message(attempt, container, end.status))
        life.ended(index, ending.termination)
    }

    /// What the container used. The counters are of its own cgroup, which is still there.
    private func statistics(_ attempt: Attempt, _ container: ContainerPlan) -> CgroupStatistics {
        do throws(CgroupError) {
            return try attempt.cgroup.statistics()
        } catch {
            let message = "what container \(container.name) used is not known, nor whether memory ended it: \(error)"
            tell(PodEvent(warning: true, reason: "FailedStats", message: message))
            return CgroupStatistics()
        }
    }

    private func message(
        _ attempt: Attempt, _ container: ContainerPlan, _ status: Sandbox.ExitStatus
    ) throws(Errno) -> String {
        let limit = TerminationMessageFile.limit(containers: plan.initContainers.count + plan.containers.count)
        var text = ""
        if let file = attempt.message {
            text = try file.read(limit: limit)
            try file.remove(from: host.directory!.descriptor)
        }
        if text.isEmpty, status != .exited(code: 0), let tail = attempt.output.tail {
            return lastLines(tail, limit: min(limit, ContainerOutput.tailBytes))
        }
        return text
    }
}

extension Attempt {
    /// Ends every process of the container: the kernel ends the others of a pid namespace with its PID 1. Whoever is in
    /// the cgroup without being in that namespace has no way in but ours.
    func kill() throws(Errno) {
        do throws(Errno) {
            try container.send(signal: SIGKILL)
        } catch {
            if error != ESRCH { throw error }
        }
    }
}
