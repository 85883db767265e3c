// SPDX-License-Identifier: Apache-2.0

package import KubernetesAPI

/// What happened to a Job or to one of its pods.
package enum JobEvent: Sendable {
    /// Nothing new: look at the clock. Also the first event of every Job.
    case resync
    /// A pod's status changed (phase, containers, deletionTimestamp). The whole pod as it is now.
    case podChanged(Pod)
    /// A pod is gone from the store. A pod without terminal phase that goes counts as the rules of deletion say.
    case podDeleted(uid: String)
    /// A pod that we asked for could not be made.
    case podCreateFailed(uid: String, message: String)
    /// The user changed the Job's spec (suspend, parallelism, …); valid by itself. One that changes what is immutable is
    /// refused as a whole; see `JobSpec.validateUpdate`.
    case specChanged(JobSpec)
}

/// What is to be done next. The caller carries it out and comes back with events.
package enum JobIntent: Sendable {
    /// Start this pod: name, uid, labels, annotations, owner, environment are all in it.
    case createPod(Pod)
    /// End this pod gracefully (its own `terminationGracePeriodSeconds`), then report it by `podChanged` and `podDeleted`.
    case deletePod(uid: String)
    /// The pod is counted, or left out for good, and the status says so: take the tracking finalizer from it. Comes after
    /// `statusChanged`.
    case releasePod(uid: String)
    /// Keep and show this event.
    case record(Event)
    /// `job.status` is different from before; store it.
    case statusChanged
    /// The Job's `ttlSecondsAfterFinished` has passed: delete it, its pods first.
    case deleteJob
    /// Come back with `resync` at this time at the latest. Replaces an earlier one.
    case wake(at: Timestamp)
}

/// The delays between replacement pods: `base`, doubled with each failure, at most `cap`.
package struct JobBackoff: Hashable, Sendable {
    package var base: Duration
    package var cap: Duration

    /// Kubernetes's own: 10 s, at most 600 s.
    package static let kubernetes = JobBackoff(base: .seconds(10), cap: .seconds(600))

    package init(base: Duration, cap: Duration) {
        self.base = base
        self.cap = cap
    }
}
