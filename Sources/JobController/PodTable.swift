// SPDX-License-Identifier: Apache-2.0

/// The pods that have not ended, with every sum over them kept up to date: an event costs the same with 50,000 pods as
/// with one.
struct PodTable: Sendable {
    private var pods: [String: TrackedPod] = [:]
    private var nextSequence = 0
    /// Without deletion timestamp.
    private(set) var active = 0
    /// Active with `Ready` true.
    private(set) var ready = 0
    /// Being deleted.
    private(set) var terminating = 0
    /// Of active and terminating ones.
    private(set) var restarts: Int64 = 0
    /// Indexed Jobs only.
    var indexes: CompletionIndexes?
    /// A pod that is being deleted is replaced only when it has ended (`podReplacementPolicy: Failed`).
    private(set) var replacesOnlyEnded = false

    var isEmpty: Bool { pods.isEmpty }

    subscript(uid: String) -> TrackedPod? { pods[uid] }

    /// The number of the next pod to come.
    mutating func takeSequence() -> Int {
        nextSequence += 1
        return nextSequence
    }

    mutating func insert(_ pod: TrackedPod) {
        pods[pod.uid] = pod
        add(pod, 1)
    }

    @discardableResult
    mutating func remove(_ uid: String) -> TrackedPod? {
        guard let pod = pods.removeValue(forKey: uid) else { return nil }
        add(pod, -1)
        return pod
    }

    /// Replaces the entry of the same UID.
    mutating func replace(_ old: TrackedPod, with new: TrackedPod) {
        pods[new.uid] = new
        guard !(old.isActive && new.isActive) else {  // it keeps its place and its index
            restarts += new.restarts - old.restarts
            ready += (new.isReady ? 1 : 0) - (old.isReady ? 1 : 0)
            return
        }
        add(old, -1)
        add(new, 1)
    }

    /// Begins with other rules, for which the pods that are there are counted again.
    mutating func use(_ indexes: CompletionIndexes?, replacesOnlyEnded: Bool) {
        self.indexes = indexes
        self.replacesOnlyEnded = replacesOnlyEnded
        for pod in pods.values { hold(pod, 1) }
    }

    /// Pods being deleted that are in no count yet, in the order of their creation.
    func uncountedTerminatingPods() -> [TrackedPod] {
        guard terminating > 0 else { return [] }
        return pods.values.filter { !$0.isActive && !$0.isSettled }.sorted { $0.sequence < $1.sequence }
    }

    /// In the order of their creation.
    func activePods() -> [TrackedPod] {
        pods.values.filter(\.isActive).sorted { $0.sequence < $1.sequence }
    }

    private mutating func add(_ pod: TrackedPod, _ sign: Int) {
        restarts += pod.restarts * Int64(sign)
        hold(pod, sign)
        guard pod.isActive else {
            terminating += sign
            return
        }
        active += sign
        if pod.isReady { ready += sign }
    }

    private mutating func hold(_ pod: TrackedPod, _ sign: Int) {
        switch (pod.isActive, sign > 0) {
        case (true, true): indexes?.take(pod.index)
        case (true, false): indexes?.free(pod.index)
        case (false, true): if replacesOnlyEnded { indexes?.takeEnding(pod.index) }
        case (false, false): if replacesOnlyEnded { indexes?.freeEnding(pod.index) }
        }
    }
}
