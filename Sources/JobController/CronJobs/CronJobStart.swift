// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI

// What is due, and whether it may start.
extension CronJobController {
    private static let clusterDocumentation =
        "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/"

    /// Starts the Job of the latest time that has come, if nothing is against it.
    mutating func start(now: Timestamp, random: inout some RandomNumberGenerator, _ intents: inout [CronJobIntent]) {
        guard maySchedule, let schedule = usableSchedule(now: now, &intents) else { return }
        guard let missed = missed(by: schedule, now: now) else { return }
        let time = missed.latest
        guard isInTime(time, now: now) else {
            let message = "Missed scheduled time to start a job: \(time.rfc1123)"
            return tell(.warning, "MissSchedule", message, about: time, now: now, &intents)
        }
        if missed.areTooMany {
            let message =
                "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew"
            tell(.warning, "TooManyMissedTimes", message, about: time, now: now, &intents)
        }
        let name = cronJob.jobName(at: time)
        guard !cronJob.status.active.contains(where: { $0.name == name }) else { return }
        if cronJob.spec.concurrencyPolicy == .forbid, !cronJob.status.active.isEmpty {
            let message = "Not starting job because prior execution is running and concurrency policy is Forbid"
            return tell(.normal, "JobAlreadyActive", message, about: time, now: now, &intents)
        }
        if cronJob.spec.concurrencyPolicy == .replace {
            for job in jobs where isActive(job.uid) { delete(job, now: now, &intents) }
        }
        cronJob.status.lastScheduleTime = time
        // Two times of one minute have one Job: Kubernetes's names tell no more apart.
        guard !jobs.contains(where: { $0.name == name }) else { return }
        create(
            cronJob.makeJob(at: time, in: zone ?? .utc, uid: randomUUID(using: &random)), now: now, &intents)
    }

    private mutating func create(_ job: Job, now: Timestamp, _ intents: inout [CronJobIntent]) {
        jobs.append(OwnedJob(job))
        intents.append(.createJob(job))
        record(.normal, "SuccessfulCreate", "Created job \(job.metadata.name)", now: now, &intents)
        var reference = ObjectReference()
        reference.apiVersion = "batch/v1"
        reference.kind = "Job"
        reference.namespace = job.metadata.namespace
        reference.name = job.metadata.name
        reference.uid = job.metadata.uid
        cronJob.status.active.append(reference)
    }

    /// When something may become due; nil: never, as it is.
    func wakeTime(now: Timestamp) -> Timestamp? {
        guard maySchedule, let schedule else { return nil }
        return schedule.next(after: missed(by: schedule, now: now)?.latest ?? base(now))
    }

    private var maySchedule: Bool { cronJob.spec.suspend != true && cronJob.metadata.deletionTimestamp == nil }

    /// What times are counted from.
    private func base(_ now: Timestamp) -> Timestamp {
        cronJob.status.lastScheduleTime ?? cronJob.metadata.creationTimestamp ?? now
    }

    private func missed(by schedule: CronSchedule, now: Timestamp) -> CronSchedule.Missed? {
        schedule.missed(since: base(now), countedAfter: windowStart(now), now: now)
    }

    /// Nothing due at this time or before is started any more.
    private func windowStart(_ now: Timestamp) -> Timestamp? {
        guard let seconds = cronJob.spec.startingDeadlineSeconds else { return nil }
        let length = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let start = now.nanoseconds.subtractingReportingOverflow(length.partialValue)
        return length.overflow || start.overflow ? nil : Timestamp(nanoseconds: start.partialValue)
    }

    private func isInTime(_ time: Timestamp, now: Timestamp) -> Bool { windowStart(now).map { time > $0 } ?? true }

    /// The schedule; nil when it has no times, which is told.
    private mutating func usableSchedule(now: Timestamp, _ intents: inout [CronJobIntent]) -> CronSchedule? {
        guard zone != nil else {
            let name = cronJob.spec.timeZone ?? ""
            let message = "invalid timeZone: \(Fault.quoted(name)): unknown time zone \(name)"
            tell(.warning, "UnknownTimeZone", message, about: nil, now: now, &intents)
            return nil
        }
        let text = cronJob.spec.schedule
        if text.contains("TZ") {
            let message = "CRON_TZ or TZ used in schedule \(Fault.quoted(text)) is not officially supported, see "
            tell(
                .warning, "UnsupportedSchedule", "\(message)\(Self.clusterDocumentation) for more details", about: nil,
                now: now, &intents)
        }
        guard let schedule else {
            let message = "unparseable schedule: \(Fault.quoted(text)) : \(scheduleFault)"
            tell(.warning, "UnparseableSchedule", message, about: nil, now: now, &intents)
            return nil
        }
        guard schedule.next(after: base(now)) != nil else {
            let message =
                "invalid schedule: \(text) : time difference between two schedules is less than 1 second"
            tell(.warning, "InvalidSchedule", message, about: nil, now: now, &intents)
            return nil
        }
        return schedule
    }

    /// Records what is not new at the next sync.
    private mutating func tell(
        _ type: Event.Kind, _ reason: String, _ message: String, about time: Timestamp?, now: Timestamp,
        _ intents: inout [CronJobIntent]
    ) {
        guard notices.isNew(reason, about: time) else { return }
        record(type, reason, message, now: now, &intents)
    }
}
