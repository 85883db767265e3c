// SPDX-License-Identifier: Apache-2.0

import PodPlan

/// What a pod has done, and what it is to do next. Level-triggered and pure: no clock, file or process of its own.
///
/// `advance` says what is to be done now; the caller does it, reports back, and asks again until nothing is left.
struct PodLife: Sendable {
    /// Something to be done now.
    enum Intent: Hashable, Sendable {
        /// Make the pod's directory, namespaces and volumes; answered by `prepared` or `notPrepared`.
        case prepare
        /// Create and start a container; answered by `created` and then `started`, `ended` or `notCreated`.
        case launch(Int)
        /// Begin a hook; answered by `hookEnded`, unless it is cancelled before.
        case runHook(HookID, HandlerPlan)
        /// A hook need not go on. It may have ended already.
        case cancelHook(HookID)
        /// Send a signal to PID 1.
        case signal(Int, Int32)
        /// End every process of it.
        case kill(Int)
        case event(PodEvent)
    }

    /// The end of the pod: somebody wants it, or its containers are done and sidecars are left.
    struct Stopping: Hashable, Sendable {
        var reason: String
        var message: String
        var killAt: Int64
        /// There is no grace: SIGKILL at once.
        var forced: Bool
    }

    let uid: String
    /// `pi-x7k2p_default(7c1e9b8e-…)`, as the kubelet writes pods in messages.
    let podName: String
    let initCount: Int
    let gracePeriod: Int64
    let deadline: Int64?
    let startTime: Int64
    /// Init containers first.
    var containers: [ContainerLife]
    /// How many init containers are done, or have started as sidecars. Never gets less.
    var stage = 0
    private(set) var stopping: Stopping?
    /// A container whose end is to restart all of them.
    var restartSource: Int?
    /// The phase that is never left.
    var terminalPhase: PodState.Phase?
    /// What an input has brought about, until the next `advance`.
    var pending: [Intent] = []
    private var preparation: Preparation

    private enum Preparation: Hashable, Sendable {
        case done
        /// To be tried at this time, and next that much later.
        case missing(retryAt: Int64, pause: Int64)
    }

    /// - Parameter now: when the pod is taken to have started; its deadline counts from here.
    init(_ plan: PodPlan, now: Int64) {
        uid = plan.uid
        podName = "\(plan.name)_\(plan.namespace)(\(plan.uid))"
        initCount = plan.initContainers.count
        gracePeriod = nanoseconds(seconds: plan.terminationGracePeriodSeconds)
        deadline = plan.activeDeadlineSeconds.map { later(now, nanoseconds(seconds: $0)) }
        startTime = now
        let backoff = RestartBackoff(
            base: nanoseconds(milliseconds: plan.restartBackoffBaseMilliseconds),
            cap: nanoseconds(milliseconds: plan.restartBackoffCapMilliseconds))
        containers = plan.initContainers.map {
            ContainerLife($0, $0.restartPolicy == .always ? .sidecar : .initial, pod: plan, backoff: backoff)
        }
        containers += plan.containers.map { ContainerLife($0, .regular, pod: plan, backoff: backoff) }
        preparation = .missing(retryAt: now, pause: 500_000_000)
    }

    // What is to be done.

    /// What is to be done at this time. Empty: nothing until something happens, or until `wakeTime`.
    mutating func advance(now: Int64) -> [Intent] {
        if terminalPhase != nil { return [] }
        var intents = pending
        pending = []
        if stopping == nil, let deadline, now >= deadline {
            let message = "Pod was active on the node longer than the specified deadline"
            stop(reason: "DeadlineExceeded", message: message, after: gracePeriod, now: now)
            intents.append(.event(PodEvent(warning: false, reason: "DeadlineExceeded", message: message)))
        }
        if stopping == nil {
            if case .missing(let retryAt, _) = preparation { return retryAt <= now ? intents + [.prepare] : intents }
            if let source = restartSource { intents += restartAll(source, now) }
            if restartSource == nil { intents += start(now) }
        }
        if stopping != nil { intents += end(now) }
        for index in containers.indices where containers[index].stop != nil { intents += progress(index, now) }
        if stopping != nil, !containers.contains(where: \.isRunning) { settle() }
        return intents
    }

