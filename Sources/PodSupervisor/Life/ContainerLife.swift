// SPDX-License-Identifier: Apache-2.0

import PodPlan

/// One container of the pod through all its attempts. Times are nanoseconds of the supervisor's clock.
struct ContainerLife: Hashable, Sendable {
    enum Phase: Hashable, Sendable {
        /// Never started yet; it cannot be, or its turn has not come.
        case waiting(reason: String, message: String)
        case running(startedAt: Int64)
        /// It ended and will be started again at that time.
        case backingOff(until: Int64, after: Termination)
        case ended(Termination)
    }

    let name: String
    /// Set: it can never be started.
    let blocked: ContainerPlan.Waiting?
    let stopSignal: Int32
    var phase: Phase
    /// How often it has been created.
    var attempts: Int32 = 0
    /// Of the attempt before the one that `phase` tells of.
    var previous: Termination?
    var backoff: RestartBackoff
    /// Not before this time after a try to create it that failed.
    var retryAt: Int64?
    /// The stop signal has been sent, or the container has been killed.
    var signalled = false
    var killed = false
    /// The event of a container that cannot be started is told once.
    var blockTold = false
    var memoryBytes: Int64 = 0

    init(_ plan: ContainerPlan, waiting reason: String, backoff: RestartBackoff) {
        name = plan.name
        blocked = plan.waiting
        stopSignal = plan.stopSignal
        phase = .waiting(reason: reason, message: "")
        self.backoff = backoff
    }

    var restartCount: Int32 { max(0, attempts - 1) }

    var isRunning: Bool {
        if case .running = phase { true } else { false }
    }

    /// How it ended, when it will not be started again by itself.
    var end: Termination? {
        if case .ended(let termination) = phase { termination } else { nil }
    }

    var hasSucceeded: Bool { end?.exitCode == 0 }

    /// Never started: neither runs nor has it ever run.
    var hasNeverRun: Bool {
        if case .waiting = phase { previous == nil } else { false }
    }

    func report(uid: String) -> ContainerReport {
        var report = ContainerReport()
        report.name = name
        report.restartCount = restartCount
        if attempts > 0 { report.containerID = "\(uid)/\(name)/\(attempts - 1)" }
        report.lastTermination = previous
        switch phase {
        case .waiting(let reason, let message): report.state = .waiting(reason: reason, message: message)
        case .running(let startedAt):
            report.state = .running(startedAt: startedAt)
            report.memoryBytes = memoryBytes
        case .ended(let termination): report.state = .terminated(termination)
        case .backingOff(_, let termination):
            report.state = .waiting(reason: "CrashLoopBackOff", message: "")
            report.lastTermination = termination
        }
        return report
    }
}
