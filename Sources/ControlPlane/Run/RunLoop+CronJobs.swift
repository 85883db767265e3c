// SPDX-License-Identifier: Apache-2.0

import JobController
import KubernetesAPI
import Linux

/// The clock of the CronJobs, the one that people set, and the timer that goes with it.
final class CronClock {
    private let clock = WallClock()
    private let timer: ClockTimer
    private let offset: Int64
    private var armed: Timestamp?

    /// - Parameter offset: how far it is ahead of the host's.
    init(offset: Duration) throws(RunError) {
        self.offset = offset.wholeNanoseconds
        timer = try attempt("make", "a timer of the wall clock") { () throws(Errno) in try ClockTimer(.wall) }
    }

    var descriptor: CInt { timer.descriptor.rawValue }
    var now: Timestamp { Timestamp(nanoseconds: clock.now + offset) }

    /// Sets when the timer goes off; nil: never.
    func arm(_ time: Timestamp?) throws(RunError) {
        guard time != armed else { return }
        armed = time
        let time = time.map { $0.nanoseconds - offset }
        try attempt("set", "a timer of the wall clock") { () throws(Errno) in try timer.set(time) }
    }

    func acknowledge() throws(RunError) {
        armed = nil
        try attempt("read", "a timer of the wall clock") { () throws(Errno) in try timer.acknowledge() }
    }
}

// CronJobs, and the Jobs that come and go with them.
extension RunLoop {
    /// Begins with a CronJob: its times are counted from now.
    func add(_ cronJob: CronJob) throws(RunError) {
        if cronClock == nil {
            let clock = try CronClock(offset: options.cronClockOffset)
            try watch(clock.descriptor, Token.cronTimer)
            cronClock = clock
        }
        guard let cronClock else { return }
        var cronJob = cronJob
        cronJob.prepareForCreate(uid: randomUUID(using: &random), now: cronClock.now, random: random.next())
        let entry = CronJobEntry(CronJobController(cronJob: cronJob) { try? TimeZoneFiles.zone($0) })
        cronJobs.append(entry)
        if let interval = entry.controller.schedule?.interval, interval < .seconds(60) {
            let name = cronJob.metadata.name
            observer.noticed(.frequent(cronJob: name, schedule: cronJob.spec.schedule))
        }
        apply(.resync, to: entry)
        observer.cronJobChanged(entry.cronJob, next: entry.controller.nextWake)
    }

    /// Hands all pending events to the controllers of CronJobs.
    ///
    /// - Returns: there were some.
    func carryOutCronEvents() -> Bool {
        let events = pendingCron
        pendingCron = []
        for (entry, event) in events { apply(event, to: entry) }
        return !events.isEmpty
    }

    private func apply(_ event: CronJobEvent, to entry: CronJobEntry) {
        guard entry.verdict == nil, let cronClock else { return }
        for intent in entry.controller.apply(event, now: cronClock.now, random: &random) {
            switch intent {
            case .createJob(let job): create(job, for: entry)
            case .deleteJob(let uid):
                if let job = jobs.first(where: { $0.uid == uid }) { remove(job) }
            case .record(let event): record(event)
            case .statusChanged: observer.cronJobChanged(entry.cronJob, next: entry.controller.nextWake)
            case .wake: break  // `nextWake` says the same.
            }
        }
        settle(entry)
    }

    /// A CronJob that nothing but a change of its spec can get to start anything, and that waits for no Job.
    private func settle(_ entry: CronJobEntry) {
        guard entry.controller.nextWake == nil, entry.controller.cronJob.status.active.isEmpty else { return }
        let isSuspended = entry.controller.cronJob.spec.suspend == true
        let reason =
            isSuspended ? "the CronJob is suspended (spec.suspend: true)" : "its schedule has no time that comes"
        entry.verdict = .stalled(reason: reason)
        let name = entry.controller.cronJob.metadata.name
        observer.noticed(.stalled(kind: "CronJob", name: name, reason: reason))
    }

    private func create(_ job: Job, for cronJob: CronJobEntry) {
        let (name, namespace) = (job.metadata.name, job.metadata.namespace)
        guard !jobs.contains(where: { $0.job.metadata.name == name && $0.job.metadata.namespace == namespace }) else {
            let message = "jobs.batch \"\(name)\" already exists"
            pendingCron.append((cronJob, .jobCreateFailed(uid: job.metadata.uid, message: message)))
            return
        }
        var job = job
        job.prepareForCreate(uid: job.metadata.uid, now: now, random: 0)
        begin(job, of: cronJob)
    }

    /// Tells a Job's CronJob what became of it.
    func tellCronJob(_ job: JobEntry) {
        guard let cronJob = job.cronJob, !job.isGone else { return }
        pendingCron.append((cronJob, .jobChanged(job.asSeenByItsCronJob)))
    }

    /// The Job's `ttlSecondsAfterFinished` has passed.
    func expire(_ job: JobEntry) {
        guard let cronJob = job.cronJob, !job.isGone else { return }
        remove(job)
        pendingCron.append((cronJob, .jobDeleted(uid: job.uid)))
    }

    /// Deletes a Job: its name is free at once, its pods go in the background.
    private func remove(_ job: JobEntry) {
        job.isGone = true
        job.verdict = job.verdict ?? .interrupted
        jobs.removeAll { $0 === job }
        var gone: Set = [job.uid]
        for pod in pods where pod.job === job {
            gone.insert(pod.uid)
            delete(pod)
            forgetIfGone(pod)
        }
        events.forget(gone)
        observer.jobRemoved(job.job)
    }

    /// Forgets a pod whose Job was deleted, once nothing of it is left.
    func forgetIfGone(_ pod: PodEntry) {
        guard pod.job?.isGone == true, pod.supervisor == nil else { return }
        podsByUID[pod.uid] = nil
        waiting.removeAll { $0.entry === pod }
        observer.podRemoved(pod.record)
        // Now and then: a Job may have tens of thousands.
        if podsByUID.count * 2 <= pods.count { pods.removeAll { podsByUID[$0.uid] == nil } }
    }

    /// Sets the timer of the wall clock to the first time at which a CronJob has something to do.
    func armCronTimer() throws(RunError) {
        guard let cronClock, closingUntil == nil else { return }
        try cronClock.arm(cronJobs.filter { $0.verdict == nil }.compactMap(\.controller.nextWake).min())
    }

    func takeCronTimer() throws(RunError) {
        try cronClock?.acknowledge()
        for entry in cronJobs { pendingCron.append((entry, .resync)) }
    }
}

extension JobEntry {
    /// A Job that can never go on here has failed, to its CronJob: Kubernetes would keep it for ever, and with `Forbid`
    /// nothing would start any more.
    fileprivate var asSeenByItsCronJob: Job {
        var job = job
        switch verdict {
        case .stuck, .stalled: job.status.conditions.append(JobCondition(type: .failed))
        case .complete, .failed, .interrupted, nil: break
        }
        return job
    }
}
