// SPDX-License-Identifier: Apache-2.0

package import KubernetesAPI
package import PodPlan

/// Who watches a run. All calls come on the thread that is in `Run.run`, in the order of what happened; each must
/// return soon, for nothing else goes on meanwhile.
package protocol RunObserver: AnyObject {
    /// A Job's status is another one. Also called once for each Job when the run begins.
    func jobChanged(_ job: Job)
    /// A CronJob's status is another one. Also called once for each CronJob when the run begins.
    ///
    /// - Parameter next: when it looks at its schedule again; nil: it starts nothing more by itself.
    func cronJobChanged(_ cronJob: CronJob, next: Timestamp?)
    /// A Job of a CronJob was deleted, as it was last. Nothing more is told of it.
    func jobRemoved(_ job: Job)
    /// A pod of a deleted Job has gone. Nothing more is told of it.
    func podRemoved(_ record: PodRecord)
    /// A pod is new, or something in its record is another.
    func podChanged(_ record: PodRecord)
    /// A container wrote these bytes: cut anywhere, not at line ends. Only with `RunOptions.forwardOutput`.
    /// All output of an attempt comes before the `podChanged` that shows its end.
    func podWrote(_ record: PodRecord, container: String, stream: OutputStream, bytes: [UInt8])
    /// What `kubectl describe` lists under Events. One that is like an earlier one comes again with a higher count.
    func eventRecorded(_ event: Event)
    /// Something about the run as a whole that a person wants to know at once.
    func noticed(_ notice: RunNotice)
    /// Time goes by: for what moves though nothing happens. Only with `RunOptions.tickInterval`.
    func ticked()
}

extension RunObserver {
    package func ticked() {}
    package func cronJobChanged(_ cronJob: CronJob, next: Timestamp?) {}
    package func jobRemoved(_ job: Job) {}
    package func podRemoved(_ record: PodRecord) {}
}

/// Something that is in no object of the API.
package enum RunNotice: Hashable, Sendable, CustomStringConvertible {
    /// The first SIGINT or SIGTERM: pods get their stop signal and their grace period.
    case stopping(pods: Int)
    /// The second: pods are killed.
    case killing(pods: Int)
    /// The Job makes no progress by itself; it is left as it is while the others go on.
    case stalled(kind: String, name: String, reason: String)
    /// A pod waits for others to end, since it asks for more than they have left; told of the first of a Job alone.
    case waiting(pod: String, message: String)
    /// A schedule comes more than once a minute.
    case frequent(cronJob: String, schedule: String)
    /// A pod can never start on this machine; its Job ends, or it ends when it is a bare pod. `container` is empty when
    /// it is the pod's as a whole.
    case stuck(pod: String, container: String, reason: String, message: String)
    /// An image that isn't here is being brought.
    case pulling(image: String)
    case pulled(image: String, took: Duration, bytes: Int64)
    case pullFailed(image: String, message: String, retryIn: Duration)
    /// A supervisor ended without saying how its pod ended.
    case lost(pod: String)
    /// The process that starts pods ended and was started again.
    case restartedStarter
    /// What an earlier run left behind was removed.
    case swept(runs: Int)
    /// Something could not be removed or kept; the run goes on.
    case trouble(String)

    package var description: String {
        switch self {
        case .stopping(0): "stopping"
        case .stopping(let pods):
            "stopping: \(count(pods)) their grace period; interrupt again to kill at once"
        case .killing(let pods): "killing \(pods) pod\(pods == 1 ? "" : "s")"
        case .stalled(let kind, let name, let reason): "\(kind) \(name) makes no progress: \(reason)"
        case .waiting(let pod, let message): "pod \(pod) waits for others to end: \(message)"
        case .frequent(let cronJob, let schedule):
            "CronJob \(cronJob): \(schedule) comes more than once a minute, but the names of Jobs tell minutes apart: as "
                + "long as a minute's Job is there, no other one starts in it"
        case .stuck(let pod, let container, let reason, let message):
            "pod \(pod) can never start: \(container.isEmpty ? "" : "container \(container): ")\(reason): \(message)"
        case .pulling(let image): "pulling image \(image)"
        case .pulled(let image, _, let bytes): "pulled image \(image), \(bytes) bytes"
        case .pullFailed(let image, let message, let delay): "image \(image): \(message); tried again in \(delay)"
        case .lost(let pod): "pod \(pod) was lost: its supervisor ended without a word"
        case .restartedStarter: "berth-pod ended unexpectedly and was started again"
        case .swept(let runs): "removed what \(runs) earlier run\(runs == 1 ? "" : "s") left behind"
        case .trouble(let text): text
        }
    }

    private func count(_ pods: Int) -> String { pods == 1 ? "1 pod has" : "\(pods) pods have" }
}
