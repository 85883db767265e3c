// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI

/// What a failed pod means to its Job.
enum FailureMeaning: Hashable, Sendable {
    case counted
    /// It is in no count, and replaced after a back-off.
    case ignored
    /// Counted; its index has failed for good.
    case failsIndex
    /// Counted; the Job fails, and this says why.
    case failsJob(message: String)
}

extension PodFailurePolicy {
    /// What the first rule that matches says about a pod in phase Failed. See `matchPodFailurePolicy` in Kubernetes's
    /// `pkg/controller/job`.
    func meaning(of pod: Pod) -> FailureMeaning {
        for (index, rule) in rules.enumerated() {
            guard let match = rule.match(pod) else { continue }
            switch rule.action {
            case .failJob: return .failsJob(message: "\(match) matching FailJob rule at index \(index)")
            case .failIndex: return .failsIndex
            case .ignore: return .ignored
            case .count: return .counted
            case nil: continue
            }
        }
        return .counted
    }
}

extension PodFailurePolicyRule {
    /// What of the pod matches, in words; nil when nothing does.
    fileprivate func match(_ pod: Pod) -> String? {
        let name = "\(pod.metadata.namespace)/\(pod.metadata.name)"
        if let onExitCodes {
            return onExitCodes.match(pod.status).map {
                "Container \($0.container) for pod \(name) failed with exit code \($0.exitCode)"
            }
        }
        for pattern in onPodConditions {
            let matches = pod.status.conditions.contains {
                $0.type == pattern.type && $0.status == pattern.status ?? .true
            }
            if matches { return "Pod \(name) has condition \(pattern.type)" }
        }
        return nil
    }
}

extension PodFailurePolicyOnExitCodesRequirement {
    /// The first container that has ended with another code than 0 and suits; regular ones come before init containers.
    fileprivate func match(_ status: PodStatus) -> (container: String, exitCode: Int32)? {
        for container in status.containerStatuses + status.initContainerStatuses {
            guard case .terminated(let end) = container.state, end.exitCode != 0 else { continue }
            guard containerName ?? container.name == container.name else { continue }
            switch `operator` {
            case .isIn: if values.contains(end.exitCode) { return (container.name, end.exitCode) }
            case .isNotIn: if !values.contains(end.exitCode) { return (container.name, end.exitCode) }
            case nil: continue
            }
        }
        return nil
    }
}
