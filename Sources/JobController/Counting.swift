// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI

// Counting pods, each once.
extension JobController {
    mutating func take(_ event: JobEvent, now: Timestamp, _ intents: inout [JobIntent]) {
        switch event {
        case .resync, .specChanged: break
        case .podChanged(let pod): podChanged(pod, now: now)
        case .podDeleted(let uid): podVanished(uid, now: now)
        case .podCreateFailed(let uid, let message): creationFailed(uid, message, now: now, &intents)
        }
    }

    private mutating func podChanged(_ pod: Pod, now: Timestamp) {
        let uid = pod.metadata.uid
        let known = pods[uid] ?? adopt(pod, now: now)
        guard let known else { return }
        creationRetry.worked(askedAt: known.created)
        var changed = known
        changed.update(from: pod)
        switch pod.status.phase {
        case .succeeded:
            pods.remove(uid)
            countSuccess(of: &changed)
        case .failed:
            pods.remove(uid)
            let meaning = job.spec.podFailurePolicy?.meaning(of: pod) ?? .counted
            countFailure(of: &changed, meaning, finished: changed.finishTime)
        case .pending, .running:
            if changed.isTerminating, !replacesOnlyEnded {
                countFailure(of: &changed, .counted, finished: changed.finishTime)
            }
            pods.replace(known, with: changed)
        }
    }

    /// Takes over a pod that we didn't make, or that an earlier controller made.
    private mutating func adopt(_ pod: Pod, now: Timestamp) -> TrackedPod? {
        let isOurs = pod.metadata.ownerReferences.contains { $0.controller == true && $0.uid == job.metadata.uid }
        guard isOurs, pod.metadata.finalizers.contains(JobKey.tracking), !settled.contains(pod.metadata.uid) else {
            return nil
        }
        let tracked = TrackedPod(pod, sequence: pods.takeSequence(), now: now)
        pods.insert(tracked)
        return tracked
    }

    /// In Kubernetes a pod can't go without a terminal phase: the garbage collector of pods marks it Failed first.
    private mutating func podVanished(_ uid: String, now: Timestamp) {
        guard var pod = pods.remove(uid) else { return }
        countFailure(of: &pod, .counted, finished: pod.finishTime(vanishedAt: now))
    }

    private mutating func creationFailed(
        _ uid: String, _ message: String, now: Timestamp, _ intents: inout [JobIntent]
    ) {
        guard pods.remove(uid) != nil else { return }
        settled.insert(uid)
        creationRetry.failed(at: now)
        record(.warning, "FailedCreate", "Error creating: \(message)", now: now, &intents)
    }

    /// From now on the pod is in no count, however it ends.
    mutating func leaveOut(_ pod: inout TrackedPod) {
        pod.isSettled = true
        settled.insert(pod.uid)
        released.append(pod.uid)
    }

    /// Pods that are being deleted are failures at once, under this `podReplacementPolicy`; those that were waited for
    /// until now, too.
    mutating func countTerminatingPods() {
        for pod in pods.uncountedTerminatingPods() {
            var changed = pod
            countFailure(of: &changed, .counted, finished: pod.finishTime)
            pods.replace(pod, with: changed)
        }
    }

    /// A Job that fails takes this pod with it: a failed one, but none that says anything about its index.
    mutating func countKilled(_ pod: inout TrackedPod) {
        if settle(&pod) { job.status.failed += 1 }
    }

    private mutating func countSuccess(of pod: inout TrackedPod) {
        guard settle(&pod) else { return }
        streak.succeeded(at: pod.finishTime)
        guard let index = pod.index, pods.indexes != nil else {
            job.status.succeeded += 1
            return
        }
        pods.indexes?.complete(index)
        indexFailures.forget(index)
        publishIndexes()
    }

    private mutating func countFailure(of pod: inout TrackedPod, _ meaning: FailureMeaning, finished: Timestamp) {
        guard settle(&pod) else { return }
        streak.failed(at: finished)
        if meaning != .ignored { job.status.failed += 1 }
        if case .failsJob(let message) = meaning { failJobMessage = failJobMessage ?? message }
        if let limit = job.spec.backoffLimitPerIndex, let index = pod.index {
            countFailure(of: index, pod.failuresBefore, limit, meaning, finished: finished)
        }
    }

    private mutating func countFailure(
        of index: Int, _ before: IndexFailures, _ limit: Int32, _ meaning: FailureMeaning, finished: Timestamp
    ) {
        if meaning == .failsIndex || (meaning != .ignored && before.counted >= limit) {
            pods.indexes?.fail(index)
            indexFailures.forget(index)
            return publishIndexes()
        }
        var failures = before
        if meaning == .ignored { failures.ignored += 1 } else { failures.counted += 1 }
        failures.last = finished
        indexFailures.note(failures, of: index)
    }

    /// From now on nothing more is to be counted of this pod.
    /// - Returns: whether it counts now: it was not counted or left out before, and it has an index in range if the Job
    ///   has indexes.
    private mutating func settle(_ pod: inout TrackedPod) -> Bool {
        guard !pod.isSettled else { return false }
        leaveOut(&pod)
        return pods.indexes?.isInRange(pod.index) ?? true
    }

    /// An Indexed Job has succeeded as often as there are completed indexes.
    mutating func publishIndexes() {
        guard let indexes = pods.indexes else { return }
        job.status.completedIndexes = indexes.completed.description
        job.status.succeeded = Int32(indexes.completed.count)
        if job.spec.backoffLimitPerIndex != nil { job.status.failedIndexes = indexes.failed.description }
    }
}
