// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI

/// What the controller of a CronJob keeps of a Job.
struct OwnedJob: Hashable, Sendable {
    let uid: String
    let name: String
    var startTime: Timestamp?
    var completionTime: Timestamp?
    /// `Complete` or `Failed`, once it is so.
    var end: JobCondition.Kind?

    init(_ job: Job) {
        uid = job.metadata.uid
        name = job.metadata.name
        update(from: job)
    }

    mutating func update(from job: Job) {
        startTime = job.status.startTime
        completionTime = job.status.completionTime
        end = job.status.conditions.first { $0.status == .true && [.complete, .failed].contains($0.type) }?.type ?? end
    }
}

// The Jobs that are there.
extension CronJobController {
    func isActive(_ uid: String) -> Bool { cronJob.status.active.contains { $0.uid == uid } }

    /// Takes in a Job as it is now. One of others is ignored.
    mutating func see(_ job: Job, now: Timestamp, _ intents: inout [CronJobIntent]) {
        let controller = job.metadata.ownerReferences.first { $0.controller == true }
        guard let controller, controller.uid == cronJob.metadata.uid else { return }
        if let place = jobs.firstIndex(where: { $0.uid == job.metadata.uid }) { return jobs[place].update(from: job) }
        let owned = OwnedJob(job)
        jobs.append(owned)
        guard owned.end == nil, !isActive(owned.uid) else { return }
        let message = "Saw a job that the controller did not create or forgot: \(owned.name)"
        record(.warning, "UnexpectedJob", message, now: now, &intents)
    }

    /// A Job went away by itself.
    mutating func lose(_ uid: String, now: Timestamp, _ intents: inout [CronJobIntent]) {
        jobs.removeAll { $0.uid == uid }
        guard let place = cronJob.status.active.firstIndex(where: { $0.uid == uid }) else { return }
        let name = cronJob.status.active.remove(at: place).name
        record(.normal, "MissingJob", "Active job went missing: \(name)", now: now, &intents)
    }

    /// Takes finished Jobs out of `status.active`, and keeps the latest success.
    mutating func noteEndedJobs(now: Timestamp, _ intents: inout [CronJobIntent]) {
        for job in jobs {
            guard let end = job.end else { continue }
            if let place = cronJob.status.active.firstIndex(where: { $0.uid == job.uid }) {
                cronJob.status.active.remove(at: place)
                let message = "Saw completed job: \(job.name), condition: \(end.rawValue)"
                record(.normal, "SawCompletedJob", message, now: now, &intents)
            }
            noteSuccess(job)
        }
    }

    private mutating func noteSuccess(_ job: OwnedJob) {
        guard job.end == .complete, let time = job.completionTime else { return }
        cronJob.status.lastSuccessfulTime = max(cronJob.status.lastSuccessfulTime ?? time, time)
    }

    /// Deletes the finished Jobs that are more than the history's limits, those that started first. Comes before they are
    /// taken out of `status.active`, as in Kubernetes: of a Job that is not kept at all there is no `SawCompletedJob`.
    mutating func trimHistory(now: Timestamp, _ intents: inout [CronJobIntent]) {
        let limits = [
            (JobCondition.Kind.complete, cronJob.spec.successfulJobsHistoryLimit),
            (.failed, cronJob.spec.failedJobsHistoryLimit),
        ]
        for (end, limit) in limits {
            guard let limit else { continue }
            let ended = jobs.filter { $0.end == end }.sorted { $0.startedBefore($1) }
            for job in ended.dropLast(Int(max(0, limit))) {
                noteSuccess(job)
                delete(job, now: now, &intents)
            }
        }
    }

    mutating func delete(_ job: OwnedJob, now: Timestamp, _ intents: inout [CronJobIntent]) {
        jobs.removeAll { $0.uid == job.uid }
        cronJob.status.active.removeAll { $0.uid == job.uid }
        intents.append(.deleteJob(uid: job.uid))
        record(.normal, "SuccessfulDelete", "Deleted job \(job.name)", now: now, &intents)
    }
}

extension OwnedJob {
    /// The order in which the history goes; what never started goes last.
    fileprivate func startedBefore(_ other: OwnedJob) -> Bool {
        guard let startTime, let theirs = other.startTime else {
            return startTime == nil && other.startTime == nil ? name < other.name : startTime != nil
        }
        return startTime == theirs ? name < other.name : startTime < theirs
    }
}
