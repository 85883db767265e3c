// SPDX-License-Identifier: Apache-2.0

/// The indexes of an Indexed Job: which are completed, which have a pod, and which comes next.
struct CompletionIndexes: Sendable {
    private(set) var completions: Int
    private(set) var completed: IndexSet
    /// Active pods beyond the first of their index, and those without an index in range: the first to be deleted.
    private(set) var surplus = 0
    /// Completed, or with an active pod.
    private var taken: IndexSet
    /// Active pods of each index; `unindexed` for those without.
    private var active: [Int: Int] = [:]
    private static let unindexed = -1

    init(completions: Int, completed: IndexSet = IndexSet()) {
        self.completions = completions
        self.completed = completed
        taken = completed
    }

    /// The index for the next pod.
    var lowestFree: Int? {
        let index = taken.firstMissing
        return index < completions ? index : nil
    }

    func isInRange(_ index: Int?) -> Bool {
        guard let index else { return false }
        return index >= 0 && index < completions
    }

    /// An active pod has come.
    mutating func take(_ index: Int?) {
        let key = index ?? Self.unindexed
        let others = active[key, default: 0]
        active[key] = others + 1
        if others > 0 || !isInRange(index) { surplus += 1 } else { taken.insert(key) }
    }

    /// An active pod has gone.
    mutating func free(_ index: Int?) {
        let key = index ?? Self.unindexed
        guard let pods = active[key] else { return }
        active[key] = pods == 1 ? nil : pods - 1
        if pods > 1 || !isInRange(index) { surplus -= 1 } else if !completed.contains(key) { taken.remove(key) }
    }

    mutating func complete(_ index: Int) {
        completed.insert(index)
        taken.insert(index)
    }

    /// `spec.completions` is another: what was completed beyond it is forgotten.
    mutating func resize(to completions: Int) {
        self.completions = completions
        completed.clip(below: completions)
        taken = completed
        surplus = 0
        for (index, pods) in active.sorted(by: { $0.key < $1.key }) {
            if isInRange(index) {
                taken.insert(index)
                surplus += pods - 1
            } else {
                surplus += pods
            }
        }
    }
}
