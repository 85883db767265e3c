// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI

/// The rules of a `successPolicy`, their indexes read once.
struct SuccessRules: Sendable {
    private struct Rule: Sendable {
        /// nil: any.
        var indexes: IndexSet?
        /// nil: all of `indexes`.
        var count: Int?
    }

    private let rules: [Rule]

    /// - Parameter policy: valid. Indexes of `completions` or more are dropped, as for an elastic Job.
    init(_ policy: SuccessPolicy?, completions: Int) {
        rules = (policy?.rules ?? []).map { rule in
            // What can't be read matches nothing.
            let indexes = rule.succeededIndexes.map { text in
                (try? IndexSet(parsing: text, below: completions)) ?? IndexSet()
            }
            return Rule(indexes: indexes, count: rule.succeededCount.map(Int.init))
        }
    }

    /// The place of the first rule that these completed indexes meet.
    func firstMatch(_ completed: IndexSet) -> Int? {
        guard !completed.isEmpty else { return nil }
        return rules.firstIndex { rule in
            guard let wanted = rule.indexes else { return completed.count >= rule.count ?? .max }
            guard !wanted.isEmpty else { return false }
            let met = completed.intersection(wanted).count
            return met >= min(rule.count ?? wanted.count, wanted.count)
        }
    }
}
