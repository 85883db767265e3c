// SPDX-License-Identifier: Apache-2.0

/// `metav1.ObjectMeta`.
package struct ObjectMeta: Hashable, Sendable {
    package var name = ""
    package var generateName = ""
    package var namespace = ""
    package var uid = ""
    package var resourceVersion = ""
    package var generation: Int64 = 0
    package var creationTimestamp: Timestamp?
    package var deletionTimestamp: Timestamp?
    package var deletionGracePeriodSeconds: Int64?
    package var labels: [String: String] = [:]
    package var annotations: [String: String] = [:]
    package var ownerReferences: [OwnerReference] = []
    package var finalizers: [String] = []

    package init() {}
}

/// `metav1.OwnerReference`.
package struct OwnerReference: Hashable, Sendable {
    package var apiVersion = ""
    package var kind = ""
    package var name = ""
    package var uid = ""
    package var controller: Bool?
    package var blockOwnerDeletion: Bool?

    package init() {}
}

/// `metav1.LabelSelector`: all of its entries must hold; one without entries selects everything.
package struct LabelSelector: Hashable, Sendable {
    package var matchLabels: [String: String] = [:]
    package var matchExpressions: [LabelSelectorRequirement] = []

    package init() {}

    package func matches(_ labels: [String: String]) -> Bool {
        matchLabels.allSatisfy { labels[$0.key] == $0.value } && matchExpressions.allSatisfy { $0.matches(labels) }
    }
}

/// `metav1.LabelSelectorRequirement`.
package struct LabelSelectorRequirement: Hashable, Sendable {
    package enum Operator: String, Hashable, Sendable, CaseIterable {
        case isIn = "In", isNotIn = "NotIn", exists = "Exists", doesNotExist = "DoesNotExist"
    }

    package var key = ""
    /// nil only in what is not valid.
    package var `operator`: Operator?
    package var values: [String] = []

    package init() {}

    func matches(_ labels: [String: String]) -> Bool {
        switch `operator` {
        case .isIn: labels[key].map(values.contains) ?? false
        case .isNotIn: !(labels[key].map(values.contains) ?? false)
        case .exists: labels[key] != nil
        case .doesNotExist: labels[key] == nil
        case nil: false
        }
    }
}
