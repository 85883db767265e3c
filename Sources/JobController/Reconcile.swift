// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI

// One sync: the verdict, then the pods.
extension JobController {
    mutating func reconcile(now: Timestamp, random: inout some RandomNumberGenerator, _ intents: inout [JobIntent]) {
        if job.status.startTime == nil, !isSuspended { job.status.startTime = now }
        if verdict == nil, let verdict = firstVerdict(now: now) { decide(verdict, now: now) }
        if let verdict {
            endActivePods(by: verdict, now: now, &intents)
            return
        }
        manage(now: now, random: &random, &intents)
        if hasReachedCompletions {
            decide(.completionsReached, now: now)
        } else {
            updateSuspended(now: now, &intents)
        }
    }

    private mutating func decide(_ verdict: Verdict, now: Timestamp) {
        self.verdict = verdict
        setCondition(verdict.interim, .true, verdict.reason, verdict.message, now: now)
        for pod in pods.uncountedTerminatingPods() {
            var changed = pod
            settle(&changed, by: verdict)
            pods.replace(pod, with: changed)
        }
    }

    private mutating func endActivePods(by verdict: Verdict, now: Timestamp, _ intents: inout [JobIntent]) {
        guard pods.active > 0 else { return }
        for var pod in pods.activePods() {
            settle(&pod, by: verdict)
            delete(pod, now: now, &intents)
        }
    }

    /// A Job that fails takes its pods with it, and each is a failed one. Those of one that succeeds are in no count.
    private mutating func settle(_ pod: inout TrackedPod, by verdict: Verdict) {
        if verdict.succeeds { leaveOut(&pod) } else { countKilled(&pod) }
    }

    /// Deletes pods that are too many, or creates missing ones; never both in one sync.
    private mutating func manage(
        now: Timestamp, random: inout some RandomNumberGenerator, _ intents: inout [JobIntent]
    ) {
        let surplus = surplusPods(atLeast: pods.active - wantedPods)
        for var pod in surplus {
            leaveOut(&pod)
            delete(pod, now: now, &intents)
        }
        guard surplus.isEmpty, !isSuspended, creationHold ?? now <= now else { return }
        let missing = missingPods
        guard let indexes = pods.indexes else {
            for _ in 0..<missing { createPod(index: nil, now: now, random: &random, &intents) }
            return
        }
        for index in indexes.free(missing) where indexFailures[index].end(of: backoff) ?? now <= now {
            createPod(index: index, now: now, random: &random, &intents)
        }
    }

    /// How many active pods there should be.
    private var wantedPods: Int {
        if isSuspended { return 0 }
        guard let completions else { return succeeded > 0 ? pods.active : parallelism }
        return max(0, min(parallelism, completions - succeeded))
    }

    /// Pods are still to come, even if none fails.
    package var expectsPods: Bool {
        guard verdict == nil, !isSuspended, let completions else { return false }
        return succeeded + pods.active < completions
    }

    /// How many pods are to be created. A pod that is being deleted may still take up its place. With
    /// `backoffLimitPerIndex` an index that waits keeps its place among the lowest ones, but holds up no other.
    private var missingPods: Int {
        max(0, wantedPods - pods.active - (replacesOnlyEnded ? pods.terminating : 0))
    }

    /// Before this time no pod is created, for a free place neither. Each index with a limit of its own waits by itself.
    private var creationHold: Timestamp? {
        let retry = creationRetry.notBefore
        guard job.spec.backoffLimitPerIndex == nil, let end = streak.end(of: backoff) else { return retry }
        return max(end, retry ?? end)
    }

    /// Active pods to delete: those whose index isn't theirs, and then what has got least far.
    private func surplusPods(atLeast count: Int) -> [TrackedPod] {
        let strays = pods.indexes?.surplus ?? 0
        guard strays > 0 || count > 0 else { return [] }
        var (first, rest) = splitByIndex(pods.activePods())
        if first.count < count {
            rest.sort { $0.isLessWanted(than: $1) }
            first += rest.prefix(count - first.count)
        }
        return first
    }

    /// First: pods without an index in range, and all but the most wanted of each index.
    private func splitByIndex(_ active: [TrackedPod]) -> (first: [TrackedPod], rest: [TrackedPod]) {
        guard let indexes = pods.indexes else { return ([], active) }
        var first = active.filter { !indexes.isInRange($0.index) }
        var best: [Int: TrackedPod] = [:]
        for pod in active where indexes.isInRange(pod.index) {
            guard let index = pod.index else { continue }
            guard let other = best[index] else {
                best[index] = pod
                continue
            }
            first.append(pod.isLessWanted(than: other) ? pod : other)
            if other.isLessWanted(than: pod) { best[index] = pod }
        }
        return (first, best.values.sorted { $0.sequence < $1.sequence })
    }

    private mutating func createPod(
        index: Int?, now: Timestamp, random: inout some RandomNumberGenerator, _ intents: inout [JobIntent]
    ) {
        var uuid = UInt128(uuidFrom: &random)
        var uid = uuid.uuidText
        while settled.contains(uid) || pods[uid] != nil {
            uuid &+= 1
            uid = uuid.uuidText
        }
        let suffix = names.suffix(index: index, random: &random)
        let failures = job.spec.backoffLimitPerIndex == nil ? nil : index.map { indexFailures[$0] }
        let pod = blueprint.makePod(index: index, failures: failures, suffix: suffix, uid: uid, now: now)
        pods.insert(TrackedPod(pod, sequence: pods.takeSequence(), now: now))
        intents.append(.createPod(pod))
        record(.normal, "SuccessfulCreate", "Created pod: \(pod.metadata.name)", now: now, &intents)
    }

    /// - Parameter pod: settled.
    private mutating func delete(_ pod: TrackedPod, now: Timestamp, _ intents: inout [JobIntent]) {
        var terminating = pod
        terminating.isTerminating = true
        if let old = pods[pod.uid] { pods.replace(old, with: terminating) }
        intents.append(.deletePod(uid: pod.uid))
        record(.normal, "SuccessfulDelete", "Deleted pod: \(pod.name)", now: now, &intents)
    }
}

// Waiting.
extension JobController {
    /// The next time at which something is to be done although nothing happens.
    func wakeTime(now: Timestamp) -> Timestamp? {
        guard verdict == nil, !isSuspended else { return nil }
        var time = deadline(now: now) ?? .distantFuture
        // Still missing pods: they wait for their time, or, after a sync that deleted others, for the next one.
        let missing = missingPods
        guard missing > 0 else { return time == .distantFuture ? nil : time }
        let hold = max(now, creationHold ?? now)
        if let indexes = pods.indexes {
            let seen = job.spec.backoffLimitPerIndex == nil ? 1 : missing
            for index in indexes.free(seen) {
                time = min(time, max(hold, indexFailures[index].end(of: backoff) ?? hold))
            }
        } else {
            time = min(time, hold)
        }
        return time == .distantFuture ? nil : time
    }
}
