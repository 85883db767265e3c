// SPDX-License-Identifier: Apache-2.0

package import KubernetesAPI

/// One Job's reducer: takes in what happened, says what is to be done next. It has no clock, file or randomness of its own.
///
/// Each event is one sync of Kubernetes's Job controller, in its order: count pods that ended, look for a verdict, delete
/// or create pods, write the status. Two things are simpler than there, because one process holds everything:
/// - A pod is counted in the event that shows its end. `uncountedTerminatedPods` is therefore always empty, and an interim
///   condition and its terminal one may appear in the same event, in that order, when no pod is left to wait for.
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
    /// The terminal condition is there; nothing changes any more.
    var isFinished: Bool
    var hasSynced = false
    /// Pods that are counted or left out for good. What is told of them later changes no count.
    var settled = UIDSet()
    var streak = FailureStreak()
    var creationRetry = CreationRetry()

    /// - Parameters:
    ///   - job: valid, with its UID. A status in it is gone on from.
    ///   - backoff: the delays between replacement pods.
    package init(job: Job, backoff: JobBackoff) {
        self.job = job
        self.backoff = backoff
        self.job.complete()
        blueprint = PodBlueprint(job: self.job)
        verdict = Verdict(conditions: job.status.conditions)
        let final: Set<JobCondition.Kind> = [.complete, .failed]
        isFinished = job.status.conditions.contains { $0.status == .true && final.contains($0.type) }
        guard isIndexed else { return }
        // Only a status that no controller wrote can't be read; the indexes it means are run again.
        let completed = try? IndexSet(parsing: job.status.completedIndexes, below: completions ?? 0)
        pods.indexes = CompletionIndexes(completions: completions ?? 0, completed: completed ?? IndexSet())
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
        if case .specChanged(let spec) = event { change(spec) }
        guard !isFinished else { return [] }
        let before = job.status
        let wakeBefore = nextWake
        var intents: [JobIntent] = []
        take(event, now: now, &intents)
        reconcile(now: now, random: &random, &intents)
        updateCounters()
        let finished = finish(now: now)
        if job.status != before { intents.append(.statusChanged) }
        if finished { recordEnd(now: now, &intents) }
        nextWake = wakeTime(now: now)
        // A resync may be the wake itself, come early: say it again, or it would be lost.
        if let nextWake, nextWake != wakeBefore || event.isResync { intents.append(.wake(at: nextWake)) }
        return intents
    }

    /// The spec's fields that may change take effect with the sync that follows.
    private mutating func change(_ spec: JobSpec) {
        job.spec = spec
        job.complete()
        guard !isFinished else { return }
        blueprint = PodBlueprint(job: job)
        guard isIndexed, let completions, completions != pods.indexes?.completions else { return }
        pods.indexes?.resize(to: completions)
        publishIndexes()
    }
}

extension JobController {
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
