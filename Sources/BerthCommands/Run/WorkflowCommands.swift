// SPDX-License-Identifier: Apache-2.0

import ControlPlane
import KubernetesAPI

/// `::error` lines, which GitHub Actions shows as annotations of the run.
struct WorkflowCommands {
    func report(_ outcome: RunOutcome) -> [String] {
        let pods = outcome.pods.filter { $0.pod.status.phase == .failed && !outcome.wasNotNeeded($0) }.suffix(10).map {
            record in
            let endings = record.containers.compactMap { container in
                container.attempts.last.flatMap { $0.terminated.isSuccess ? nil : "\(container.name): \($0.ending)" }
            }
            let reason =
                record.pod.status.reason.isEmpty ? [] : ["\(record.pod.status.reason): \(record.pod.status.message)"]
            return error(title: "pod/\(record.pod.metadata.name) failed", (reason + endings).joined(separator: "; "))
        }
        let jobs = outcome.jobs.compactMap { result -> String? in
            switch result.verdict {
            case .failed(let reason, let message), .stuck(let reason, let message):
                error(title: "job/\(result.job.metadata.name) failed", "\(reason): \(message)")
            case .complete, .stalled, .interrupted: nil
            }
        }
        return pods + jobs
    }

    private func error(title: String, _ message: String) -> String {
        "::error title=\(escape(title, property: true))::\(escape(message, property: false))"
    }

    /// As the toolkit of GitHub Actions escapes data and properties of a workflow command.
    private func escape(_ text: String, property: Bool) -> String {
        var text = text.replacing("%", with: "%25").replacing("\r", with: "%0D").replacing("\n", with: "%0A")
        if property { text = text.replacing(":", with: "%3A").replacing(",", with: "%2C") }
        return text
    }
}
