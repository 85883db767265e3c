// SPDX-License-Identifier: Apache-2.0

package import KubernetesAPI
import PodPlanning

/// What a run is of: Jobs, CronJobs, pods of their own, and what these use. Decoded, defaulted and valid; the run gives UIDs and
/// times.
package enum RunObject: Hashable, Sendable {
    case job(Job)
    /// The run goes on as long as it is there.
    case cronJob(CronJob)
    case pod(Pod)
    case configMap(ConfigMap)
    case secret(Secret)
    /// Names that pods have by their `subdomain` in any case.
    case service(Service)

    /// It has pods that are in the network of all pods.
    var needsNetwork: Bool {
        switch self {
        case .job(let job): !job.spec.template.spec.hostNetwork
        case .pod(let pod): !pod.spec.hostNetwork
        case .cronJob(let cronJob): !cronJob.spec.jobTemplate.spec.template.spec.hostNetwork
        case .configMap, .secret, .service: false
        }
    }

    /// Its pods are bound to another node than this machine, and so nothing would ever run them; with the field's path.
    package var problemWithItsNode: String? {
        let (object, path, spec): (String, String, PodSpec)
        switch self {
        case .job(let job):
            (object, path, spec) = ("job/\(job.metadata.name)", "spec.template.", job.spec.template.spec)
        case .cronJob(let cronJob):
            let template = cronJob.spec.jobTemplate.spec.template
            (object, path, spec) = (
                "cronjob/\(cronJob.metadata.name)", "spec.jobTemplate.spec.template.", template.spec
            )
        case .pod(let pod): (object, path, spec) = ("pod/\(pod.metadata.name)", "", pod.spec)
        case .configMap, .secret, .service: return nil
        }
        let host = HostFacts.ownNodeName
        guard let name = spec.nodeName, !name.isEmpty, name != host else { return nil }
        return "\(object): \(path)spec.nodeName: not supported by Berth: the only node is \(Fault.quoted(host))"
    }

    /// It has pods that ports of the host lead to.
    var needsHostPorts: Bool {
        switch self {
        case .job(let job): job.spec.template.spec.hasHostPorts
        case .pod(let pod): pod.spec.hasHostPorts
        case .cronJob, .configMap, .secret, .service: false
        }
    }

    /// It has pods; the others are only used by them.
    package var runs: Bool {
        switch self {
        case .job, .cronJob, .pod: true
        case .configMap, .secret, .service: false
        }
    }
}
