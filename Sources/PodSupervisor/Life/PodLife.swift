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
        /// Send a signal to PID 1.
        case signal(Int, Int32)
        /// End every process of it.
        case kill(Int)
        case event(PodEvent)
    }

    struct Stopping: Hashable, Sendable {
        var reason: String
        var message: String
        var killAt: Int64
    }

    let uid: String
    /// `pi-x7k2p_default(7c1e9b8e-…)`, as the kubelet writes pods in messages.
    let podName: String
    let initCount: Int
    let restartPolicy: PodPlan.RestartPolicy
    let gracePeriod: Int64
    let deadline: Int64?
    let startTime: Int64
    /// Init containers first.
    private(set) var containers: [ContainerLife]
    private(set) var stopping: Stopping?
    /// The phase that is never left.
    private(set) var terminalPhase: PodState.Phase?
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
        restartPolicy = plan.restartPolicy
        gracePeriod = nanoseconds(seconds: plan.terminationGracePeriodSeconds)
        deadline = plan.activeDeadlineSeconds.map { later(now, nanoseconds(seconds: $0)) }
        startTime = now
        let backoff = RestartBackoff(
            base: nanoseconds(milliseconds: plan.restartBackoffBaseMilliseconds),
            cap: nanoseconds(milliseconds: plan.restartBackoffCapMilliseconds))
        let reason = plan.initContainers.isEmpty ? "ContainerCreating" : "PodInitializing"
        containers = (plan.initContainers + plan.containers).map {
            ContainerLife($0, waiting: reason, backoff: backoff)
        }
        preparation = .missing(retryAt: now, pause: 500_000_000)
    }

    // What is to be done.

    /// What is to be done at this time. Empty: nothing until something happens, or until `wakeTime`.
    mutating func advance(now: Int64) -> [Intent] {
        if terminalPhase != nil { return [] }
        var intents: [Intent] = []
        if stopping == nil, let deadline, now >= deadline {
            let message = "Pod was active on the node longer than the specified deadline"
            stop(reason: "DeadlineExceeded", message: message, after: gracePeriod, now: now)
            intents.append(.event(PodEvent(warning: false, reason: "DeadlineExceeded", message: message)))
        }
        if stopping != nil { return intents + end(now) }
        if case .missing(let retryAt, _) = preparation { return retryAt <= now ? intents + [.prepare] : intents }
        return intents + start(now)
    }

    /// The next time at which `advance` has something to say by itself.
    var wakeTime: Int64? {
        if terminalPhase != nil { return nil }
        if let stopping { return containers.contains { $0.isRunning && !$0.killed } ? stopping.killAt : nil }
        var times: [Int64] = []
        if let deadline { times.append(deadline) }
        if case .missing(let retryAt, _) = preparation { times.append(retryAt) }
        for container in containers {
            if case .backingOff(let until, _) = container.phase { times.append(until) }
            if case .waiting = container.phase, let retryAt = container.retryAt { times.append(retryAt) }
        }
        return times.min()
    }

    private mutating func start(_ now: Int64) -> [Intent] {
        for index in 0..<initCount {
            if containers[index].hasSucceeded { continue }
            let intents = step(index, now)
            // It failed and is not started again: no other container has run or will.
            if containers[index].end != nil { terminalPhase = .failed }
            return intents
        }
        let intents = (initCount..<containers.count).flatMap { step($0, now) }
        if containers[initCount...].allSatisfy({ $0.end != nil }), intents.isEmpty { settle() }
        return intents
    }

    private mutating func step(_ index: Int, _ now: Int64) -> [Intent] {
        switch containers[index].phase {
        case .waiting:
            if let blocked = containers[index].blocked { return block(index, blocked) }
            return (containers[index].retryAt ?? now) <= now ? [.launch(index)] : []
        case .running: return []
        case .backingOff(let until, _): return until <= now ? [.launch(index)] : []
        case .ended(let termination): return again(index, termination, now)
        }
    }

    private mutating func block(_ index: Int, _ blocked: ContainerPlan.Waiting) -> [Intent] {
        containers[index].phase = .waiting(reason: blocked.reason, message: blocked.message)
        if containers[index].blockTold { return [] }
        containers[index].blockTold = true
        let isImage = blocked.reason.hasPrefix("ErrImage") || blocked.reason.hasPrefix("Image")
        var events: [Intent] = []
        if isImage { events.append(.event(PodEvent(warning: true, reason: blocked.reason, message: blocked.message))) }
        let what = isImage ? blocked.reason : blocked.message
        return events + [.event(PodEvent(warning: true, reason: "Failed", message: "Error: \(what)"))]
    }

    private mutating func again(_ index: Int, _ termination: Termination, _ now: Int64) -> [Intent] {
        let restarts =
            switch restartPolicy {
            case .always: true
            case .onFailure: termination.exitCode != 0
            case .never: false
            }
        guard restarts else { return [] }
        let delay = containers[index].backoff.delay(endedAt: termination.finishedAt)
        let until = later(termination.finishedAt, delay)
        containers[index].phase = .backingOff(until: until, after: termination)
        if until <= now { return [.launch(index)] }
        let message = "Back-off restarting failed container \(containers[index].name) in pod \(podName)"
        return [.event(PodEvent(warning: true, reason: "BackOff", message: message))]
    }

    private mutating func end(_ now: Int64) -> [Intent] {
        var intents: [Intent] = []
        for index in containers.indices {
            if case .backingOff(_, let termination) = containers[index].phase {
                containers[index].phase = .ended(termination)
            }
            guard containers[index].isRunning else { continue }
            let kill = now >= stopping!.killAt
            if !containers[index].signalled {
                containers[index].signalled = true
                let message = "Stopping container \(containers[index].name)"
                intents.append(.event(PodEvent(warning: false, reason: "Killing", message: message)))
                if !kill { intents.append(.signal(index, containers[index].stopSignal)) }
            }
            if kill, !containers[index].killed {
                containers[index].killed = true
                intents.append(.kill(index))
            }
        }
        if !containers.contains(where: \.isRunning) { settle() }
        return intents
    }

    /// All containers have ended, or never will have begun.
    private mutating func settle() {
        let isInitialized = containers[..<initCount].allSatisfy(\.hasSucceeded)
        for index in initCount..<containers.count where isInitialized && containers[index].end == nil {
            var lost = Termination()
            lost.exitCode = 137
            lost.reason = "ContainerStatusUnknown"
            lost.message = "The container could not be located when the pod was terminated"
            containers[index].phase = .ended(lost)
        }
        let succeeded = isInitialized && containers[initCount...].allSatisfy(\.hasSucceeded)
        terminalPhase = succeeded && stopping?.reason != "DeadlineExceeded" ? .succeeded : .failed
    }

    // What has happened.

    /// Ends the pod: stop signals now, SIGKILL after the grace period. While it is ending only a shorter one counts.
    mutating func terminate(gracePeriodSeconds: Int64, now: Int64) {
        stop(reason: "", message: "", after: nanoseconds(seconds: gracePeriodSeconds), now: now)
    }

    private mutating func stop(reason: String, message: String, after grace: Int64, now: Int64) {
        let killAt = later(now, grace)
        if stopping == nil {
            stopping = Stopping(reason: reason, message: message, killAt: killAt)
        } else if killAt < stopping!.killAt {
            stopping!.killAt = killAt
        }
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
            containers[index].backoff.restarted(endedAt: termination.finishedAt, now: now)
        }
        containers[index].attempts += 1
        return containers[index].attempts - 1
    }

    mutating func started(_ index: Int, now: Int64) { containers[index].phase = .running(startedAt: now) }

    mutating func ended(_ index: Int, _ termination: Termination) {
        containers[index].phase = .ended(termination)
        containers[index].memoryBytes = 0
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

private func nanoseconds(seconds: Int64) -> Int64 { saturating(max(0, seconds), times: 1_000_000_000) }

private func nanoseconds(milliseconds: Int64) -> Int64 { saturating(max(0, milliseconds), times: 1_000_000) }

private func saturating(_ value: Int64, times factor: Int64) -> Int64 {
    let (product, overflow) = value.multipliedReportingOverflow(by: factor)
    return overflow ? .max : product
}

private func later(_ time: Int64, _ span: Int64) -> Int64 {
    let (sum, overflow) = time.addingReportingOverflow(span)
    return overflow ? .max : sum
}
