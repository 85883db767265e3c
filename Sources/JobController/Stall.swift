// SPDX-License-Identifier: Apache-2.0

extension JobController {
    /// Why a Job makes no progress unless its spec is changed, or another controller looks after it.
    package enum Stall: Hashable, Sendable, CustomStringConvertible {
        case suspended, noParallelism
        case managed(by: String)

        package var description: String {
            switch self {
            case .suspended: "the Job is suspended (spec.suspend: true)"
            case .noParallelism: "the Job may run no pods (spec.parallelism: 0)"
            case .managed(let controller): "the Job is left to another controller (spec.managedBy: \(controller))"
            }
        }
    }

    /// Why nothing will happen any more by itself; nil while something can: a pod is there (one that is being deleted,
    /// too), a deadline runs, or the Job is finished.
    package var stall: Stall? {
        guard hasSynced, verdict == nil, !isFinished, pods.isEmpty, nextWake == nil else { return nil }
        if let foreignManager { return .managed(by: foreignManager) }
        if isSuspended { return .suspended }
        return parallelism == 0 ? .noParallelism : nil
    }
}
