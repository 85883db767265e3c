// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI

/// A CronJob as `kubectl describe cronjob` shows it, as far as it says something on one machine.
struct CronJobDescription {
    let cronJob: CronJob
    let events: [Event]
    let now: Timestamp

    var lines: [String] {
        let (spec, status) = (cronJob.spec, cronJob.status)
        var rows: [(String, String)] = [
            ("Name:", cronJob.metadata.name), ("Namespace:", cronJob.metadata.namespace), ("Schedule:", spec.schedule),
        ]
        if let zone = spec.timeZone { rows.append(("Time Zone:", zone)) }
        rows.append(("Concurrency Policy:", (spec.concurrencyPolicy ?? .allow).rawValue))
        rows.append(("Suspend:", spec.suspend == true ? "True" : "False"))
        rows.append(("Successful Job History Limit:", limit(spec.successfulJobsHistoryLimit)))
        rows.append(("Failed Job History Limit:", limit(spec.failedJobsHistoryLimit)))
        rows.append(("Starting Deadline Seconds:", spec.startingDeadlineSeconds.map { "\($0)s" } ?? "<unset>"))
        rows.append(("Last Schedule Time:", status.lastScheduleTime?.rfc1123 ?? "<unset>"))
        if let success = status.lastSuccessfulTime { rows.append(("Last Successful Time:", success.rfc1123)) }
        let active = status.active.map(\.name).joined(separator: ", ")
        rows.append(("Active Jobs:", active.isEmpty ? "<none>" : active))
        let width = (rows.map(\.0.count).max() ?? 0) + 2
        return rows.map { $0.0.padded(to: width) + $0.1.escapedForTerminal }
            + EventTable(events: events, now: now).lines
    }

    private func limit(_ number: Int32?) -> String { number.map(String.init) ?? "<unset>" }
}