    /// The next time at which `advance` has something to say by itself.
    var wakeTime: Int64? {
        if terminalPhase != nil { return nil }
        var times: [Int64] = containers.compactMap { container in
            guard let stop = container.stop, !stop.killed else { return nil }
            return stop.killAt
        }
        if stopping != nil { return times.min() }
        if let deadline { times.append(deadline) }
        if case .missing(let retryAt, _) = preparation { times.append(retryAt) }
        // While a hook runs after a start, or all are to end, nothing is launched.
        let isHeld = restartSource != nil || containers.contains(where: \.isInPostStart)
        for container in candidates.map({ containers[$0] }) where !isHeld {
            if case .backingOff(let until, _) = container.phase { times.append(until) }
            if case .waiting = container.phase, let retryAt = container.retryAt { times.append(retryAt) }
        }
        return times.min()
    }

    // What has happened.

    /// Ends the pod: stop signals now, SIGKILL after the grace period. While it is ending only a shorter one counts.
    ///
    /// - Parameter gracePeriodSeconds: 0 is SIGKILL at once, which nothing of Kubernetes asks for.
    mutating func terminate(gracePeriodSeconds: Int64, now: Int64) {
        stop(
            reason: "", message: "", after: nanoseconds(seconds: gracePeriodSeconds), now: now,
            forced: gracePeriodSeconds == 0)
    }

    /// Ends the pod because it has more on disk than it may: it has failed, with the kubelet's one second of grace.
    mutating func evict(_ message: String, now: Int64) {
        stop(reason: "Evicted", message: message, after: nanoseconds(seconds: 1), now: now)
    }

    mutating func stop(reason: String, message: String, after grace: Int64, now: Int64, forced: Bool = false) {
        // A pod has a second at least, for its hooks. See `calculateEffectiveGracePeriod` of the kubelet.
        let killAt = forced ? now : later(now, max(grace, 1_000_000_000))
        if let before = stopping {
            stopping!.killAt = min(before.killAt, killAt)
            stopping!.forced = before.forced || forced
        } else {
            stopping = Stopping(reason: reason, message: message, killAt: killAt, forced: forced)
        }
        for index in containers.indices where containers[index].stop != nil { hasten(index, now: now) }
    }

    mutating func prepared() { preparation = .done }

    /// The kubelet's delays between two tries: half a second, doubled up to two minutes.
    mutating func notPrepared(now: Int64) {
        guard case .missing(_, let pause) = preparation else { return }
        preparation = .missing(retryAt: later(now, pause), pause: min(pause * 2, 122_000_000_000))
    }

    /// A container is about to be created.
    ///
    /// - Returns: the number of the attempt, from 0.
    mutating func created(_ index: Int, now: Int64) -> Int32 {
        if case .backingOff(_, let termination) = containers[index].phase {
            containers[index].previous = termination
            // Who is started again for another one's sake has not failed again.
            if containers[index].reset != .other {
                containers[index].backoff.restarted(endedAt: termination.finishedAt, now: now)
            }
            containers[index].reset = nil
        }
        containers[index].attempts += 1
        return containers[index].attempts - 1
    }

    mutating func started(_ index: Int, now: Int64) {
        containers[index].begin(at: now)
        if let handler = containers[index].postStartHandler {
            containers[index].postStart = .running
            pending.append(.runHook(hook(index, .postStart), handler))
        }
    }

    mutating func ended(_ index: Int, _ termination: Termination) {
        cancelHooks(index)
        containers[index].phase = .ended(termination)
        containers[index].stop = nil
        containers[index].memoryBytes = 0
        noteEnd(index, termination)
    }

    /// It could not be created for a reason that may pass; it waits and is tried again.
    mutating func notCreated(_ index: Int, reason: String, message: String, now: Int64) {
        // One that ran before keeps its end: it goes on waiting for its restart.
        if case .backingOff(_, let termination) = containers[index].phase {
            containers[index].phase = .backingOff(until: later(now, 10_000_000_000), after: termination)
            return
        }
        containers[index].phase = .waiting(reason: reason, message: message)
        containers[index].retryAt = later(now, 10_000_000_000)
    }

    mutating func measured(_ index: Int, memoryBytes: Int64) { containers[index].memoryBytes = memoryBytes }
}

func nanoseconds(seconds: Int64) -> Int64 { saturating(max(0, seconds), times: 1_000_000_000) }

private func nanoseconds(milliseconds: Int64) -> Int64 { saturating(max(0, milliseconds), times: 1_000_000) }

private func saturating(_ value: Int64, times factor: Int64) -> Int64 {
    let (product, overflow) = value.multipliedReportingOverflow(by: factor)
    return overflow ? .max : product
}

/// A time that much later, or the last there is.
func later(_ time: Int64, _ span: Int64) -> Int64 {
    let (sum, overflow) = time.addingReportingOverflow(span)
    return overflow ? .max : sum
}
