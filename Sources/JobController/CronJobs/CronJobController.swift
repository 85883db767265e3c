// SPDX-License-Identifier: Apache-2.0

package import KubernetesAPI

/// What happened to a CronJob or to one of its Jobs.
package enum CronJobEvent: Sendable {
    /// Nothing new: look at the clock. Also the first event of every CronJob, and what to send when the clock was set.
    case resync
    /// A Job of the CronJob is there, or has changed: the whole Job as it is now.
    case jobChanged(Job)
    /// A Job is gone, and not because the controller asked for it.
    case jobDeleted(uid: String)
    /// A Job that the controller asked for could not be made.
    case jobCreateFailed(uid: String, message: String)
    /// The user changed the spec; valid by itself.
    case specChanged(CronJobSpec)
}

/// What is to be done next. The caller carries it out and comes back with events.
package enum CronJobIntent: Sendable {
    /// Create this Job: name, UID, labels, annotations and owner are in it; defaults are not.
    case createJob(Job)
    /// Delete this Job, and then its pods gracefully (background propagation): its name is free at once. No event needs to
    /// tell of it.
    case deleteJob(uid: String)
    /// Keep and show this event.
    case record(Event)
    /// `cronJob.status` is different from before; store it.
    case statusChanged
    /// Come back with `resync` at this time at the latest. Replaces an earlier one.
    case wake(at: Timestamp)
}

/// One CronJob's reducer: takes in what happened and the time by the wall clock, says what is to be done next.
///
/// Each event is one sync of Kubernetes's CronJob controller (1.34, `pkg/controller/cronjob`), in its order: the history
/// is trimmed, Jobs that ended or went leave `status.active`, and what is due is started. It differs in three ways:
/// - What is still so at the next sync (a time missed, a Job in the way) is told once for each scheduled time.
/// - It wakes at the scheduled time itself; Kubernetes adds 100 ms for clocks that differ from one machine to the next.
/// - The latest missed time is found exactly, and `@every` keeps its pace whatever `startingDeadlineSeconds` says, where
///   Kubernetes would never start one whose deadline is shorter than its interval.
package struct CronJobController: Sendable {
    /// The CronJob with its defaults, and its status as of the last event.
    package internal(set) var cronJob: CronJob
    /// The latest time at which `apply(.resync, …)` is needed; nil: only another event can change anything.
    package internal(set) var nextWake: Timestamp?

    /// nil: the text is no schedule; `scheduleFault` says why.
    package private(set) var schedule: CronSchedule?
    var scheduleFault = ""
    /// nil: nobody knows the one that it names.
    private(set) var zone: TimeZone?
    /// Those that the CronJob owns and that were not deleted.
    var jobs: [OwnedJob] = []
    var notices = Notices()

    /// Finds a time zone by its name in the tz database; nil: there is none.
    private let zones: @Sendable (String) -> TimeZone?

    /// - Parameters:
    ///   - cronJob: with its defaults, UID and creation time. A status in it is gone on from.
    ///   - zones: finds a time zone by its name in the tz database, or nothing.
    package init(
        cronJob: CronJob, zones: @escaping @Sendable (String) -> TimeZone? = { $0 == "UTC" ? .utc : nil }
    ) {
        self.cronJob = cronJob
        self.zones = zones
        readSchedule()
    }

    /// Takes in one event; repeated and belated ones do no harm.
    ///
    /// - Parameter now: by the wall clock. It may jump, in both directions.
    /// - Returns: what to do, in this order.
    package mutating func apply(
        _ event: CronJobEvent, now: Timestamp, random: inout some RandomNumberGenerator
    ) -> [CronJobIntent] {
        let before = cronJob.status
        let wakeBefore = nextWake
        var intents: [CronJobIntent] = []
        let hasNewTimes = take(event, now: now, &intents)
        trimHistory(now: now, &intents)
        noteEndedJobs(now: now, &intents)
        // Times of a new schedule that have passed were never promised.
        if !hasNewTimes { start(now: now, random: &random, &intents) }
        if cronJob.status != before { intents.append(.statusChanged) }
        nextWake = wakeTime(now: now)
        // A resync may be the wake itself, come early: say it again, or it would be lost.
        var isResync = false
        if case .resync = event { isResync = true }
        if let nextWake, nextWake != wakeBefore || isResync { intents.append(.wake(at: nextWake)) }
        return intents
    }

    /// - Returns: the schedule is another one.
    private mutating func take(_ event: CronJobEvent, now: Timestamp, _ intents: inout [CronJobIntent]) -> Bool {
        switch event {
        case .resync: break
        case .jobChanged(let job): see(job, now: now, &intents)
        case .jobDeleted(let uid): lose(uid, now: now, &intents)
        case .jobCreateFailed(let uid, let message):
            jobs.removeAll { $0.uid == uid }
            cronJob.status.active.removeAll { $0.uid == uid }
            record(.warning, "FailedCreate", "Error creating job: \(message)", now: now, &intents)
        case .specChanged(let spec):
            let old = cronJob.spec
            cronJob.spec = spec
            readSchedule()
            notices = Notices()
            return spec.schedule != old.schedule || spec.timeZone != old.timeZone
        }
        return false
    }

    private mutating func readSchedule() {
        zone = cronJob.spec.timeZone.map(zones) ?? .utc
        do throws(CronSchedule.Failure) {
            schedule = try CronSchedule(cronJob.spec.schedule, zone: zone ?? .utc)
        } catch {
            schedule = nil
            scheduleFault = error.message
        }
    }

    func record(
        _ type: Event.Kind, _ reason: String, _ message: String, now: Timestamp, _ intents: inout [CronJobIntent]
    ) {
        intents.append(
            .record(
                Event(
                    type, reason: reason, message: message, kind: "CronJob", name: cronJob.metadata.name,
                    uid: cronJob.metadata.uid, source: "cronjob-controller", at: now)))
    }
}

extension CronJobController {
    /// What has been told about one scheduled time, or about the spec.
    struct Notices: Sendable {
        private var time: Timestamp?
        private var reasons: Set<String> = []

        /// - Returns: it was not told before.
        mutating func isNew(_ reason: String, about time: Timestamp?) -> Bool {
            if self.time != time {
                self.time = time
                reasons = []
            }
            return reasons.insert(reason).inserted
        }
    }
}
