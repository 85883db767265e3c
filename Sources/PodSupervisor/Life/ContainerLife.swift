// SPDX-License-Identifier: Apache-2.0

import PodPlan

/// One container of the pod through all its attempts. Times are nanoseconds of the supervisor's clock.
struct ContainerLife: Hashable, Sendable {
    enum Role: Hashable, Sendable { case initial, sidecar, regular }

    enum Phase: Hashable, Sendable {
        /// Never started yet; it cannot be, or its turn has not come.
        case waiting(reason: String, message: String)
        case running(startedAt: Int64)
        /// It ended and will be started again at that time.
        case backingOff(until: Int64, after: Termination)
        case ended(Termination)
    }

    /// How far a hook of the attempt that runs has come.
    enum Hook: Hashable, Sendable {
        case due, running, done
        case failed(String)
    }

    /// The end of the attempt that runs, as somebody wants it.
    struct Stop: Hashable, Sendable {
        /// The end of the grace period.
        var killAt: Int64
        /// There is no grace: SIGKILL at once.
        var forced: Bool
        var preStop: Hook
        /// The stop signal has been sent, or the container has been killed.
        var signalled = false
        var killed = false
    }

    enum Reset: Hashable, Sendable { case source, other }

    let name: String
    let role: Role
    /// Of this container: its own, or the pod's.
    let restartPolicy: PodPlan.RestartPolicy
    let restartRules: [RestartRulePlan]
    /// Set: it can never be started.
    let blocked: ContainerPlan.Waiting?
    let stopSignal: Int32
    let postStartHandler: HandlerPlan?
    let preStopHandler: HandlerPlan?
    let hasStartupProbe: Bool
    let hasReadinessProbe: Bool
    /// Of an end that a probe brings about; nil: the pod's.
    let startupGraceSeconds: Int64?
    let livenessGraceSeconds: Int64?
    /// What is said of it before its first start.
    let firstReason: String

    var phase: Phase
    /// How often it has been created.
    var attempts: Int32 = 0
    /// Of the attempt before the one that `phase` tells of.
    var previous: Termination?
    var backoff: RestartBackoff
    /// Not before this time after a try to create it that failed.
    var retryAt: Int64?
    /// The event of a container that cannot be started is told once.
    var blockTold = false
    var memoryBytes: Int64 = 0

    /// It waits because all containers are restarted, for the end of one of them.
    var reset: Reset?

    // Of the attempt that runs, or ran last.
    var postStart = Hook.done
    var startupSucceeded = false
    var readinessSucceeded = false
    var stop: Stop?
    /// A probe has ended it: it is started again whatever its exit code.
    var restartsAnyway = false

    init(_ plan: ContainerPlan, _ role: Role, pod: PodPlan, backoff: RestartBackoff) {
        name = plan.name
        self.role = role
        restartPolicy = plan.restartPolicy ?? pod.restartPolicy
        restartRules = plan.restartRules
        blocked = plan.waiting
        stopSignal = plan.stopSignal
        postStartHandler = plan.postStart
        preStopHandler = plan.preStop
        hasStartupProbe = plan.startupProbe != nil
        hasReadinessProbe = plan.readinessProbe != nil
        startupGraceSeconds = plan.startupProbe?.terminationGracePeriodSeconds
        livenessGraceSeconds = plan.livenessProbe?.terminationGracePeriodSeconds
        firstReason = pod.initContainers.isEmpty ? "ContainerCreating" : "PodInitializing"
        phase = .waiting(reason: firstReason, message: "")
        self.backoff = backoff
    }

    var restartCount: Int32 { max(0, attempts - 1) }

    var isRunning: Bool { if case .running = phase { true } else { false } }

    /// It runs, and nothing but its `postStart` hook is waited for.
    var isInPostStart: Bool { isRunning && (postStart == .due || postStart == .running) }

    /// As `started` in its status.
    var hasStarted: Bool { isRunning && postStart == .done && startupSucceeded }

    /// As `ready` in its status. An init container is ready when it is done.
    var isReady: Bool {
        role == .initial ? hasSucceeded : hasStarted && (!hasReadinessProbe || readinessSucceeded)
    }

    /// How it ended, when it will not be started again by itself.
    var end: Termination? { if case .ended(let termination) = phase { termination } else { nil } }

    /// How its newest attempt ended, if it doesn't run.
    var lastEnd: Termination? {
        switch phase {
        case .ended(let end), .backingOff(_, let end): end
        case .running, .waiting: nil
        }
    }

    var hasSucceeded: Bool { end?.exitCode == 0 }

    /// Never started: neither runs nor has it ever run. One whose first `postStart` runs is not yet said to run.
    var hasNeverRun: Bool {
        if case .waiting = phase { previous == nil } else { isInPostStart && previous == nil }
    }

    /// The first rule that matches an end.
    func rule(for end: Termination) -> RestartRulePlan? {
        restartRules.first { $0.exitCodes.contains(end.exitCode) != $0.negated }
    }

    /// Whether this end is followed by a restart: by a rule that matches, else by the policy.
    func restarts(after end: Termination) -> Bool {
        if role == .initial, end.exitCode == 0 { return false }
        if restartsAnyway { return true }
        if rule(for: end) != nil { return true }
        return switch restartPolicy {
        case .always: true
        case .onFailure: end.exitCode != 0
        case .never: false
        }
    }

    /// A new attempt runs.
    mutating func begin(at now: Int64) {
        phase = .running(startedAt: now)
        postStart = postStartHandler == nil ? .done : .due
        startupSucceeded = !hasStartupProbe
        readinessSucceeded = false
        stop = nil
        restartsAnyway = false
        reset = nil
    }
}
