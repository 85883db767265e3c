// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI

/// How often an index of a Job with `backoffLimitPerIndex` has failed. A pod carries this in its annotations, so that the
/// last failed pod of an index is all that the controller needs to remember.
struct IndexFailures: Hashable, Sendable {
    /// Those that count towards `backoffLimitPerIndex`.
    var counted: Int32 = 0
    /// Those that a pod failure policy ignores.
    var ignored: Int32 = 0
    /// When the last of them finished.
    var last: Timestamp?

    init() {}

    init(annotations: [String: String]) {
        counted = Self.count(annotations[JobKey.indexFailureCount])
        ignored = Self.count(annotations[JobKey.indexIgnoredFailureCount])
    }

    /// What a user may have changed to no number counts as none.
    private static func count(_ text: String?) -> Int32 { max(0, text.flatMap(Int32.init) ?? 0) }

    /// Together they make the back-off of the index.
    var all: Int { Int(counted) + Int(ignored) }

    /// Before this time the index gets no pod.
    func end(of backoff: JobBackoff) -> Timestamp? { last.map { $0 + backoff.delay(afterFailures: all) } }
}

/// The failures of the indexes that will be tried again.
struct IndexFailureTable: Sendable {
    private var failures: [Int: IndexFailures] = [:]

    subscript(index: Int) -> IndexFailures { failures[index] ?? IndexFailures() }

    /// Whatever order the news comes in, the pod that came after the most failures is the last one.
    mutating func note(_ failure: IndexFailures, of index: Int) {
        let known = self[index]
        guard (failure.all, failure.last ?? .distantPast) > (known.all, known.last ?? .distantPast) else { return }
        failures[index] = failure
    }

    /// The index is completed, or failed for good.
    mutating func forget(_ index: Int) { failures[index] = nil }
}

extension Timestamp {
    fileprivate static let distantPast = Timestamp(nanoseconds: .min)
}
