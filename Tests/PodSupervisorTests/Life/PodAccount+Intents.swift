// SPDX-License-Identifier: Apache-2.0

import PodPlan

@testable import PodSupervisor

let leastGrace = 2 * second

// What the machine asks for, each thing held against the rules.
extension PodAccount {
    mutating func take(_ intent: PodLife.Intent, now: Int64) throws(Violation) {
        if terminalPhase != nil { throw Violation("\(intent) after the end") }
        switch intent {
        case .event: return
        case .prepare:
            if isPrepared || end != nil || now < prepareAt { throw Violation("prepared at the wrong time") }
        case .launch(let index):
            guard mustLaunch(index, now: now) else { throw Violation("\(name(index)) may not start now") }
            let others = containers.indices.filter { containers[$0].runs }
            if index >= initCount, others.contains(where: { $0 < initCount && !containers[$0].isSidecar }) {
                throw Violation("\(name(index)) beside an init container")
            }
        case .runHook(let id, _): try begin(id)
        case .cancelHook(let id): try cancel(id)
        case .signal(let index, let signal): try self.signal(index, signal, now)
        case .kill(let index):
            guard let order = containers[index].order, containers[index].runs else {
                throw Violation("SIGKILL for \(name(index)), which nobody wants to end")
            }
            if order.isKilled { throw Violation("\(name(index)) is killed twice") }
            guard order.forced || order.isSignalled && now >= order.killAt else {
                throw Violation("\(name(index)) is killed \((order.killAt - now) / millisecond) ms early")
            }
            containers[index].order!.isKilled = true
        }
    }

    private func name(_ index: Int) -> String { containers[index].plan.name }

    private mutating func begin(_ id: HookID) throws(Violation) {
        let container = containers[id.container]
        guard container.runs, Int(id.attempt) == container.creations - 1 else {
            throw Violation("a hook of \(name(id.container)), which doesn't run")
        }
        switch id.kind {
        case .postStart:
            if container.postStart != .running { throw Violation("postStart at the wrong time") }
        case .preStop:
            guard container.plan.preStop != nil, let order = container.order, order.preStop == .due else {
                throw Violation("preStop of \(name(id.container)) at the wrong time")
            }
            if order.forced { throw Violation("preStop of \(name(id.container)) without any grace") }
            containers[id.container].order!.preStop = .running
        }
    }

    private mutating func cancel(_ id: HookID) throws(Violation) {
        guard id.kind == .preStop, Int(id.attempt) == containers[id.container].creations - 1 else { return }
        if containers[id.container].order?.preStop == .running { containers[id.container].order!.preStop = .over }
    }

    private mutating func signal(_ index: Int, _ signal: Int32, _ now: Int64) throws(Violation) {
        let container = containers[index]
        guard container.runs, var order = container.order else {
            throw Violation("a signal for \(name(index)), which nobody wants to end")
        }
        if order.isSignalled { throw Violation("\(name(index)) gets its stop signal twice") }
        if signal != container.plan.stopSignal { throw Violation("signal \(signal) for \(name(index))") }
        let isLate = now >= order.killAt
        if !isLate {
            if container.plan.preStop != nil, order.preStop != .over {
                throw Violation("\(name(index)) gets its stop signal before its preStop hook is over")
            }
            if end != nil, container.isSidecar, !isLast(index) {
                throw Violation("sidecar \(name(index)) gets its stop signal before those after it have ended")
            }
        }
        order.isSignalled = true
        // Whatever the grace period is, and however long a hook took, there is a moment left to end in.
        order.killAt = max(order.killAt, now + leastGrace)
        containers[index].order = order
    }

    // When nothing more is asked for.

    /// Everything that is due has been done, and the machine will wake for all the rest.
    func checkRest(now: Int64, wake: Int64?) throws(Violation) {
        if let wake, wake <= now { throw Violation("it wants to wake in the past") }
        func wakes(_ time: Int64) -> Bool { time == .max || wake.map { $0 <= time } ?? false }
        if terminalPhase != nil { return }
        for (index, container) in containers.enumerated() {
            if mustLaunch(index, now: now) { throw Violation("\(name(index)) should have been started") }
            if let order = container.order, container.runs { try checkOrder(index, order, now, wakes) }
            if let dueAt = container.dueAt, mustLaunch(index, now: .max), !wakes(dueAt) {
                throw Violation("nothing will start \(name(index)) again")
            }
        }
        if end == nil, let deadline, !wakes(deadline) { throw Violation("nothing will see the deadline") }
        if end == nil, !isPrepared, !wakes(prepareAt) { throw Violation("nothing will prepare the pod") }
        if end != nil, !containers.contains(where: \.runs) { throw Violation("it should be over") }
    }

    private func checkOrder(
        _ index: Int, _ order: ContainerAccount.Order, _ now: Int64, _ wakes: (Int64) -> Bool
    ) throws(Violation) {
        if order.isKilled { return }
        if order.forced { throw Violation("\(name(index)) should have been killed at once") }
        if now >= order.killAt { throw Violation("the grace period of \(name(index)) is over, and it runs") }
        if !wakes(order.killAt) { throw Violation("nothing will kill \(name(index))") }
        if order.isSignalled { return }
        if containers[index].plan.preStop != nil {
            if order.preStop == .due { throw Violation("preStop of \(name(index)) should have begun") }
            if order.preStop == .running { return }
        }
        if end == nil || !containers[index].isSidecar || isLast(index) {
            throw Violation("\(name(index)) should have got its stop signal")
        }
    }
}
