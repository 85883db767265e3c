// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI

/// How the Job will end. Once there is one, it stays.
struct Verdict: Hashable, Sendable {
    var succeeds: Bool
    var reason: String
    var message: String

    static let completionsReached = Verdict(
        succeeds: true, reason: "CompletionsReached", message: "Reached expected number of succeeded pods")
    static let backoffLimitExceeded = Verdict(
        succeeds: false, reason: "BackoffLimitExceeded", message: "Job has reached the specified backoff limit")
    static let deadlineExceeded = Verdict(
        succeeds: false, reason: "DeadlineExceeded", message: "Job was active longer than specified deadline")
    static let tooManyFailedIndexes = Verdict(
        succeeds: false, reason: "MaxFailedIndexesExceeded",
        message: "Job has exceeded the specified maximal number of failed indexes")
    static let failedIndexes = Verdict(succeeds: false, reason: "FailedIndexes", message: "Job has failed indexes")

    static func podFailurePolicy(_ message: String) -> Verdict {
        Verdict(succeeds: false, reason: "PodFailurePolicy", message: message)
    }

    static func successPolicy(rule: Int) -> Verdict {
        Verdict(succeeds: true, reason: "SuccessPolicy", message: "Matched rules at index \(rule)")
    }

    /// The condition that says what was decided, while pods still end.
    var interim: JobCondition.Kind { succeeds ? .successCriteriaMet : .failureTarget }
    var terminal: JobCondition.Kind { succeeds ? .complete : .failed }
}

extension Verdict {
    /// The one that a status already has.
    init?(conditions: [JobCondition]) {
        let interim: Set<JobCondition.Kind> = [.successCriteriaMet, .failureTarget]
        guard let decided = conditions.first(where: { $0.status == .true && interim.contains($0.type) }) else {
            return nil
        }
        self.init(succeeds: decided.type == .successCriteriaMet, reason: decided.reason, message: decided.message)
    }
}

/// What can decide about a Job before its pods are looked after, in the order in which it is asked; the first that has an
/// answer wins. All completions reached is not among them: it is asked last, after pods were deleted and created.
enum VerdictRule: CaseIterable {
    case podFailurePolicy, failedPods, restartedContainers, activeDeadline
    case tooManyFailedIndexes, failedIndexes, successPolicy
}

extension JobController {
    func firstVerdict(now: Timestamp) -> Verdict? {
        for rule in VerdictRule.allCases {
            if let verdict = verdict(by: rule, now: now) { return verdict }
        }
        return nil
    }

    private func verdict(by rule: VerdictRule, now: Timestamp) -> Verdict? {
        switch rule {
        case .podFailurePolicy: failJobMessage.map { .podFailurePolicy($0) }
        case .failedPods: Int(job.status.failed) > backoffLimit ? .backoffLimitExceeded : nil
        case .restartedContainers: isPastRestartLimit ? .backoffLimitExceeded : nil
        case .activeDeadline: deadline(now: now).map { $0 <= now } == true ? .deadlineExceeded : nil
        case .tooManyFailedIndexes: failedIndexes > Int(job.spec.maxFailedIndexes ?? .max) ? .tooManyFailedIndexes : nil
        case .failedIndexes:
            failedIndexes > 0 && failedIndexes + succeeded >= completions ?? .max ? .failedIndexes : nil
        case .successPolicy:
            pods.indexes.flatMap { successRules.firstMatch($0.completed) }.map { .successPolicy(rule: $0) }
        }
    }

    private var failedIndexes: Int { pods.indexes?.failed.count ?? 0 }

    private var backoffLimit: Int { Int(job.spec.backoffLimit ?? 6) }

    /// `OnFailure`: the restarts in all pods that run or wait. A limit of 0 and of 1 both allow none.
    private var isPastRestartLimit: Bool {
        job.spec.template.spec.restartPolicy == .onFailure && pods.restarts >= max(1, backoffLimit)
    }

    /// When the Job has been active for `activeDeadlineSeconds`; nil: never, also while it is suspended. A Job that is
    /// about to be resumed has all of its time again.
    func deadline(now: Timestamp) -> Timestamp? {
        guard !isSuspended, let seconds = job.spec.activeDeadlineSeconds else { return nil }
        let start = condition(.suspended)?.status == .true ? now : job.status.startTime ?? now
        return start + .seconds(seconds)
    }

    /// All the successes that the Job wants, and no pod that could still change that. Without `completions` the first
    /// success is enough, once all pods have ended.
    var hasReachedCompletions: Bool { pods.active == 0 && succeeded >= completions ?? 1 }
}
