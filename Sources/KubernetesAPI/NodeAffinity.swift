// SPDX-License-Identifier: Apache-2.0

/// `v1 Affinity`. What is only preferred has nothing to choose from on one machine.
package struct Affinity: Hashable, Sendable {
    package var nodeAffinity: NodeAffinity?
    package var unapplied = UnappliedFields()

    package init() {}
}

/// `v1 NodeAffinity`.
package struct NodeAffinity: Hashable, Sendable {
    /// `requiredDuringSchedulingIgnoredDuringExecution`.
    package var required: NodeSelector?
    package var unapplied = UnappliedFields()

    package init() {}
}

/// `v1 NodeSelector`: one of its terms must hold.
package struct NodeSelector: Hashable, Sendable {
    package var nodeSelectorTerms: [NodeSelectorTerm] = []

    package init() {}
}

/// `v1 NodeSelectorTerm`: all of its requirements must hold; one without any selects nothing.
package struct NodeSelectorTerm: Hashable, Sendable {
    /// On the node's labels.
    package var matchExpressions: [NodeSelectorRequirement] = []
    /// On the node's fields, of which there is `metadata.name`.
    package var matchFields: [NodeSelectorRequirement] = []

    package init() {}
}

/// `v1 NodeSelectorRequirement`.
package struct NodeSelectorRequirement: Hashable, Sendable {
    package enum Operator: String, Hashable, Sendable {
        case isIn = "In", isNotIn = "NotIn", exists = "Exists", doesNotExist = "DoesNotExist"
        case isGreater = "Gt", isLess = "Lt"
    }

    package var key = ""
    /// As it was written; `Operator` has those that are valid.
    package var `operator` = ""
    package var values: [String] = []

    package init() {}
}

extension PodSpec {
    /// Whether it says on which nodes it may be.
    package var selectsNodes: Bool { !nodeSelector.isEmpty || affinity?.nodeAffinity?.required != nil }

    /// Whether a node of this name and these labels is one that the pod may be on. See `GetRequiredNodeAffinity` of
    /// Kubernetes's `component-helpers`.
    package func selects(nodeName: String, labels: [String: String]) -> Bool {
        guard nodeSelector.allSatisfy({ labels[$0.key] == $0.value }) else { return false }
        guard let required = affinity?.nodeAffinity?.required else { return true }
        return required.nodeSelectorTerms.contains { $0.matches(labels, fields: ["metadata.name": nodeName]) }
    }
}

extension NodeSelectorTerm {
    fileprivate func matches(_ labels: [String: String], fields: [String: String]) -> Bool {
        if matchExpressions.isEmpty, matchFields.isEmpty { return false }
        return matchExpressions.allSatisfy { $0.matches(labels) } && matchFields.allSatisfy { $0.matches(fields) }
    }
}

extension NodeSelectorRequirement {
    fileprivate func matches(_ entries: [String: String]) -> Bool {
        let found = entries[key]
        switch Operator(rawValue: `operator`) {
        case .isIn: return found.map(values.contains) ?? false
        case .isNotIn: return !(found.map(values.contains) ?? false)
        case .exists: return found != nil
        case .doesNotExist: return found == nil
        case .isGreater: return compare(found, >)
        case .isLess: return compare(found, <)
        case nil: return false
        }
    }

    /// What is no number is neither greater nor less.
    private func compare(_ found: String?, _ relation: (Int64, Int64) -> Bool) -> Bool {
        guard let found = found.flatMap({ Int64($0) }), values.count == 1, let bound = Int64(values[0]) else {
            return false
        }
        return relation(found, bound)
    }
}
