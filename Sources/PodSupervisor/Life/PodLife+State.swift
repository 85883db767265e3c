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
        let reports = containers.map { container in
            var report = container.report(uid: uid)
            if case .backingOff(let until, let end) = container.phase {
                let delay = goDuration(max(0, until - end.finishedAt))
                report.state = .waiting(
                    reason: "CrashLoopBackOff",
                    message: "back-off \(delay) restarting failed container=\(container.name) pod=\(podName)")
            }
            return report
        }
        state.initContainers = Array(reports[..<initCount])
        state.containers = Array(reports[initCount...])
        return state
    }

    /// As the kubelet computes it (`getPhase`): one container that has never run keeps the pod Pending.
    private var phase: PodState.Phase {
        if let terminalPhase { return terminalPhase }
        guard containers[..<initCount].allSatisfy(\.hasSucceeded) else { return .pending }
        return containers[initCount...].contains(where: \.hasNeverRun) ? .pending : .running
    }
}
