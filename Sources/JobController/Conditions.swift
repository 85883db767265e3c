// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI

// The Job's status: conditions and counters.
extension JobController {
    func condition(_ type: JobCondition.Kind) -> JobCondition? { job.status.conditions.first { $0.type == type } }

    /// Adds a condition, or changes it in its place. One that was never there is not added as False.
    /// - Returns: whether it is different now.
    @discardableResult
    mutating func setCondition(
        _ type: JobCondition.Kind, _ status: ConditionStatus, _ reason: String, _ message: String, now: Timestamp
    ) -> Bool {
        let place = job.status.conditions.firstIndex { $0.type == type }
        let old = place.map { job.status.conditions[$0] }
        if let old, old.status == status, old.reason == reason, old.message == message { return false }
        if old == nil, status == .false { return false }
        var condition = JobCondition(type: type)
        condition.status = status
        condition.lastProbeTime = now
        condition.lastTransitionTime = now
        condition.reason = reason
        condition.message = message
        if let place { job.status.conditions[place] = condition } else { job.status.conditions.append(condition) }
        return true
    }

    /// Suspended or resumed. Resuming starts the Job's clock anew.
    mutating func updateSuspended(now: Timestamp, _ intents: inout [JobIntent]) {
        if isSuspended {
            guard setCondition(.suspended, .true, "JobSuspended", "Job suspended", now: now) else { return }
            record(.normal, "Suspended", "Job suspended", now: now, &intents)
        } else if setCondition(.suspended, .false, "JobResumed", "Job resumed", now: now) {
            record(.normal, "Resumed", "Job resumed", now: now, &intents)
            job.status.startTime = now
        }
    }

    mutating func updateCounters() {
        job.status.active = Int32(pods.active)
        job.status.ready = Int32(pods.ready)
        job.status.terminating = Int32(pods.terminating)
        if job.status.uncountedTerminatedPods == nil { job.status.uncountedTerminatedPods = UncountedTerminatedPods() }
    }

    /// Sets the terminal condition as soon as no pod runs or terminates any more.
    /// - Returns: whether the Job has just finished.
    mutating func finish(now: Timestamp) -> Bool {
        guard let verdict, pods.isEmpty else { return false }
        setCondition(verdict.terminal, .true, verdict.reason, verdict.message, now: now)
        if verdict.succeeds { job.status.completionTime = now }
        finishedAt = now
        return true
    }
}
