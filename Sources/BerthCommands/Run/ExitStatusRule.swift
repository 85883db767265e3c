// SPDX-License-Identifier: Apache-2.0

import ControlPlane
import KubernetesAPI

/// The exit status of `berth run`.
struct ExitStatusRule {
    let passesExitCode: Bool

    func status(of outcome: RunOutcome) -> Int32 {
        // What a container says that was ended from outside is no success.
        if passesExitCode, outcome.interruptedBy == nil, let code = containerCode(outcome),
            code != 0 || outcome.verdict == .complete
        {
            return code
        }
        switch outcome.verdict {
        case .complete: return 0
        case .failed, .stuck: return 1
        case .stalled: return 4
        case .interrupted: return 128 + (outcome.interruptedBy ?? 2)
        }
    }

    /// The exit code of the only pod: that of its first container that did not end well, in the manifest's order. How its
    /// sidecars end is of no importance.
    private func containerCode(_ outcome: RunOutcome) -> Int32? {
        guard outcome.pods.count == 1, outcome.pods[0].pod.status.phase.isTerminal else { return nil }
        let spec = outcome.pods[0].pod.spec
        let sidecars = Set(spec.initContainers.filter { $0.restartPolicy == .always }.map(\.name))
        let containers = outcome.pods[0].containers.filter { !sidecars.contains($0.name) }
        let ends = containers.compactMap { $0.attempts.last?.terminated.exitCode }
        guard !ends.isEmpty else { return nil }
        return ends.first { $0 != 0 } ?? (outcome.pods[0].pod.status.phase == .succeeded ? 0 : 1)
    }
}
