// SPDX-License-Identifier: Apache-2.0

/// `batch/v1 PodFailurePolicy`: what a failed pod means to its Job, by rules in order; the first that matches decides.
package struct PodFailurePolicy: Hashable, Sendable {
    package var rules: [PodFailurePolicyRule] = []

    package init() {}
}

/// `batch/v1 PodFailurePolicyRule`: an action and exactly one of two conditions.
package struct PodFailurePolicyRule: Hashable, Sendable {
    package enum Action: String, Hashable, Sendable, CaseIterable {
        case count = "Count", failIndex = "FailIndex", failJob = "FailJob", ignore = "Ignore"
    }

    /// nil only in what is not valid.
    package var action: Action?
    package var onExitCodes: PodFailurePolicyOnExitCodesRequirement?
    package var onPodConditions: [PodFailurePolicyOnPodConditionsPattern] = []

    package init() {}
}

/// `batch/v1 PodFailurePolicyOnExitCodesRequirement`.
package struct PodFailurePolicyOnExitCodesRequirement: Hashable, Sendable {
    package enum Operator: String, Hashable, Sendable, CaseIterable {
        case isIn = "In", isNotIn = "NotIn"
    }

    /// Only this container is looked at; nil: all of them.
    package var containerName: String?
    /// nil only in what is not valid.
    package var `operator`: Operator?
    /// Ascending, each once.
    package var values: [Int32] = []

    package init() {}
}

/// `batch/v1 PodFailurePolicyOnPodConditionsPattern`.
package struct PodFailurePolicyOnPodConditionsPattern: Hashable, Sendable {
    package var type = ""
    /// True by default.
    package var status: ConditionStatus?

    package init() {}
}

/// `batch/v1 SuccessPolicy`: when an Indexed Job has succeeded before all of its indexes have.
package struct SuccessPolicy: Hashable, Sendable {
    package var rules: [SuccessPolicyRule] = []

    package init() {}
}

/// `batch/v1 SuccessPolicyRule`: at least one of the two is there.
package struct SuccessPolicyRule: Hashable, Sendable {
    /// As in `status.completedIndexes`.
    package var succeededIndexes: String?
    package var succeededCount: Int32?

    package init() {}
}
