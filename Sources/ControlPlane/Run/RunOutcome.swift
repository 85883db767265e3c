// SPDX-License-Identifier: Apache-2.0

package import KubernetesAPI

/// How a run ended: every object, and what became of it.
package struct RunOutcome: Sendable {
    package struct CronJobResult: Sendable {
        package var cronJob: CronJob
        package var verdict: Verdict
    }

    package struct JobResult: Sendable {
        package var job: Job
        package var verdict: Verdict
    }

    package struct PodResult: Sendable {
        /// UID of the bare pod; its record is among `pods`.
        package var podUID: String
        package var verdict: Verdict
    }

    /// In the order they were given.
    package var cronJobs: [CronJobResult] = []
    /// In the order they were given or made; of a CronJob, those that it keeps.
    package var jobs: [JobResult] = []
    package var barePods: [PodResult] = []
    /// All pods in the order they were made, those too that an API server would have deleted by now.
    package var pods: [PodRecord] = []
    /// In the order they were first recorded.
    package var events: [Event] = []
    /// The signal that ended the run early.
    package var interruptedBy: Int32?

    /// The pods of a Job, in the order they were made.
    package func pods(ofJob uid: String) -> [PodRecord] { pods.filter { $0.jobUID == uid } }

    /// The pod was ended because its Job had succeeded without it (`successPolicy`): no failure, however it ended.
    package func wasNotNeeded(_ record: PodRecord) -> Bool {
        guard record.pod.metadata.deletionTimestamp != nil, let uid = record.jobUID else { return false }
        return jobs.contains { $0.job.metadata.uid == uid && $0.verdict == .complete }
    }

    /// The worst of all verdicts, the one that decides an exit status: interrupted, failed (or stuck), stalled, complete.
    package var verdict: Verdict {
        let all = cronJobs.map(\.verdict) + jobs.map(\.verdict) + barePods.map(\.verdict)
        return all.max { $0.weight < $1.weight } ?? .complete
    }
}

/// What became of a Job or a bare pod.
package enum Verdict: Hashable, Sendable {
    /// The Job is Complete; the pod Succeeded.
    case complete
    /// The Job is Failed, the pod too. Reason and message of the condition, or of the pod's status.
    case failed(reason: String, message: String)
    /// It can make no progress by itself: suspended, or `parallelism: 0`.
    case stalled(reason: String)
    /// A pod waits for what can never come on this machine: `ErrImageNeverPull`, `ErrImagePull`, `InvalidImageName`,
    /// `CreateContainerConfigError`, …. In Kubernetes it would wait for ever, and so its status says; the run ends.
    case stuck(reason: String, message: String)
    /// Ended by a signal to the run before it was done.
    case interrupted

    var weight: Int {
        switch self {
        case .complete: 0
        case .stalled: 1
        case .failed, .stuck: 2
        case .interrupted: 3
        }
    }
}
