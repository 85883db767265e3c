// SPDX-License-Identifier: Apache-2.0

import PodPlan

@testable import PodSupervisor

// What the machine says of the pod, held against what is known of it.
extension PodAccount {
    mutating func check(_ state: PodState) throws(Violation) {
        let reports = state.initContainers + state.containers
        for (report, container) in zip(reports, containers) { try check(report, container) }
        let phase = expectedPhase(state.phase)
        if state.phase != phase { throw Violation("the phase is \(state.phase), not \(phase)") }
        if state.isRestarting != (restartSource != nil) { throw Violation("restarting: \(state.isRestarting)") }
        if state.reason != end?.reason ?? "" { throw Violation("the reason is \"\(state.reason)\"") }
        if state.phase == .succeeded || state.phase == .failed { terminalPhase = state.phase }
    }

    /// - Parameter said: Whether a pod that is to end has ended is its own decision, once nothing of it runs.
    private func expectedPhase(_ said: PodState.Phase) -> PodState.Phase {
        if let terminalPhase { return terminalPhase }
        if end != nil, !containers.contains(where: \.runs), said == .succeeded || said == .failed {
            let succeeded = isInitialized && regular.allSatisfy { $0.lastEnd?.exitCode == 0 }
            return succeeded && end!.reason.isEmpty ? .succeeded : .failed
        }
        guard isInitialized || wasInitialized else { return .pending }
        let isPending = regular.contains { container in
            container.runs
                ? container.postStart == .running && container.previousEnd == nil : container.lastEnd == nil
        }
        return isPending ? .pending : .running
    }

    private func check(_ report: ContainerReport, _ container: ContainerAccount) throws(Violation) {
        let name = container.plan.name
        func expect(_ truth: Bool, _ what: String) throws(Violation) {
            if !truth { throw Violation("\(what) of \(name) is wrong: \(report)") }
        }
        try expect(report.name == name, "the name")
        try expect(Int(report.restartCount) == max(0, container.creations - 1), "the restart count")
        let id = container.creations == 0 ? "" : "u/\(name)/\(container.creations - 1)"
        try expect(report.containerID == id, "the container's ID")
        try expect(report.started == container.isStarted, "started")
        try expect(report.ready == container.isReady, "ready")
        try check(report, container, expect)
    }

    private func check(
        _ report: ContainerReport, _ container: ContainerAccount, _ expect: (Bool, String) throws(Violation) -> Void
    ) throws(Violation) {
        switch report.state {
        case .running(let startedAt):
            try expect(container.runs && container.postStart == .none, "state")
            try expect(startedAt == container.startedAt, "startedAt")
            try expect(report.lastTermination == container.previousEnd, "the last end")
        case .terminated(let end):
            if end.reason == "ContainerStatusUnknown" {
                try expect(container.lastEnd == nil && !container.runs && self.end != nil, "the unknown end")
            } else {
                try expect(!container.runs && end == container.lastEnd, "the end")
            }
            try expect(
                container.isFinished || self.end != nil || restartSource != nil, "an end that is followed by a restart")
            try expect(report.lastTermination == container.previousEnd, "the last end")
        case .waiting("CrashLoopBackOff", _):
            try expect(!container.runs && !container.isFinished && end == nil, "the back-off")
            try expect(container.reset == nil, "the back-off")
            try expect(report.lastTermination == container.lastEnd, "the last end")
        case .waiting("RestartingAllContainers", _):
            try expect(!container.runs && container.reset != nil && end == nil, "the restart of all")
            try expect(report.lastTermination == container.lastEnd, "the last end")
        case .waiting("PostStartHookError", _):
            try expect(container.runs && container.postStart == .failed, "the failed hook")
        case .waiting:
            try expect(container.runs ? container.postStart == .running : container.lastEnd == nil, "waiting")
        }
    }
}
