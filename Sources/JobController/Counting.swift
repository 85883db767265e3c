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
            settle(&changed, as: .succeeded, finished: changed.finishTime)
        case .failed:
            pods.remove(uid)
            settle(&changed, as: .failed, finished: changed.finishTime)
        case .pending, .running:
            // podReplacementPolicy TerminatingOrFailed: it is a failure as soon as its deletion begins.
            if changed.isTerminating { settle(&changed, as: .failed, finished: changed.finishTime) }
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

    private mutating func podVanished(_ uid: String, now: Timestamp) {
        guard var pod = pods.remove(uid) else { return }
        settle(&pod, as: .failed, finished: pod.finishTime(vanishedAt: now))
    }

    private mutating func creationFailed(
        _ uid: String, _ message: String, now: Timestamp, _ intents: inout [JobIntent]
    ) {
        guard var pod = pods.remove(uid) else { return }
        leaveOut(&pod)
        creationRetry.failed(at: now)
        record(.warning, "FailedCreate", "Error creating: \(message)", now: now, &intents)
    }

    enum PodEnd { case succeeded, failed }

    /// Counts a pod unless that was done, or it was left out.
    mutating func settle(_ pod: inout TrackedPod, as end: PodEnd, finished: Timestamp) {
        guard !pod.isSettled else { return }
        leaveOut(&pod)
        // A pod of an Indexed Job without an index in range counts as nothing.
        if let indexes = pods.indexes, !indexes.isInRange(pod.index) { return }
        switch end {
        case .succeeded:
            streak.succeeded(at: finished)
            if let index = pod.index, pods.indexes != nil {
                pods.indexes?.complete(index)
                publishIndexes()
            } else {
                job.status.succeeded += 1
            }
        case .failed:
            streak.failed(at: finished)
            job.status.failed += 1
        }
    }

    /// From now on the pod is in no count, however it ends.
    mutating func leaveOut(_ pod: inout TrackedPod) {
        pod.isSettled = true
        settled.insert(pod.uid)
    }

    /// An Indexed Job has succeeded as often as there are completed indexes.
    mutating func publishIndexes() {
        guard let completed = pods.indexes?.completed else { return }
        job.status.completedIndexes = completed.description
        job.status.succeeded = Int32(completed.count)
    }
}
