// SPDX-License-Identifier: Apache-2.0

import ControlPlane
import KubernetesAPI

/// The exit status of `berth run`.
struct ExitStatusRule {
    let passesExitCode: Bool

    func status(of outcome: RunOutcome) -> Int32 {
        if passesExitCode, outcome.interruptedBy == nil, let code = containerCode(outcome) { return code }
        switch outcome.verdict {
        case .complete: return 0
        case .failed, .stuck: return 1
        case .stalled: return 4
        case .interrupted: return 128 + (outcome.interruptedBy ?? 2)
        }
    }

    /// The exit code of the only pod: that of its first container that did not end well, in the manifest's order.
    private func containerCode(_ outcome: RunOutcome) -> Int32? {
        guard outcome.pods.count == 1, outcome.pods[0].pod.status.phase.isTerminal else { return nil }
        let ends = outcome.pods[0].containers.compactMap { $0.attempts.last?.terminated.exitCode }
        guard !ends.isEmpty else { return nil }
        return ends.first { $0 != 0 } ?? (outcome.pods[0].pod.status.phase == .succeeded ? 0 : 1)
    }
}
