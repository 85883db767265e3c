// SPDX-License-Identifier: Apache-2.0

package import KubernetesAPI
package import PodPlan

/// Who watches a run. All calls come on the thread that is in `Run.run`, in the order of what happened; each must
/// return soon, for nothing else goes on meanwhile.
package protocol RunObserver: AnyObject {
    /// A Job's status is another one. Also called once for each Job when the run begins.
    func jobChanged(_ job: Job)
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
}

/// Something that is in no object of the API.
package enum RunNotice: Hashable, Sendable, CustomStringConvertible {
    /// The first SIGINT or SIGTERM: pods get their stop signal and their grace period.
    case stopping(pods: Int)
    /// The second: pods are killed.
    case killing(pods: Int)
    /// The Job makes no progress by itself; it is left as it is while the others go on.
    case stalled(kind: String, name: String, reason: String)
    /// A pod can never start on this machine; its Job ends, or it ends when it is a bare pod. `container` is empty when
    /// it is the pod's as a whole.
    case stuck(pod: String, container: String, reason: String, message: String)
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
        case .stopping(let pods):
            "stopping: \(count(pods)) their grace period; interrupt again to kill at once"
        case .killing(let pods): "killing \(pods) pod\(pods == 1 ? "" : "s")"
        case .stalled(let kind, let name, let reason): "\(kind) \(name) makes no progress: \(reason)"
        case .stuck(let pod, let container, let reason, let message):
            "pod \(pod) can never start: \(container.isEmpty ? "" : "container \(container): ")\(reason): \(message)"
        case .lost(let pod): "pod \(pod) was lost: its supervisor ended without a word"
        case .restartedStarter: "berth-pod ended unexpectedly and was started again"
        case .swept(let runs): "removed what \(runs) earlier run\(runs == 1 ? "" : "s") left behind"
        case .trouble(let text): text
        }
    }

    private func count(_ pods: Int) -> String { pods == 1 ? "1 pod has" : "\(pods) pods have" }
}
