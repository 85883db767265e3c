// SPDX-License-Identifier: Apache-2.0

package import KubernetesAPI

/// One Job's reducer: takes in what happened, says what is to be done next. It has no clock, file or randomness of its own.
///
/// Each event is one sync of Kubernetes's Job controller, in its order: count pods that ended, look for a verdict, delete
/// or create pods, write the status. Two things are simpler than there, because one process holds everything:
/// - A pod is counted in the event that shows its end. `uncountedTerminatedPods` is therefore always empty (UIDs in a
///   status that is gone on from are counted at once), and an interim condition and its terminal one may appear in the
///   same event, in that order, when no pod is left to wait for.
/// - All missing pods are asked for at once, not in batches of 1, 2, 4, … up to 500 a sync: the batches are there to spare
///   the API server, and here is none. The same goes for deletion.
package struct JobController: Sendable {
    /// The Job with its defaults, its generated selector and labels, and its status as of the last event.
    package internal(set) var job: Job
    /// The latest time at which `apply(.resync, …)` is needed; nil: only another event can change anything.
    package internal(set) var nextWake: Timestamp?

    let backoff: JobBackoff
    var pods = PodTable()
    var names = PodNames()
    var blueprint: PodBlueprint
    /// What was decided about the Job's end; its interim condition is in the status.
    var verdict: Verdict?
    /// A pod has failed that fails the Job by its `podFailurePolicy`; what the first one said.
    var failJobMessage: String?
    var successRules: SuccessRules
    /// When the terminal condition came; from then on nothing changes any more.
    var finishedAt: Timestamp?
    /// The Job's deletion was asked for.
    private var hasExpired = false
    var hasSynced = false
    /// Pods that are counted or left out for good. What is told of them later changes no count.
    var settled: Set<String> = []
    /// Those of them that are to be released with this event.
    var released: [String] = []
    var streak = FailureStreak()
    /// Only with `backoffLimitPerIndex`.
    var indexFailures = IndexFailureTable()
    var creationRetry = CreationRetry()

    /// - Parameters:
    ///   - job: valid, with its UID. A status in it is gone on from.
    ///   - backoff: the delays between replacement pods.
    package init(job: Job, backoff: JobBackoff) {
        self.job = job
        self.backoff = backoff
        self.job.complete()
        blueprint = PodBlueprint(job: self.job)
        successRules = SuccessRules(job.spec.successPolicy, completions: Int(job.spec.completions ?? 0))
        verdict = Verdict(conditions: job.status.conditions)
        let final = job.status.conditions.first { $0.status == .true && [.complete, .failed].contains($0.type) }
        finishedAt = final.map { $0.lastTransitionTime ?? Timestamp(nanoseconds: 0) }
        guard foreignManager == nil, !isFinished else { return }
        resumeCounting()
    }

    /// Goes on from a status that has been begun.
    private mutating func resumeCounting() {
        let uncounted = job.status.uncountedTerminatedPods ?? UncountedTerminatedPods()
        for uid in uncounted.succeeded + uncounted.failed { settled.insert(uid) }
        if !isIndexed { job.status.succeeded += Int32(uncounted.succeeded.count) }
        job.status.failed += Int32(uncounted.failed.count)
        job.status.uncountedTerminatedPods = UncountedTerminatedPods()
        pods.use(indexes(of: job.status), replacesOnlyEnded: replacesOnlyEnded)
        publishIndexes()
    }

    /// Only a status that no controller wrote can't be read; the indexes it means are run again.
    private func indexes(of status: JobStatus) -> CompletionIndexes? {
        guard isIndexed, let completions else { return nil }
        return CompletionIndexes(
            completions: completions, completed: (try? IndexSet(parsing: status.completedIndexes)) ?? IndexSet(),
            failed: (try? IndexSet(parsing: status.failedIndexes ?? "")) ?? IndexSet())
    }

    /// Takes in one event.
    ///
    /// Any order is fine, and so are repeated and belated notifications: a pod is counted once, by its UID. A pod that
    /// this controller didn't create is taken over when it has the Job as its controller and the tracking finalizer, and
    /// is ignored otherwise.
    /// - Returns: what to do, in this order. Events of the Job's end come after `statusChanged`.
    package mutating func apply(
        _ event: JobEvent, now: Timestamp, random: inout some RandomNumberGenerator
    ) -> [JobIntent] {
        hasSynced = true
        let before = job.status
        if case .specChanged(let spec) = event { change(spec) }
        guard foreignManager == nil else { return [] }
        if isFinished { return expire(event, now: now) }
        let wakeBefore = nextWake
        var intents: [JobIntent] = []
        take(event, now: now, &intents)
        reconcile(now: now, random: &random, &intents)
        updateCounters()
        let finished = finish(now: now)
        if job.status != before { intents.append(.statusChanged) }
        for uid in released { intents.append(.releasePod(uid: uid)) }
        released.removeAll()
        if finished { recordEnd(now: now, &intents) }
        nextWake = finished ? expiry : wakeTime(now: now)
        // A resync may be the wake itself, come early: say it again, or it would be lost.
        if let nextWake, nextWake != wakeBefore || event.isResync { intents.append(.wake(at: nextWake)) }
        return intents
    }

    /// The fields that may change take effect with the sync that follows.
    private mutating func change(_ spec: JobSpec) {
        var changed = job
        changed.spec = spec
        changed.complete()
        let faults = FaultList()
        changed.spec.validateUpdate(of: job.spec, hasStarted: job.status.startTime != nil, faults)
        guard faults.faults.isEmpty else { return }
        let old = job.spec
        job.spec = changed.spec
        guard !isFinished, foreignManager == nil else { return }
        blueprint = PodBlueprint(job: job)
        successRules = SuccessRules(job.spec.successPolicy, completions: completions ?? 0)
        let isResized = isIndexed && job.spec.completions != old.completions
        guard isResized || replacesOnlyEnded != pods.replacesOnlyEnded else { return }
        pods.use(indexes(of: job.status), replacesOnlyEnded: replacesOnlyEnded)
        publishIndexes()
        if !replacesOnlyEnded { countTerminatingPods() }
    }

    /// A finished Job only waits for the end of its `ttlSecondsAfterFinished`.
    private mutating func expire(_ event: JobEvent, now: Timestamp) -> [JobIntent] {
        guard !hasExpired else { return [] }
        let wakeBefore = nextWake
        nextWake = expiry
        guard let expiry else { return [] }
        if expiry <= now {
            hasExpired = true
            nextWake = nil
            return [.deleteJob]
        }
        return expiry != wakeBefore || event.isResync ? [.wake(at: expiry)] : []
    }

    private var expiry: Timestamp? {
        guard let finishedAt, let seconds = job.spec.ttlSecondsAfterFinished else { return nil }
        return finishedAt + .seconds(seconds)
    }
}

extension JobController {
    var isFinished: Bool { finishedAt != nil }
    /// The controller that looks after the Job in our place.
    var foreignManager: String? { job.spec.managedBy.flatMap { $0 == JobSpec.ownController ? nil : $0 } }
    /// A pod is a failure, and replaced, only when it has ended, not when its deletion begins.
    var replacesOnlyEnded: Bool { job.spec.podReplacementPolicy == .failed || job.spec.podFailurePolicy != nil }
    var isIndexed: Bool { job.spec.completionMode == .indexed }
    var isSuspended: Bool { job.spec.suspend == true }
    var completions: Int? { job.spec.completions.map(Int.init) }
    var parallelism: Int { Int(job.spec.parallelism ?? 1) }
    var succeeded: Int { Int(job.status.succeeded) }
}

extension Job {
    /// What a Job read back from an API server has: defaults, selector, generated labels. The second time the defaults
    /// take the labels of the template over to a Job without its own, now with the generated ones.
    fileprivate mutating func complete() {
        applyDefaults()
        addGeneratedSelector()
        applyDefaults()
    }
}

extension JobEvent {
    fileprivate var isResync: Bool { if case .resync = self { true } else { false } }
}
