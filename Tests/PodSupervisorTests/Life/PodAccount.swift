// SPDX-License-Identifier: Apache-2.0

import PodPlan

@testable import PodSupervisor

/// A rule that a pod's life did not keep.
struct Violation: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// What is known of a pod from outside: what it was told, what it asked for, what became of that. Each rule of a pod's
/// life is here once more, in its plainest form, and held against the machine.
struct PodAccount {
    let plan: PodPlan
    let initCount: Int
    let deadline: Int64?
    var containers: [ContainerAccount]
    var isPrepared = false
    var prepareAt: Int64 = 0
    private var preparePause: Int64 = 500 * millisecond
    /// The end of the pod, when somebody or something has decided it.
    var end: PodEnd?
    /// The container whose end restarts all of them, until none runs any more.
    var restartSource: Int?
    /// The phase that was told as the last.
    var terminalPhase: PodState.Phase?

    struct PodEnd {
        var reason = ""
        var killAt: Int64
        var forced: Bool
    }

    init(_ plan: PodPlan, now: Int64) {
        self.plan = plan
        initCount = plan.initContainers.count
        deadline = plan.activeDeadlineSeconds.map { now + $0 * second }
        containers = plan.initContainers.map { ContainerAccount($0, isInit: true, plan) }
        containers += plan.containers.map { ContainerAccount($0, isInit: false, plan) }
    }

    var grace: Int64 { plan.terminationGracePeriodSeconds * second }
    var regular: ArraySlice<ContainerAccount> { containers[initCount...] }

    // What comes from outside.

    /// Somebody ends the pod; of several ends the shortest counts.
    mutating func told(toEndWithin grace: Int64, reason: String = "", forced: Bool = false, now: Int64) {
        // There is a second for hooks, whatever the pod says.
        let killAt = forced ? now : now + max(grace, second)
        if end == nil {
            end = PodEnd(reason: reason, killAt: killAt, forced: forced)
        } else {
            end!.killAt = min(end!.killAt, killAt)
            end!.forced = end!.forced || forced
        }
        for index in containers.indices { containers[index].order?.shorten(to: end!, now: now) }
    }

    mutating func prepared(_ success: Bool, now: Int64) {
        isPrepared = success
        prepareAt = now + preparePause
        preparePause = min(2 * preparePause, 122 * second)
    }

    /// What the passing of time and the ends of containers decide; asked before the machine is.
    mutating func decide(now: Int64) {
        if end == nil, let deadline, now >= deadline {
            told(toEndWithin: grace, reason: "DeadlineExceeded", now: now)
        }
        for index in containers.indices where end == nil && containers[index].isStarted && hasTurn(index) {
            containers[index].hasEverStarted = true
        }
        if end != nil { restartSource = nil }
        if let source = restartSource { restartAll(source, now) }
        if end == nil, restartSource == nil, isPrepared, isOver { told(toEndWithin: grace, now: now) }
        guard end != nil else { return }
        for index in containers.indices { containers[index].reset = nil }
        for index in containers.indices where containers[index].runs && containers[index].order == nil {
            containers[index].postStart = .none
            containers[index].order = ContainerAccount.Order(killAt: end!.killAt, forced: end!.forced)
        }
    }

    /// A container has ended.
    mutating func ended(_ index: Int, _ termination: Termination) {
        containers[index].ended(termination)
        guard end == nil, restartSource == nil, containers[index].restartsAll(after: termination) else { return }
        restartSource = index
    }

    /// All that runs is to be killed; then all starts over.
    private mutating func restartAll(_ source: Int, _ now: Int64) {
        for index in containers.indices where containers[index].runs {
            if containers[index].order == nil, containers[index].postStart == .running {
                containers[index].postStart = .none
            }
            containers[index].order = containers[index].order ?? ContainerAccount.Order(killAt: now, forced: true)
            containers[index].order!.forced = true
        }
        if containers.contains(where: \.runs) { return }
        restartSource = nil
        let at = containers[source].lastEnd!.finishedAt + containers[source].delay
        for index in containers.indices {
            containers[index].hasEverStarted = false
            if containers[index].lastEnd != nil { containers[index].startOver(at: at, isSource: index == source) }
        }
    }

    /// An init container has failed for good, or no regular container goes on.
    private var isOver: Bool {
        if containers[..<initCount].contains(where: { !$0.isSidecar && $0.isFinished && $0.lastEnd?.exitCode != 0 }) {
            return true
        }
        return regular.allSatisfy { $0.isFinished }
    }

    // The order of the beginning.

    /// Everything before it in the list of init containers is done or has started.
    func hasTurn(_ index: Int) -> Bool {
        containers[..<min(index, initCount)].allSatisfy {
            $0.isSidecar ? $0.hasEverStarted : $0.isFinished && $0.lastEnd?.exitCode == 0
        }
    }

    var isInitialized: Bool { hasTurn(initCount) }

    /// A regular container has been there: once initialized, a pod stays so.
    var wasInitialized: Bool {
        regular.contains { $0.previousEnd != nil || $0.lastEnd != nil || $0.runs && $0.postStart != .running }
    }

    /// It is to run now, and does not.
    func mustLaunch(_ index: Int, now: Int64) -> Bool {
        let container = containers[index]
        guard isPrepared, end == nil, terminalPhase == nil, !container.runs, hasTurn(index) else { return false }
        if restartSource != nil { return false }
        guard !containers.contains(where: { $0.runs && $0.postStart == .running }) else { return false }
        if index < initCount, !container.isSidecar, container.isFinished { return false }
        return container.isDue(now)
    }

    /// Whether nothing that runs was started after it.
    func isLast(_ index: Int) -> Bool { !containers[(index + 1)...].contains(where: \.runs) }
}

let millisecond: Int64 = 1_000_000
let second: Int64 = 1_000_000_000
