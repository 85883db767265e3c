// SPDX-License-Identifier: Apache-2.0

/// The indexes of an Indexed Job: which are completed or failed for good, which have a pod, and which come next.
struct CompletionIndexes: Sendable {
    let completions: Int
    private(set) var completed: IndexSet
    /// Only with `backoffLimitPerIndex`. None is completed as well.
    private(set) var failed: IndexSet
    /// Active pods beyond the first of their index, and those without an index in range: the first to be deleted.
    private(set) var surplus = 0
    /// Those that are not for a new pod: completed, failed or held.
    private var taken: IndexSet
    /// Active pods of each index; `unindexed` for those without.
    private var active: [Int: Int] = [:]
    /// Pods that are being deleted and must have ended before they are replaced.
    private var ending: [Int: Int] = [:]
    private static let unindexed = -1

    /// Indexes beyond `completions` are forgotten.
    init(completions: Int, completed: IndexSet = IndexSet(), failed: IndexSet = IndexSet()) {
        self.completions = completions
        self.completed = completed
        self.failed = failed
        self.completed.clip(below: completions)
        self.failed.clip(below: completions)
        taken = self.completed.union(self.failed)
    }

    /// The lowest indexes that want a pod, at most so many.
    func free(_ count: Int) -> [Int] { taken.missing(count, below: completions) }

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
        if pods > 1 || !isInRange(index) { surplus -= 1 } else { release(key) }
    }

    /// A pod that holds its index until it has ended is being deleted.
    mutating func takeEnding(_ index: Int?) {
        guard let index, isInRange(index) else { return }
        ending[index, default: 0] += 1
        taken.insert(index)
    }

    /// Such a pod has ended.
    mutating func freeEnding(_ index: Int?) {
        guard let index, let pods = ending[index] else { return }
        ending[index] = pods == 1 ? nil : pods - 1
        release(index)
    }

    private mutating func release(_ index: Int) {
        guard active[index] == nil, ending[index] == nil, !completed.contains(index), !failed.contains(index) else {
            return
        }
        taken.remove(index)
    }

    mutating func complete(_ index: Int) {
        guard !failed.contains(index) else { return }
        completed.insert(index)
        taken.insert(index)
    }

    mutating func fail(_ index: Int) {
        guard !completed.contains(index) else { return }
        failed.insert(index)
        taken.insert(index)
    }
}
