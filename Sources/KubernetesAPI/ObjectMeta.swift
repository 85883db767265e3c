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

/// `metav1.LabelSelector`; only what a Job generates and a user may write.
package struct LabelSelector: Hashable, Sendable {
    package var matchLabels: [String: String] = [:]

    package init() {}
}
