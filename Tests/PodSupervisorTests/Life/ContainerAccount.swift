// SPDX-License-Identifier: Apache-2.0

import PodPlan

@testable import PodSupervisor

/// What is known from outside of one container, and of the attempt that runs.
struct ContainerAccount {
    enum Hook { case none, running, failed }

    /// Somebody wants the end of the attempt that runs.
    struct Order {
        var killAt: Int64
        var forced: Bool
        var preStop = PreStop.due
        var isSignalled = false
        var isKilled = false

        enum PreStop { case due, running, over }

        mutating func shorten(to end: PodAccount.PodEnd, now: Int64) {
            killAt = min(killAt, isSignalled ? max(end.killAt, now + leastGrace) : end.killAt)
            forced = forced || end.forced
        }
    }

    let plan: ContainerPlan
    let isInit: Bool
    let isSidecar: Bool
    private let policy: PodPlan.RestartPolicy
    private let base: Int64
    private let cap: Int64

    /// Created so often, whatever came of it.
    var creations = 0
    var runs = false
    var startedAt: Int64 = 0
    var lastEnd: Termination?
    /// The end before the attempt that runs, or ran last.
    var previousEnd: Termination?
    /// A try to create it failed: not before this time.
    private var retryAt: Int64?
    private var series: [Int64] = []
    /// All containers are restarted: not before this time, and whether its own end was the reason.
    var reset: (at: Int64, isSource: Bool)?

    // Of the attempt that runs.
    var postStart = Hook.none
    var probes: [ProbeKind: ProbeAccount] = [:]
    var order: Order?
    /// A probe ended it.
    var isUnhealthy = false
    /// As a sidecar it has let the next one go.
    var hasEverStarted = false

    init(_ plan: ContainerPlan, isInit: Bool, _ pod: PodPlan) {
        self.plan = plan
        self.isInit = isInit
        isSidecar = isInit && plan.restartPolicy == .always
        policy = plan.restartPolicy ?? pod.restartPolicy
        base = min(pod.restartBackoffBaseMilliseconds, pod.restartBackoffCapMilliseconds) * millisecond
        cap = pod.restartBackoffCapMilliseconds * millisecond
    }

    // What happens to it.

    mutating func created(now: Int64) {
        if let lastEnd {
            if reset?.isSource ?? true {
                if wasLongAgo(lastEnd) { series = [] }
                series.append(now)
            }
        }
        reset = nil
        creations += 1
        (previousEnd, lastEnd) = (lastEnd, nil)
    }

    mutating func started(now: Int64) {
        (runs, startedAt, retryAt) = (true, now, nil)
        postStart = plan.postStart == nil ? .none : .running
        probes = [:]
        (order, isUnhealthy) = (nil, false)
    }

    mutating func ended(_ end: Termination) {
        (runs, lastEnd, order, retryAt) = (false, end, nil, nil)
        postStart = .none
    }

    mutating func startOver(at time: Int64, isSource: Bool) { (reset, retryAt) = ((time, isSource), nil) }

    mutating func notCreated(now: Int64) { retryAt = now + 10 * second }

    // What is to be said of it.

    /// It has ended and stays so.
    var isFinished: Bool { !runs && reset == nil && lastEnd.map { !restarts(after: $0) } ?? false }

    /// Its end is to restart all containers.
    func restartsAll(after end: Termination) -> Bool {
        for rule in plan.restartRules where rule.exitCodes.contains(end.exitCode) != rule.negated {
            return rule.action == .restartAll
        }
        return false
    }

    private func restarts(after end: Termination) -> Bool {
        if isInit, !isSidecar, end.exitCode == 0 { return false }
        if isUnhealthy, policy != .never { return true }
        for rule in plan.restartRules where rule.exitCodes.contains(end.exitCode) != rule.negated { return true }
        return policy == .always || policy == .onFailure && end.exitCode != 0
    }

    /// More than twice the longest delay has passed since it was last started again.
    private func wasLongAgo(_ end: Termination) -> Bool { series.last.map { end.finishedAt - $0 > 2 * cap } ?? false }

    /// 0, then the base, doubled each time, up to the cap.
    var delay: Int64 {
        guard let lastEnd, !series.isEmpty, !wasLongAgo(lastEnd) else { return 0 }
        var delay = base
        for _ in series.dropFirst() { delay = min(2 * delay, cap) }
        return delay
    }

    /// From when on it may be started; nil: it can't be.
    var dueAt: Int64? {
        if runs || plan.waiting != nil && creations == 0 { return nil }
        guard let lastEnd else { return retryAt ?? 0 }
        if let reset { return max(reset.at, retryAt ?? 0) }
        return restarts(after: lastEnd) ? max(lastEnd.finishedAt + delay, retryAt ?? 0) : nil
    }

    func isDue(_ now: Int64) -> Bool { dueAt.map { $0 <= now } ?? false }

    var isStarted: Bool {
        runs && postStart == .none && (plan.startupProbe == nil || probes[.startup]?.verdict == true)
    }

    var isReady: Bool {
        if isInit, !isSidecar { return !runs && reset == nil && lastEnd?.exitCode == 0 }
        return isStarted && (plan.readinessProbe == nil || probes[.readiness]?.verdict == true)
    }
}

/// The results of one probe of one attempt.
struct ProbeAccount {
    private var results: [Bool] = []
    private(set) var verdict: Bool?
    var runs = false

    /// - Returns: a verdict that is news.
    mutating func take(_ result: Bool, _ plan: ProbePlan) -> Bool? {
        results.append(result)
        let threshold = Int(result ? plan.successThreshold : plan.failureThreshold)
        guard results.suffix(threshold) == ArraySlice(repeating: result, count: threshold) else { return nil }
        guard verdict != result else { return nil }
        verdict = result
        return result
    }
}
