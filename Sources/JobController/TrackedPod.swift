// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI

/// What the controller keeps of a pod while the pod has not ended. The pod itself is kept by others.
struct TrackedPod: Sendable {
    let uid: String
    let name: String
    /// Of an Indexed Job's pod; nil also when the annotation is missing or is no number.
    let index: Int?
    /// How often its index had failed before, by its annotations.
    let failuresBefore: IndexFailures
    /// When it was created among its siblings.
    let sequence: Int
    let created: Timestamp

    var isRunning = false
    var isScheduled = false
    var isReady = false
    /// Not the opposite: the condition may be missing.
    private var isUnready = false
    /// Since when `Ready` is what it is.
    var readySince: Timestamp?
    /// Of all init and regular containers together.
    var restarts: Int64 = 0
    /// Of the regular container that was restarted most.
    private var mostRestarts: Int32 = 0
    /// Its deletion has begun, by us or by others.
    var isTerminating = false
    /// Counted, or left out of all counts for good.
    var isSettled = false
    /// The latest end of its containers, when all have ended.
    private var finished: Timestamp?
    /// When its deletion began.
    private var deleted: Timestamp?

    /// Takes up a place among the `parallelism` of the Job.
    var isActive: Bool { !isTerminating }

    init(_ pod: Pod, sequence: Int, now: Timestamp) {
        uid = pod.metadata.uid
        name = pod.metadata.name
        index = pod.metadata.annotations[JobKey.completionIndex].flatMap(Int.init)
        failuresBefore = IndexFailures(annotations: pod.metadata.annotations)
        created = pod.metadata.creationTimestamp ?? now
        self.sequence = sequence
        update(from: pod)
    }

    /// Takes over what the pod's status says. What can't be taken back (running, restarted, being deleted) stays, so that
    /// an older status that comes late does no harm.
    mutating func update(from pod: Pod) {
        isRunning = isRunning || pod.status.phase == .running
        let ready = pod.status.conditions.first { $0.type == "Ready" }
        let scheduled = pod.status.conditions.first { $0.type == "PodScheduled" }
        isScheduled = isScheduled || scheduled?.status == .true || !(pod.spec.nodeName ?? "").isEmpty
        isReady = ready?.status == .true
        readySince = ready?.lastTransitionTime
        restarts = max(restarts, pod.restarts)
        for container in pod.status.containerStatuses { mostRestarts = max(mostRestarts, container.restartCount) }
        isTerminating = isTerminating || pod.metadata.deletionTimestamp != nil
        deleted = pod.deletionBegan ?? deleted
        finished = pod.containersFinished
        isUnready = ready?.status == .false
    }

    /// When it finished: the latest end of its containers when all have ended, else when it ceased to be ready, else when
    /// its deletion began, else when it was created; see `getFinishedTime` in Kubernetes's `pkg/controller/job`.
    var finishTime: Timestamp { finished ?? (isUnready ? readySince : nil) ?? deleted ?? created }

    /// The same for a pod that has vanished, which can't be in Kubernetes without its deletion having begun: not to have
    /// been ready does not mean that it had ended.
    func finishTime(vanishedAt now: Timestamp) -> Timestamp { finished ?? now }

    /// Whether this pod is deleted before the other one when there are too many; see `ActivePods` in Kubernetes's
    /// `pkg/controller`: what has got least far goes first.
    func isLessWanted(than other: TrackedPod) -> Bool {
        if isScheduled != other.isScheduled { return !isScheduled }
        if isRunning != other.isRunning { return !isRunning }
        if isReady != other.isReady { return !isReady }
        if isReady, readySince != other.readySince { return isLater(readySince, than: other.readySince) }
        if mostRestarts != other.mostRestarts { return mostRestarts > other.mostRestarts }
        if created != other.created { return created > other.created }
        return sequence > other.sequence
    }

    private func isLater(_ left: Timestamp?, than right: Timestamp?) -> Bool {
        guard let left, let right else { return left == nil }
        return left > right
    }
}

extension Pod {
    /// The sum over all init and regular containers.
    fileprivate var restarts: Int64 {
        var sum: Int64 = 0
        for container in status.initContainerStatuses { sum += Int64(container.restartCount) }
        for container in status.containerStatuses { sum += Int64(container.restartCount) }
        return sum
    }

    /// `deletionTimestamp` is when the grace period ends.
    fileprivate var deletionBegan: Timestamp? {
        guard let end = metadata.deletionTimestamp else { return nil }
        return end + .seconds(-(metadata.deletionGracePeriodSeconds ?? 0))
    }

    /// The latest `finishedAt` of the regular containers, when all of them have ended.
    fileprivate var containersFinished: Timestamp? {
        var latest: Timestamp?
        for container in status.containerStatuses {
            guard case .terminated(let end) = container.state, let finished = end.finishedAt else { return nil }
            latest = max(latest ?? finished, finished)
        }
        return latest
    }
}
