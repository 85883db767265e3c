// SPDX-License-Identifier: Apache-2.0

/// `batch/v1 Job`.
package struct Job: Hashable, Sendable {
    package var metadata = ObjectMeta()
    package var spec = JobSpec()
    package var status = JobStatus()

    package init() {}
}

/// `batch/v1 JobSpec`. An absent field is nil; defaulting fills in what the API server would.
package struct JobSpec: Hashable, Sendable {
    package enum CompletionMode: String, Hashable, Sendable, CaseIterable {
        case nonIndexed = "NonIndexed", indexed = "Indexed"
    }

    package enum PodReplacementPolicy: String, Hashable, Sendable, CaseIterable {
        /// A pod is replaced only when it has ended.
        case failed = "Failed"
        /// A pod is replaced, and counted as failed, as soon as its deletion begins.
        case terminatingOrFailed = "TerminatingOrFailed"
    }

    /// The `managedBy` of Jobs that the Job controller itself looks after; nil means the same.
    package static let ownController = "kubernetes.io/job-controller"

    package var parallelism: Int32?
    package var completions: Int32?
    package var completionMode: CompletionMode?
    package var backoffLimit: Int32?
    package var backoffLimitPerIndex: Int32?
    package var maxFailedIndexes: Int32?
    package var activeDeadlineSeconds: Int64?
    package var ttlSecondsAfterFinished: Int32?
    package var suspend: Bool?
    package var selector: LabelSelector?
    package var manualSelector: Bool?
    package var podFailurePolicy: PodFailurePolicy?
    package var successPolicy: SuccessPolicy?
    package var podReplacementPolicy: PodReplacementPolicy?
    package var managedBy: String?
    package var template = PodTemplateSpec()

    package init() {}
}

/// `v1 PodTemplateSpec`.
package struct PodTemplateSpec: Hashable, Sendable {
    package var metadata = ObjectMeta()
    package var spec = PodSpec()

    package init() {}
}

/// `batch/v1 JobStatus`.
package struct JobStatus: Hashable, Sendable {
    package var startTime: Timestamp?
    package var completionTime: Timestamp?
    package var active: Int32 = 0
    package var ready: Int32?
    package var terminating: Int32?
    package var succeeded: Int32 = 0
    package var failed: Int32 = 0
    /// Indexed only, as text: "1,3-5,7". Empty: omitted.
    package var completedIndexes = ""
    /// In the same form; nil unless the Job has a `backoffLimitPerIndex`.
    package var failedIndexes: String?
    package var uncountedTerminatedPods: UncountedTerminatedPods?
    package var conditions: [JobCondition] = []

    package init() {}
}

/// `batch/v1 UncountedTerminatedPods`: UIDs seen ended and not yet counted.
package struct UncountedTerminatedPods: Hashable, Sendable {
    package var succeeded: [String] = []
    package var failed: [String] = []

    package init() {}
}

/// `batch/v1 JobCondition`.
package struct JobCondition: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable {
        case suspended = "Suspended", failureTarget = "FailureTarget", failed = "Failed"
        case successCriteriaMet = "SuccessCriteriaMet", complete = "Complete"
    }

    package var type: Kind
    package var status: ConditionStatus = .true
    package var lastProbeTime: Timestamp?
    package var lastTransitionTime: Timestamp?
    package var reason = ""
    package var message = ""

    package init(type: Kind) { self.type = type }
}

package enum ConditionStatus: String, Hashable, Sendable {
    case `true` = "True", `false` = "False", unknown = "Unknown"
}
