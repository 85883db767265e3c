// SPDX-License-Identifier: Apache-2.0

import PodPlan

extension PodLife {
    /// The whole of it, as the control plane is told.
    var state: PodState {
        var state = PodState()
        state.phase = phase
        state.startTime = startTime
        if let stopping {
            state.reason = stopping.reason
            state.message = stopping.message
        }
        state.isRestarting = isRestartingAll
        let reports = containers.map(report)
        state.initContainers = Array(reports[..<initCount])
        state.containers = Array(reports[initCount...])
        return state
    }

    /// As the kubelet computes it (`getPhase`): one container that has never run keeps the pod Pending.
    private var phase: PodState.Phase {
        if let terminalPhase { return terminalPhase }
        // Once initialized, a pod stays so while its init containers run again.
        guard stage == initCount || !containers[initCount...].allSatisfy(\.hasNeverRun) else { return .pending }
        return containers[initCount...].contains(where: \.hasNeverRun) ? .pending : .running
    }

    private func report(_ container: ContainerLife) -> ContainerReport {
        var report = ContainerReport()
        report.name = container.name
        report.restartCount = container.restartCount
        if container.attempts > 0 { report.containerID = "\(uid)/\(container.name)/\(container.attempts - 1)" }
        report.lastTermination = container.previous
        report.started = container.hasStarted
        report.ready = container.isReady
        report.state = state(of: container)
        switch container.phase {
        case .running: report.memoryBytes = container.memoryBytes
        case .backingOff(_, let end): report.lastTermination = end
        case .waiting, .ended: break
        }
        return report
    }

    private func state(of container: ContainerLife) -> ContainerReport.State {
        switch container.phase {
        case .waiting(let reason, let message): return .waiting(reason: reason, message: message)
        case .running(let startedAt):
            if case .failed(let why) = container.postStart {
                return .waiting(reason: "PostStartHookError", message: why)
            }
            // The kubelet, too, tells of a container when its hook is done.
            if container.isInPostStart { return .waiting(reason: container.firstReason, message: "") }
            return .running(startedAt: startedAt)
        case .ended(let termination): return .terminated(termination)
        case .backingOff where container.reset != nil:
            return .waiting(reason: "RestartingAllContainers", message: "")
        case .backingOff(let until, let end):
            let delay = goDuration(max(0, until - end.finishedAt))
            let message = "back-off \(delay) restarting failed container=\(container.name) pod=\(podName)"
            return .waiting(reason: "CrashLoopBackOff", message: message)
        }
    }
}
