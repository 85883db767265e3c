// SPDX-License-Identifier: Apache-2.0

import JobController
import KubernetesAPI

/// What an API server would have against a status that follows another one; nil: nothing. See `ValidateJobStatusUpdate` of
/// Kubernetes 1.34.
///
/// - Parameter mayShrink: the Job has just been given fewer completions.
func statusProblem(from old: JobStatus, to status: JobStatus, of spec: JobSpec, mayShrink: Bool) -> String? {
    let complete = status.isTrue(.complete)
    let failed = status.isTrue(.failed)
    let failureTarget = status.isTrue(.failureTarget)
    let criteriaMet = status.isTrue(.successCriteriaMet)
    if complete && failed || complete && failureTarget { return "Complete beside Failed or FailureTarget" }
    if criteriaMet && (failed || failureTarget) { return "SuccessCriteriaMet beside Failed or FailureTarget" }
    if failed && !status.comes(.failureTarget, before: .failed) { return "Failed without FailureTarget before it" }
    if complete && !status.comes(.successCriteriaMet, before: .complete) { return "Complete without its criteria" }
    if complete != (status.completionTime != nil) { return "completionTime is for Complete Jobs" }
    if let start = status.startTime, let end = status.completionTime, end < start { return "ends before it starts" }
    if complete || failed {
        guard status.active == 0, status.ready == 0, status.terminating == 0,
            status.uncountedTerminatedPods == UncountedTerminatedPods()
        else { return "a finished Job has pods" }
        if status.startTime == nil, spec.suspend != true { return "it has ended without having started" }
    }
    if status.active < 0 || status.failed < 0 || status.succeeded < 0 { return "a counter is negative" }
    guard let ready = status.ready, ready >= 0, ready <= status.active else { return "ready" }
    for type in [JobCondition.Kind.failed, .complete, .failureTarget, .successCriteriaMet]
    where old.isTrue(type) {
        let before = old.conditions.first { $0.type == type }
        if !status.conditions.contains(where: { $0 == before }) { return "\(type) changed" }
    }
    if status.failed < old.failed { return "failed fell" }
    if status.succeeded < old.succeeded, !mayShrink { return "succeeded fell" }
    if let end = old.completionTime, end != status.completionTime { return "completionTime changed" }
    if let start = old.startTime, start != status.startTime, !old.isTrue(.suspended) {
        return "startTime of a Job that was not suspended changed"
    }
    return indexProblem(status, spec)
}

private func indexProblem(_ status: JobStatus, _ spec: JobSpec) -> String? {
    guard spec.completionMode == .indexed else {
        return status.completedIndexes.isEmpty && status.failedIndexes == nil ? nil : "indexes without an Indexed Job"
    }
    guard let limit = spec.completions.map(Int.init), let completed = try? IndexSet(parsing: status.completedIndexes),
        let failed = try? IndexSet(parsing: status.failedIndexes ?? "")
    else { return "indexes that can't be read" }
    if completed.count != Int(status.succeeded) { return "succeeded is not the number of completed indexes" }
    if !completed.intersection(failed).isEmpty { return "indexes that are both completed and failed" }
    let all = completed.union(failed)
    return all.subtracting(IndexSet(0..<limit)).isEmpty ? nil : "indexes out of range"
}

extension JobStatus {
    func isTrue(_ type: JobCondition.Kind) -> Bool {
        conditions.contains { $0.type == type && $0.status == .true }
    }

    fileprivate func comes(_ first: JobCondition.Kind, before second: JobCondition.Kind) -> Bool {
        guard let one = conditions.firstIndex(where: { $0.type == first && $0.status == .true }),
            let other = conditions.firstIndex(where: { $0.type == second })
        else { return false }
        return one < other && conditions[one].reason == conditions[other].reason
    }
}
