// SPDX-License-Identifier: Apache-2.0

package import JobController
import KubernetesAPI
import PodPlanning

/// How a run is carried out. The defaults are Kubernetes's where it has one.
package struct RunOptions: Sendable {
    /// Which logs outlive the run.
    package enum LogRetention: Hashable, Sendable {
        /// Those of pods that did not succeed, and of containers that were restarted.
        case failed
        /// Those of every pod.
        case all
        /// None, though they can be read until `Run.run` returns.
        case none
    }

    /// What pods without `hostNetwork` have beside their loopback.
    package enum Network: String, CaseIterable, Hashable, Sendable {
        /// An address in the network of all pods.
        case bridge
        /// Nothing.
        case none
    }

    package var network = Network.none
    /// What the pods' `spec.nodeName` and the events say; the host's name by default.
    package var nodeName: String?
    /// Labels that this machine has as a node, beside those of `NodeLabels.ownKeys`.
    package var nodeLabels: [String: String] = [:]
    /// The delays between replacement pods of a Job.
    package var jobBackoff = JobBackoff.kubernetes
    /// The delays between restarts of a container, after the first that is at once. Kubernetes: 10 s, at most 300 s.
    package var restartBackoff = JobBackoff(base: .seconds(10), cap: .seconds(300))
    /// How often what pods with a limit have on disk is measured. The kubelet: 10 s.
    package var storageInterval = Duration.seconds(10)
    /// Hand what containers write to `RunObserver.podWrote`, beside the log files.
    package var forwardOutput = false
    /// Report each running container's memory this often; nil: not at all.
    package var memoryInterval: Duration?
    /// Call `RunObserver.ticked` this often, whatever happens; nil: not at all.
    package var tickInterval: Duration?
    /// Images, logs, and the pods' directories while they run. Made with mode 0700 when it isn't there.
    package var stateDirectory = "/var/lib/berth"
    package var keepLogs = LogRetention.failed
    /// How many kept pods' logs the state directory holds, over all runs; the oldest go first.
    package var keptLogsMaximum = 200
    /// How far the clock of CronJobs is ahead of the host's: for tests, which wait for no full minute.
    package var cronClockOffset = Duration.zero
    /// `berth-pod`; nil: `BERTH_POD`, or beside this executable, or in `../libexec/berth` of it.
    package var podExecutable: String?
    /// Where images come from that aren't here; nil: from nowhere.
    package var pulls: PullSettings?
    /// The namespace of an object that names none.
    package var namespace = "default"

    package init() {}

    /// Why this can't be among `nodeLabels`, as a sentence; nil when it can.
    package static func problem(ofNodeLabel key: String, value: String) -> String? {
        if NodeLabels.ownKeys.contains(key) { return "it says what this machine is, which nothing changes" }
        let problems = qualifiedNameFaults(key) + labelValueFaults(value)
        return problems.isEmpty ? nil : problems.joined(separator: "; ")
    }
}
