// SPDX-License-Identifier: Apache-2.0

import ControlPlane
import KubernetesAPI

/// What stands at the end of a run: each CronJob and each Job described, then the ends of the failed attempts' logs.
struct RunSummary {
    let outcome: RunOutcome
    let color: Bool

    /// How many failed attempts of a Job are shown with their logs; the others are named.
    private static let shownFailures = 3
    private static let shownLines = 10

    var lines: [String] {
        var lines: [String] = []
        let now = latest
        for result in outcome.cronJobs {
            let events = outcome.events.filter { $0.involvedUID == result.cronJob.metadata.uid }
            lines += [""] + CronJobDescription(cronJob: result.cronJob, events: events, now: now).lines
            lines += verdict("cronjob/\(result.cronJob.metadata.name)", result.verdict)
        }
        for result in outcome.jobs {
            let events = outcome.events.filter { $0.involvedUID == result.job.metadata.uid }
            lines += [""] + JobDescription(job: result.job, events: events, now: now).lines
            lines += verdict("job/\(result.job.metadata.name)", result.verdict)
            lines += failures(outcome.pods(ofJob: result.job.metadata.uid))
        }
        for result in outcome.barePods {
            guard let record = outcome.pods.first(where: { $0.pod.metadata.uid == result.podUID }) else { continue }
            lines += verdict("pod/\(record.pod.metadata.name)", result.verdict)
            lines += failures([record])
        }
        return lines
    }

    private var latest: Timestamp {
        let times =
            outcome.events.map(\.lastTimestamp)
            + outcome.jobs.flatMap { $0.job.status.conditions.compactMap(\.lastTransitionTime) }
        return times.max() ?? Timestamp(nanoseconds: 0)
    }

    private func verdict(_ subject: String, _ verdict: Verdict) -> [String] {
        switch verdict {
        case .complete: [Color.green("✔", color) + " \(subject) complete"]
        case .failed(let reason, let message):
            [Color.red("✘", color) + " \(subject) failed: " + "\(reason): \(message)".escapedForTerminal]
        case .stuck(let reason, let message):
            [Color.red("✘", color) + " \(subject) can never start: " + "\(reason): \(message)".escapedForTerminal]
        case .stalled(let reason):
            [Color.yellow("!", color) + " \(subject) makes no progress: " + reason.escapedForTerminal]
        case .interrupted: [Color.yellow("!", color) + " \(subject) was interrupted"]
        }
    }

    private func failures(_ records: [PodRecord]) -> [String] {
        let failed = records.filter {
            !outcome.wasNotNeeded($0)
                && ($0.pod.status.phase == .failed || $0.containers.contains { $0.attempts.count > 1 })
        }
        var lines: [String] = []
        for record in failed.suffix(Self.shownFailures) {
            for container in record.containers {
                for attempt in container.attempts.suffix(Self.shownFailures) where !attempt.terminated.isSuccess {
                    lines += log(record, container.name, attempt)
                }
            }
        }
        if failed.count > Self.shownFailures, let kept = failed.first, kept.logsKept {
            lines.append(
                "… \(failed.count - Self.shownFailures) more failed pods; logs below \(kept.logDirectory) and beside it"
            )
        }
        return lines
    }

    private func log(_ record: PodRecord, _ container: String, _ attempt: ContainerAttempt) -> [String] {
        let path = record.logPath(container: container, restartCount: attempt.restartCount)
        let tail = LogTail.read(path, lines: Self.shownLines)
        let title =
            "--- pod/\(record.pod.metadata.name) container \(container) attempt \(attempt.restartCount + 1): \(attempt.ending)"
        guard !tail.isEmpty else { return [title.escapedForTerminal + " (no output)"] }
        return [title.escapedForTerminal + (record.logsKept ? " (\(path))" : "")]
            + tail.map { "    " + $0.escapedForTerminal }
    }
}
