// SPDX-License-Identifier: Apache-2.0

import PodPlan

/// A run of a container's probe. There is at most one of each kind.
struct ProbeID: Hashable, Sendable {
    /// Position in the pod, init containers first.
    var container: Int
    /// From 0; what comes of an attempt that is over is not listened to.
    var attempt: Int32
    var kind: ProbeKind
}

/// A container that can be probed: its program runs, and its `postStart` hook is done.
struct ProbeTarget: Hashable, Sendable {
    var attempt: Int32
    var startedAt: Int64
    /// Its startup probe has succeeded, or there is none.
    var hasStarted: Bool
    /// It is to end: only readiness still matters.
    var isEnding: Bool
}

/// When which probe runs, and what its results amount to. Pure: no clock, file or process of its own.
///
/// As the kubelet's workers do it: the first run after `initialDelaySeconds`, then one every `periodSeconds`, never two
/// of one probe at a time. Startup comes before the others, which begin as soon as it has succeeded. A liveness or startup
/// probe that has failed waits for the next attempt. Times are nanoseconds of the supervisor's clock.
struct ProbeSchedule: Sendable {
    fileprivate struct Worker: Hashable, Sendable {
        let container: Int
        let kind: ProbeKind
        let plan: ProbePlan
        var attempt: Int32 = -1
        /// Not before this time.
        var nextAt: Int64 = 0
        var isRunning = false
        /// Nothing more of this attempt.
        var isHeld = false
        var lastSucceeded: Bool?
        var inARow: Int32 = 0
        /// What was said last.
        var told: Bool?
    }

    private var workers: [Worker] = []

    init(_ plan: PodPlan) {
        for (index, container) in (plan.initContainers + plan.containers).enumerated() {
            let probes = [
                (ProbeKind.startup, container.startupProbe), (.liveness, container.livenessProbe),
                (.readiness, container.readinessProbe),
            ]
            for case (let kind, let probe?) in probes {
                workers.append(Worker(container: index, kind: kind, plan: probe))
            }
        }
    }

    var isEmpty: Bool { workers.isEmpty }

    /// What is to be run now; each answered by `ended`.
    ///
    /// - Parameter targets: by container; nil for one that can't be probed.
    mutating func advance(_ targets: [ProbeTarget?], now: Int64) -> [(id: ProbeID, plan: ProbePlan)] {
        var due: [(ProbeID, ProbePlan)] = []
        for index in workers.indices {
            guard let target = targets[workers[index].container] else { continue }
            if workers[index].attempt != target.attempt { workers[index].begin(target) }
            guard workers[index].waits(target), workers[index].nextAt <= now else { continue }
            workers[index].isRunning = true
            workers[index].nextAt = later(now, nanoseconds(seconds: Int64(workers[index].plan.periodSeconds)))
            due.append((workers[index].id, workers[index].plan))
        }
        return due
    }

    /// The next time at which `advance` has something to say by itself.
    func wakeTime(_ targets: [ProbeTarget?]) -> Int64? {
        workers.compactMap { worker -> Int64? in
            guard let target = targets[worker.container] else { return nil }
            return worker.attempt == target.attempt && worker.waits(target) ? worker.nextAt : nil
        }.min()
    }

    /// A run is over.
    ///
    /// - Parameter succeeded: nil: nobody knows, and it doesn't count.
    /// - Returns: what is now taken to be so, when that is news: the threshold has been reached.
    mutating func ended(_ id: ProbeID, succeeded: Bool?) -> Bool? {
        guard let index = workers.firstIndex(where: { $0.id == id && $0.isRunning }) else { return nil }
        workers[index].isRunning = false
        guard let succeeded else { return nil }
        return workers[index].count(succeeded)
    }

    /// The probe that this is a run of.
    func plan(of id: ProbeID) -> ProbePlan? { workers.first { $0.id == id }?.plan }
}

extension ProbeSchedule.Worker {
    fileprivate var id: ProbeID { ProbeID(container: container, attempt: attempt, kind: kind) }

    fileprivate mutating func begin(_ target: ProbeTarget) {
        self = Self(container: container, kind: kind, plan: plan)
        attempt = target.attempt
        nextAt = later(target.startedAt, nanoseconds(seconds: Int64(plan.initialDelaySeconds)))
    }

    /// Whether only the time keeps it from running.
    fileprivate func waits(_ target: ProbeTarget) -> Bool {
        if isRunning || isHeld || target.isEnding && kind != .readiness { return false }
        return target.hasStarted != (kind == .startup)
    }

    fileprivate mutating func count(_ succeeded: Bool) -> Bool? {
        inARow = lastSucceeded == succeeded ? inARow &+ 1 : 1
        lastSucceeded = succeeded
        guard inARow >= (succeeded ? plan.successThreshold : plan.failureThreshold) else { return nil }
        if kind != .readiness, !succeeded { isHeld = true }
        if told == succeeded { return nil }
        told = succeeded
        return succeeded
    }
}
