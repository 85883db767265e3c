// SPDX-License-Identifier: Apache-2.0

import PodPlan

// The order of a pod's beginning, and restarts.
extension PodLife {
    /// Init containers one after another, a sidecar until it has started; then all regular ones.
    mutating func start(_ now: Int64) -> [Intent] {
        var intents: [Intent] = []
        for index in containers.indices { intents += again(index, now) }
        // Before anything is started: what is over now starts nothing more.
        if isOver() {
            stop(reason: "", message: "", after: gracePeriod, now: now)
            return intents
        }
        // The kubelet does nothing else for a pod while one of its hooks runs after a start.
        var mayLaunch = !containers.contains(where: \.isInPostStart)
        for index in candidates { intents += step(index, now, &mayLaunch) }
        return intents
    }

    /// Who may be started as far as the order is concerned: sidecars that have had their turn, and whose turn it is.
    var candidates: [Int] {
        let next = stage < initCount ? stage..<(stage + 1) : initCount..<containers.count
        return (0..<stage).filter { containers[$0].role == .sidecar } + next
    }

    /// Takes note of the init containers that are done.
    ///
    /// - Returns: whether there is nothing left to run for: one of them has failed for good, or all regular containers
    ///   have ended.
    private mutating func isOver() -> Bool {
        while stage < initCount {
            let container = containers[stage]
            if container.role == .initial, container.end != nil, !container.hasSucceeded { return true }
            guard container.role == .initial ? container.hasSucceeded : container.hasStarted else { return false }
            stage += 1
        }
        return containers[initCount...].allSatisfy { $0.end != nil }
    }

    private mutating func step(_ index: Int, _ now: Int64, _ mayLaunch: inout Bool) -> [Intent] {
        switch containers[index].phase {
        case .waiting:
            if let blocked = containers[index].blocked { return block(index, blocked) }
            guard (containers[index].retryAt ?? now) <= now else { return [] }
        case .backingOff(let until, _): guard until <= now else { return [] }
        case .running, .ended: return []
        }
        guard mayLaunch else { return [] }
        mayLaunch = containers[index].postStartHandler == nil
        return [.launch(index)]
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

    /// One that has ended and is to be started again waits for its time.
    private mutating func again(_ index: Int, _ now: Int64) -> [Intent] {
        guard case .ended(let termination) = containers[index].phase, containers[index].restarts(after: termination)
        else { return [] }
        let until = later(termination.finishedAt, containers[index].backoff.delay(endedAt: termination.finishedAt))
        containers[index].phase = .backingOff(until: until, after: termination)
        if until <= now { return [] }
        let message = "Back-off restarting failed container \(containers[index].name) in pod \(podName)"
        return [.event(PodEvent(warning: true, reason: "BackOff", message: message))]
    }
}
