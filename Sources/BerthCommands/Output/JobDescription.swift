// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI

/// A Job as `kubectl describe job` shows it, as far as it says something on one machine.
struct JobDescription {
    let job: Job
    let events: [Event]
    let now: Timestamp

    var lines: [String] {
        var rows: [(String, String)] = [("Name:", job.metadata.name), ("Namespace:", job.metadata.namespace)]
        rows.append(("Parallelism:", job.spec.parallelism.map(String.init) ?? "<unset>"))
        rows.append(("Completions:", job.spec.completions.map(String.init) ?? "<unset>"))
        rows.append(("Completion Mode:", job.spec.completionMode?.rawValue ?? "NonIndexed"))
        if job.spec.suspend ?? false { rows.append(("Suspend:", "true")) }
        if let start = job.status.startTime { rows.append(("Start Time:", start.rfc1123)) }
        if let completed = job.status.completionTime { rows.append(("Completed At:", completed.rfc1123)) }
        if let duration { rows.append(("Duration:", duration.brief)) }
        if let deadline = job.spec.activeDeadlineSeconds { rows.append(("Active Deadline Seconds:", "\(deadline)s")) }
        let status = job.status
        rows.append(
            (
                "Pods Statuses:",
                "\(status.active) Active (\(status.ready ?? 0) Ready) / \(status.succeeded) Succeeded / \(status.failed) Failed"
            ))
        if !status.completedIndexes.isEmpty { rows.append(("Completed Indexes:", status.completedIndexes)) }
        if let failed = status.failedIndexes, !failed.isEmpty { rows.append(("Failed Indexes:", failed)) }
        if let verdict { rows.append(("Condition:", verdict)) }
        let width = (rows.map(\.0.count).max() ?? 0) + 2
        return rows.map { $0.0.padded(to: width) + $0.1.escapedForTerminal }
            + EventTable(events: events, now: now).lines
    }

    /// It has a terminal condition.
    var hasEnded: Bool { ending != nil }

    /// From the start to the end: the terminal condition's time, or now.
    var duration: Duration? {
        guard let start = job.status.startTime else { return nil }
        return (ending ?? now) - start
    }

    private var ending: Timestamp? {
        job.status.conditions.last { $0.type == .complete || $0.type == .failed }?.lastTransitionTime
    }

    /// "Failed: BackoffLimitExceeded (Job has reached the specified backoff limit)".
    var verdict: String? {
        guard let last = job.status.conditions.last(where: { $0.status == .true }) else { return nil }
        return "\(last.type.rawValue): \(last.reason)" + (last.message.isEmpty ? "" : " (\(last.message))")
    }
}
