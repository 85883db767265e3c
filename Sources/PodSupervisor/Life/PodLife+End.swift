// SPDX-License-Identifier: Apache-2.0

import PodPlan

/// What a container has between its stop signal and SIGKILL at least, whatever the grace period is and whoever has used it
/// up. See `minimumGracePeriodInSeconds` of the kubelet.
private let leastGrace: Int64 = 2_000_000_000

// The end of containers, one by one or with their pod. See `killContainer` of the kubelet.
extension PodLife {
    /// Ends all containers that run; none is started any more.
    mutating func end(_ now: Int64) -> [Intent] {
        var intents: [Intent] = []
        restartSource = nil
        for index in containers.indices {
            if case .backingOff(_, let termination) = containers[index].phase {
                containers[index].phase = .ended(termination)
            }
            guard containers[index].isRunning, containers[index].stop == nil else { continue }
            let message = "Stopping container \(containers[index].name)"
            intents += stopContainer(index, message, killAt: stopping!.killAt, forced: stopping!.forced)
        }
        return intents
    }

    /// Begins the end of a container.
    ///
    /// - Parameter skipsHook: there is no time for it.
    mutating func stopContainer(
        _ index: Int, _ message: String, killAt: Int64, forced: Bool, skipsHook: Bool = false
    ) -> [Intent] {
        cancelHooks(index)
        let hasHook = containers[index].preStopHandler != nil && !forced && !skipsHook
        let preStop: ContainerLife.Hook = hasHook ? .due : .done
        containers[index].stop = .init(killAt: killAt, forced: forced, preStop: preStop)
        defer { pending = [] }
        return pending + [.event(PodEvent(warning: false, reason: "Killing", message: message))]
    }

    /// The pod has less time than the container's end was given.
    mutating func hasten(_ index: Int, now: Int64) {
        guard let stopping, let stop = containers[index].stop else { return }
        let limit = stop.signalled ? max(stopping.killAt, later(now, leastGrace)) : stopping.killAt
        containers[index].stop!.killAt = min(stop.killAt, limit)
        containers[index].stop!.forced = stop.forced || stopping.forced
    }

    /// Its hook, then the stop signal when its turn has come, then SIGKILL.
    mutating func progress(_ index: Int, _ now: Int64) -> [Intent] {
        guard containers[index].isRunning, var stop = containers[index].stop, !stop.killed else { return [] }
        defer { containers[index].stop = stop }
        let isLate = now >= stop.killAt
        var intents: [Intent] = []
        if stop.preStop == .due, !stop.forced {
            stop.preStop = .running
            intents.append(.runHook(hook(index, .preStop), containers[index].preStopHandler!))
        }
        if stop.preStop == .running {
            guard isLate || stop.forced else { return intents }
            stop.preStop = .done
            intents.append(.cancelHook(hook(index, .preStop)))
        }
        if stop.forced || stop.signalled && isLate {
            (stop.signalled, stop.killed) = (true, true)
            return intents + [.kill(index)]
        }
        guard !stop.signalled, isLate || isTurn(of: index) else { return intents }
        stop.signalled = true
        stop.killAt = max(stop.killAt, later(now, leastGrace))
        return intents + [.signal(index, containers[index].stopSignal)]
    }

    /// With its pod a sidecar ends after everything that was started after it.
    private func isTurn(of index: Int) -> Bool {
        guard stopping != nil, containers[index].role == .sidecar else { return true }
        return !containers[(index + 1)...].contains(where: \.isRunning)
    }

    /// All containers have ended, or never will have begun.
    mutating func settle() {
        let isInitialized = containers[..<initCount].enumerated().allSatisfy { index, container in
            container.role == .sidecar ? index < stage : container.hasSucceeded
        }
        for index in initCount..<containers.count where isInitialized && containers[index].end == nil {
            var lost = Termination()
            lost.exitCode = 137
            lost.reason = "ContainerStatusUnknown"
            lost.message = "The container could not be located when the pod was terminated"
            containers[index].phase = .ended(lost)
        }
        let succeeded = isInitialized && containers[initCount...].allSatisfy(\.hasSucceeded)
        terminalPhase = succeeded && stopping.map({ $0.reason.isEmpty }) ?? true ? .succeeded : .failed
    }
}

// Hooks and probes.
extension PodLife {
    func hook(_ index: Int, _ kind: HookID.Kind) -> HookID {
        HookID(container: index, attempt: containers[index].attempts - 1, kind: kind)
    }

    /// What runs for the attempt has no use any more.
    func hooksRunning(_ index: Int) -> [HookID] {
        var hooks: [HookID] = []
        if containers[index].postStart == .running { hooks.append(hook(index, .postStart)) }
        if containers[index].stop?.preStop == .running { hooks.append(hook(index, .preStop)) }
        return hooks
    }

    mutating func cancelHooks(_ index: Int) {
        for hook in hooksRunning(index) { pending.append(.cancelHook(hook)) }
        if containers[index].postStart == .running { containers[index].postStart = .done }
        if containers[index].stop?.preStop == .running { containers[index].stop!.preStop = .done }
    }

    /// - Parameter failure: a sentence, or nil for success.
    mutating func hookEnded(_ id: HookID, _ failure: HandlerFailure?, now: Int64) {
        let index = id.container
        guard containers[index].isRunning, hooksRunning(index).contains(id) else { return }
        switch id.kind {
        case .preStop:
            containers[index].stop!.preStop = .done
            guard let failure else { return }
            tell(.init(warning: true, reason: "FailedPreStopHook", message: "PreStopHook failed: \(failure)"))
        case .postStart:
            containers[index].postStart = .done
            guard let failure else { return }
            containers[index].postStart = .failed(failure)
            tell(.init(warning: true, reason: "FailedPostStartHook", message: "PostStartHook failed: \(failure)"))
            stopAlone(index, "FailedPostStartHook", grace: gracePeriod, now)
        }
    }

    private mutating func tell(_ event: PodEvent) { pending.append(.event(event)) }

    /// A probe has succeeded or failed as often in a row as its threshold says.
    mutating func probed(_ index: Int, _ kind: ProbeKind, succeeded: Bool, now: Int64) {
        guard containers[index].isRunning else { return }
        switch kind {
        case .readiness: containers[index].readinessSucceeded = succeeded
        case .startup where succeeded: containers[index].startupSucceeded = true
        case .startup: endUnhealthy(index, "startup", containers[index].startupGraceSeconds, now)
        case .liveness where succeeded: return
        case .liveness: endUnhealthy(index, "liveness", containers[index].livenessGraceSeconds, now)
        }
    }

    private mutating func endUnhealthy(_ index: Int, _ probe: String, _ graceSeconds: Int64?, _ now: Int64) {
        guard stopping == nil, containers[index].stop == nil else { return }
        let restarts = containers[index].restartPolicy != .never
        containers[index].restartsAnyway = restarts
        let message =
            "Container \(containers[index].name) failed \(probe) probe" + (restarts ? ", will be restarted" : "")
        stopAlone(index, message, grace: graceSeconds.map { nanoseconds(seconds: $0) } ?? gracePeriod, now)
    }

    /// Ends a container while its pod goes on.
    private mutating func stopAlone(_ index: Int, _ message: String, grace: Int64, _ now: Int64) {
        pending = stopContainer(index, message, killAt: later(now, grace), forced: false, skipsHook: grace == 0)
        hasten(index, now: now)
    }
}
