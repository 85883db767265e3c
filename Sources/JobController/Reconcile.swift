// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI

// One sync: the verdict, then the pods.
extension JobController {
    mutating func reconcile(now: Timestamp, random: inout some RandomNumberGenerator, _ intents: inout [JobIntent]) {
        hasSynced = true
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
    }

    /// A Job that fails takes its pods with it, and each is a failed one. Those of one that succeeds are in no count.
    private mutating func endActivePods(by verdict: Verdict, now: Timestamp, _ intents: inout [JobIntent]) {
        guard pods.active > 0 else { return }
        for var pod in pods.activePods() {
            if verdict.succeeds { leaveOut(&pod) } else { settle(&pod, as: .failed, finished: now) }
            delete(pod, now: now, &intents)
        }
    }

    /// Deletes pods that are too many, or creates missing ones; never both in one sync.
    private mutating func manage(
        now: Timestamp, random: inout some RandomNumberGenerator, _ intents: inout [JobIntent]
    ) {
        let wanted = wantedPods
        let surplus = surplusPods(atLeast: pods.active - wanted)
        for var pod in surplus {
            leaveOut(&pod)
            delete(pod, now: now, &intents)
        }
        guard surplus.isEmpty, !isSuspended, creationHold.map({ $0 <= now }) ?? true else { return }
        for _ in 0..<max(0, wanted - pods.active) { createPod(now: now, random: &random, &intents) }
    }

    /// How many active pods there should be.
    private var wantedPods: Int {
        if isSuspended { return 0 }
        guard let completions else { return succeeded > 0 ? pods.active : parallelism }
        return max(0, min(parallelism, completions - succeeded))
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
        now: Timestamp, random: inout some RandomNumberGenerator, _ intents: inout [JobIntent]
    ) {
        let index = pods.indexes?.lowestFree
        guard index != nil || !isIndexed else { return }
        var uuid = UInt128(uuidFrom: &random)
        while settled.contains(uuid.uuidText) || pods[uuid.uuidText] != nil { uuid &+= 1 }
        let suffix = names.suffix(index: index, random: &random)
        let pod = blueprint.makePod(index: index, suffix: suffix, uid: uuid.uuidText, now: now)
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
    /// Before this time no pod is created, for a free place neither.
    private var creationHold: Timestamp? {
        guard let first = streak.end(of: backoff) else { return creationRetry.notBefore }
        return max(first, creationRetry.notBefore ?? first)
    }

    func wakeTime(now: Timestamp) -> Timestamp? {
        guard !isFinished, verdict == nil, !isSuspended else { return nil }
        var time = deadline(now: now) ?? .distantFuture
        // Still missing pods: they wait for their time, or, after a sync that deleted others, for the next one.
        if pods.active < wantedPods { time = min(time, max(now, creationHold ?? now)) }
        return time == .distantFuture ? nil : time
    }

    /// Why a Job makes no progress unless its spec is changed.
    package enum Stall: Hashable, Sendable, CustomStringConvertible {
        case suspended, noParallelism

        package var description: String {
            switch self {
            case .suspended: "the Job is suspended (spec.suspend: true)"
            case .noParallelism: "the Job may run no pods (spec.parallelism: 0)"
            }
        }
    }

    /// Why nothing will happen any more by itself; nil while something can: a pod is there (one that is being deleted,
    /// too), a deadline runs, or the Job is finished.
    package var stall: Stall? {
        guard hasSynced, verdict == nil, !isFinished, pods.isEmpty, nextWake == nil else { return nil }
        if isSuspended { return .suspended }
        return parallelism == 0 ? .noParallelism : nil
    }
}
