// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import PodPlan

extension PodStatus {
    /// Takes over what the supervisor reports, as the kubelet writes it.
    mutating func update(_ state: PodState, _ context: StatusContext, now: Timestamp) {
        switch state.phase {
        case .pending: phase = .pending
        case .running: phase = .running
        case .succeeded: phase = .succeeded
        case .failed: phase = .failed
        }
        reason = state.reason
        message = state.message
        if state.startTime != 0 {
            observedGeneration = context.generation
            startTime = Timestamp(nanoseconds: state.startTime)
            hostIP = context.hostAddress
            hostIPs = [HostIP(ip: hostIP)]
            podIP = context.podAddresses.first ?? ""
            podIPs = context.podAddresses.map { PodIP(ip: $0) }
        }
        initContainerStatuses = state.initContainers.enumerated().map { position, report in
            ContainerStatus(report, context.container(position))
        }
        containerStatuses = state.containers.enumerated().map { position, report in
            ContainerStatus(report, context.container(state.initContainers.count + position))
        }
        updateConditions(context, isRestarting: state.isRestarting, now: now)
    }

    /// The pod's supervisor is gone without a word: whatever had not ended is unknown, and the pod has failed.
    mutating func lose(_ context: StatusContext, now: Timestamp) {
        phase = .failed
        message = "The process that ran the pod ended unexpectedly, and the pod with it"
        for index in initContainerStatuses.indices where initContainerStatuses[index].isRunning {
            initContainerStatuses[index].lose(now: now)
        }
        for index in containerStatuses.indices where !containerStatuses[index].hasEnded {
            containerStatuses[index].lose(now: now)
        }
        // As for the pods of a node that is gone: no fault of their own, for a Job's podFailurePolicy.
        var disruption = PodCondition(type: "DisruptionTarget", status: .true)
        disruption.observedGeneration = context.generation
        disruption.lastTransitionTime = now
        disruption.reason = "DeletionByPodGC"
        disruption.message = message
        conditions.append(disruption)
        updateConditions(context, now: now)
    }
}

extension StatusContext {
    fileprivate func container(_ position: Int) -> Container {
        position < containers.count ? containers[position] : Container()
    }
}

extension ContainerStatus {
    fileprivate init(_ report: ContainerReport, _ container: StatusContext.Container) {
        self.init()
        name = report.name
        image = container.image
        imageID = container.imageID
        containerID = report.containerID.isEmpty ? "" : "berth://" + report.containerID
        restartCount = report.restartCount
        lastState = report.lastTermination.map {
            .terminated(ContainerStateTerminated($0, containerID: lastContainerID(report)))
        }
        ready = report.ready
        started = report.started
        switch report.state {
        case .waiting(let reason, let message): state = .waiting(reason: reason, message: message)
        case .running(let startedAt): state = .running(startedAt: Timestamp(nanoseconds: startedAt))
        case .terminated(let termination):
            state = .terminated(ContainerStateTerminated(termination, containerID: containerID))
        }
        if report.containerID.isEmpty { return }
        resources = container.resources
        allocatedResources = container.resources.requests
        user = container.user
        volumeMounts = container.volumeMounts
        stopSignal = container.stopSignal
    }

    /// Of the attempt that `lastState` tells of: the newest one while a restart is waited for, else the one before.
    private func lastContainerID(_ report: ContainerReport) -> String {
        if case .waiting("CrashLoopBackOff", _) = report.state { return containerID }
        if case .waiting("RestartingAllContainers", _) = report.state { return containerID }
        guard let slash = containerID.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "" }
        return "\(containerID[...slash])\(report.restartCount - 1)"
    }

    var hasEverRun: Bool { isRunning || hasEnded || lastState != nil }

    var hasSucceeded: Bool {
        if case .terminated(let end) = state { end.exitCode == 0 } else { false }
    }

    var hasEnded: Bool { if case .terminated = state { true } else { false } }

    var isRunning: Bool { if case .running = state { true } else { false } }

    fileprivate mutating func lose(now: Timestamp) {
        var end = ContainerStateTerminated()
        end.exitCode = 137
        end.reason = "ContainerStatusUnknown"
        end.message = "The container could not be located when the pod was terminated"
        end.containerID = containerID
        if case .running(let startedAt) = state { end.startedAt = startedAt }
        end.finishedAt = now
        state = .terminated(end)
        ready = false
        started = false
    }
}

extension ContainerStateTerminated {
    /// The signal is in the exit code (128 + n), as the field's runtimes report it.
    init(_ termination: Termination, containerID: String) {
        self.init()
        exitCode = termination.exitCode
        reason = termination.reason
        message = termination.message
        startedAt = termination.startedAt == 0 ? nil : Timestamp(nanoseconds: termination.startedAt)
        finishedAt = Timestamp(nanoseconds: termination.finishedAt)
        self.containerID = containerID
    }
}

extension PodRecord {
    /// Takes over what the API has no field for.
    mutating func update(_ state: PodState) {
        for (position, report) in (state.initContainers + state.containers).enumerated()
        where position < containers.count {
            containers[position].update(report)
        }
    }
}

extension ContainerRecord {
    fileprivate mutating func update(_ report: ContainerReport) {
        memoryBytes = report.memoryBytes
        if let last = report.lastTermination, report.restartCount > 0 { add(last, report.restartCount - 1) }
        if case .terminated(let end) = report.state { add(end, report.restartCount) }
    }

    private mutating func add(_ termination: Termination, _ restartCount: Int32) {
        if let last = attempts.last, last.restartCount >= restartCount { return }
        var attempt = ContainerAttempt(
            restartCount: restartCount, terminated: ContainerStateTerminated(termination, containerID: ""))
        attempt.memoryLimitBytes = memoryLimitBytes
        attempt.oomKills = termination.oomKills
        attempt.peakMemoryBytes = termination.peakMemoryBytes
        attempt.cpuMicroseconds = termination.cpuMicroseconds
        attempts.append(attempt)
    }
}
