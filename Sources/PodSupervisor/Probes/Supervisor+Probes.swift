// SPDX-License-Identifier: Apache-2.0

import Linux
import PodPlan

extension Supervisor {
    /// Begins the probes whose time has come.
    ///
    /// - Returns: whether there were any.
    func probe() throws(Errno) -> Bool {
        if probes.isEmpty { return false }
        let due = probes.advance(life.probeTargets, now: clock.now)
        for (id, plan) in due {
            try run(plan.handler, for: .probe(id), timeoutSeconds: Int64(plan.timeoutSeconds))
        }
        return !due.isEmpty
    }

    /// A run of a probe is over: it is told, it counts, and enough of them change the container's state.
    func probeEnded(_ id: ProbeID, _ outcome: HandlerOutcome) {
        let succeeded: Bool?
        switch outcome {
        case .success: succeeded = true
        case .warning(let text):
            tell(PodEvent(warning: true, reason: "ProbeWarning", message: "\(id.kind.name) probe warning: \(text)"))
            succeeded = true
        case .failure(let text):
            tell(PodEvent(warning: true, reason: "Unhealthy", message: "\(id.kind.name) probe failed: \(text)"))
            succeeded = false
        case .error(let text):
            let message = "\(id.kind.name) probe errored and resulted in unknown state: \(text)"
            tell(PodEvent(warning: true, reason: "Unhealthy", message: message))
            succeeded = nil
        }
        guard let verdict = probes.ended(id, succeeded: succeeded) else { return }
        life.probed(id.container, id.kind, succeeded: verdict, now: clock.now)
    }
}

extension ProbeKind {
    /// As the kubelet's events have it.
    fileprivate var name: String {
        switch self {
        case .startup: "Startup"
        case .liveness: "Liveness"
        case .readiness: "Readiness"
        }
    }
}

extension PodLife {
    /// The containers as their probes see them.
    var probeTargets: [ProbeTarget?] {
        containers.map { container in
            guard case .running(let startedAt) = container.phase, container.postStart == .done else { return nil }
            return ProbeTarget(
                attempt: container.attempts - 1, startedAt: startedAt, hasStarted: container.hasStarted,
                isEnding: stopping != nil || container.stop != nil)
        }
    }
}
