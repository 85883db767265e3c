// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI

extension JobBackoff {
    /// How long to wait after so many failures in a row: `base` after the first, twice that after the second, ….
    package func delay(afterFailures failures: Int) -> Duration {
        guard failures > 0, base > .zero else { return .zero }
        var delay = base
        for _ in 1..<failures {
            guard delay < cap else { break }
            delay *= 2
        }
        return min(delay, cap)
    }
}

/// The failed pods since the last success, by the times at which the pods finished.
///
/// Kubernetes counts by sync: pods that it sees together are compared by their finish times, a success seen alone resets
/// the count. Here each pod is seen alone, so always the finish times decide, in whatever order the news comes.
struct FailureStreak: Sendable {
    private(set) var count = 0
    /// The newest finish times, ascending. More than these never matter: 63 doublings of a nanosecond are 292 years.
    private var newest: [Timestamp] = []
    private var lastSuccess: Timestamp?
    private static let kept = 64

    mutating func failed(at finished: Timestamp) {
        if let lastSuccess, finished <= lastSuccess { return }
        count += 1
        let place = newest.lastIndex { $0 <= finished }.map { $0 + 1 } ?? 0
        newest.insert(finished, at: place)
        if newest.count > Self.kept { newest.removeFirst() }
    }

    mutating func succeeded(at finished: Timestamp) {
        guard lastSuccess.map({ $0 < finished }) ?? true else { return }
        lastSuccess = finished
        guard let first = newest.first, first <= finished else { return }
        newest.removeAll { $0 <= finished }
        count = newest.count
    }

    /// Before this time no pod is created. Counted from the end of the pod that failed last, not from when that was seen.
    func end(of backoff: JobBackoff) -> Timestamp? {
        guard count > 0, let last = newest.last else { return nil }
        return last + backoff.delay(afterFailures: count)
    }
}

/// The wait after a pod could not be made, so that a lasting fault doesn't become a busy loop. The delays are those of the
/// Job controller's queue (`DefaultJobApiBackOff`, `MaxJobApiBackOff`), and no `JobBackoff` shortens them.
struct CreationRetry: Sendable {
    private static let delays = JobBackoff(base: .seconds(1), cap: .seconds(60))
    private var failures = 0
    private var lastFailure: Timestamp?
    private(set) var notBefore: Timestamp?

    /// Pods asked for together that fail together are one failure.
    mutating func failed(at now: Timestamp) {
        if let notBefore, now < notBefore { return }
        failures += 1
        lastFailure = now
        notBefore = now + Self.delays.delay(afterFailures: failures)
    }

    /// A pod that was asked for at this time is there.
    mutating func worked(askedAt created: Timestamp) {
        guard let lastFailure, created > lastFailure else { return }
        self = CreationRetry()
    }
}
