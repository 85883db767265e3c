// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import PodPlan

/// What a pod's status needs beside what its supervisor says: the same for all of its life.
struct StatusContext {
    /// Image and image id by container, init containers first.
    var images: [(image: String, id: String)]
    var address: String

    fileprivate func image(_ position: Int) -> (image: String, id: String) {
        position < images.count ? images[position] : ("", "")
    }
}

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
            startTime = Timestamp(nanoseconds: state.startTime)
            hostIP = context.address
            podIP = context.address
        }
        initContainerStatuses = state.initContainers.enumerated().map { position, report in
            ContainerStatus(report, context.image(position), isInit: true)
        }
        containerStatuses = state.containers.enumerated().map { position, report in
            ContainerStatus(report, context.image(state.initContainers.count + position), isInit: false)
        }
        updateConditions(now: now)
    }

    /// The five conditions of a pod on a node, in the order in which the kubelet writes them.
    mutating func updateConditions(now: Timestamp) {
        let incomplete = initContainerStatuses.filter { !$0.hasSucceeded }.map(\.name)
        let unready = containerStatuses.filter { !$0.ready }.map(\.name)
        var started = PodCondition(type: "PodReadyToStartContainers", status: .false)
        if startTime != nil, !phase.isTerminal { started.status = .true }
        var initialized = PodCondition(type: "Initialized", status: .true)
        if phase == .succeeded {
            initialized.reason = "PodCompleted"
        } else if !incomplete.isEmpty {
            initialized.status = .false
            initialized.reason = "ContainersNotInitialized"
            initialized.message = "containers with incomplete status: [\(incomplete.joined(separator: " "))]"
        }
        var ready = PodCondition(type: "Ready", status: .false)
        switch phase {
        case .succeeded: ready.reason = "PodCompleted"
        case .failed: ready.reason = "PodFailed"
        case .pending, .running:
            if unready.isEmpty, !containerStatuses.isEmpty {
                ready.status = .true
            } else {
                ready.reason = "ContainersNotReady"
                ready.message = "containers with unready status: [\(unready.joined(separator: " "))]"
            }
        }
        var containersReady = ready
        containersReady.type = "ContainersReady"
        let scheduled = PodCondition(type: "PodScheduled", status: .true)
        replaceConditions([started, initialized, ready, containersReady, scheduled], now: now)
    }

    /// A condition keeps its transition time as long as its status is the same.
    private mutating func replaceConditions(_ fresh: [PodCondition], now: Timestamp) {
        let before = conditions
        conditions = fresh
        for index in conditions.indices {
            let old = before.first { $0.type == conditions[index].type }
            let kept = old?.status == conditions[index].status ? old?.lastTransitionTime : nil
            conditions[index].lastTransitionTime = kept ?? now
        }
    }

    /// The pod's supervisor is gone without a word: whatever had not ended is unknown, and the pod has failed.
    mutating func lose(now: Timestamp) {
        phase = .failed
        message = "The process that ran the pod ended unexpectedly, and the pod with it"
        for index in initContainerStatuses.indices where initContainerStatuses[index].isRunning {
            initContainerStatuses[index].lose(now: now)
        }
        for index in containerStatuses.indices where !containerStatuses[index].hasEnded {
            containerStatuses[index].lose(now: now)
        }
        updateConditions(now: now)
    }
}

extension ContainerStatus {
    fileprivate init(_ report: ContainerReport, _ image: (image: String, id: String), isInit: Bool) {
        self.init()
        name = report.name
        self.image = image.image
        imageID = image.id
        containerID = report.containerID.isEmpty ? "" : "berth://" + report.containerID
        restartCount = report.restartCount
        lastState = report.lastTermination.map { .terminated(ContainerStateTerminated($0, containerID: "")) }
        switch report.state {
        case .waiting(let reason, let message):
            state = .waiting(reason: reason, message: message)
            started = false
        case .running(let startedAt):
            state = .running(startedAt: Timestamp(nanoseconds: startedAt))
            // No probe says otherwise. An init container is ready when it is done.
            ready = !isInit
            started = true
        case .terminated(let termination):
            state = .terminated(ContainerStateTerminated(termination, containerID: containerID))
            ready = isInit && termination.exitCode == 0
            started = false
        }
    }

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
        attempt.oomKills = termination.oomKills
        attempt.peakMemoryBytes = termination.peakMemoryBytes
        attempt.cpuMicroseconds = termination.cpuMicroseconds
        attempts.append(attempt)
    }
}
