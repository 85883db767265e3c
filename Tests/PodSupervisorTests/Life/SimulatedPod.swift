// SPDX-License-Identifier: Apache-2.0

import PodPlan

@testable import PodSupervisor

/// One random pod on a random node: it is driven as the supervisor drives it, by an account that holds it to the rules.
final class SimulatedPod {
    private var random: SeededRandom
    private var life: PodLife
    private var probes: ProbeSchedule
    private(set) var account: PodAccount
    private var now: Int64 = 1_700_000_000 * second
    private(set) var steps = 0
    private var ends: Int64 = 0
    private var hooks: Set<HookID> = []
    private var runningProbes: [ProbeID] = []
    /// How the processes of the containers are, by container; nil: none.
    private var processes: [Process?]
    /// What has been seen, by name and number.
    private(set) var sights: [String: Int] = [:]

    private struct Process {
        var isKilled = false
        var heedsSignals: Bool
        var isSignalled = false
    }

    init(seed: UInt64) {
        random = SeededRandom(seed: seed)
        let plan = PodPlan.random(&random)
        life = PodLife(plan, now: now)
        probes = ProbeSchedule(plan)
        account = PodAccount(plan, now: now)
        processes = Array(repeating: nil, count: account.containers.count)
    }

    /// A random life, then peace: nothing ends by itself, the pod is told to, and it must.
    func live() throws(Violation) {
        try settle()
        for _ in 0..<random.one(of: [20, 100, 400]) where account.terminalPhase == nil { try step() }
        saw(account.terminalPhase == nil ? "goes on" : "\(account.terminalPhase!)")
        if account.terminalPhase == nil { try end(within: account.plan.terminationGracePeriodSeconds) }
        try settle()
        for _ in 0..<1000 where account.terminalPhase == nil {
            if let index = processes.indices.first(where: { processes[$0]?.isKilled ?? false }) {
                reap(index, code: 137)
            } else {
                guard let wake = life.wakeTime else { throw Violation("it waits for nothing") }
                now = wake
            }
            try settle()
        }
        guard let phase = account.terminalPhase else { throw Violation("it never ends") }
        saw(phase == .succeeded ? "succeeded" : "failed")
        if let reason = account.end?.reason { saw(reason) }
        for _ in 0..<5 {
            now += 100 * second
            life.terminate(gracePeriodSeconds: 0, now: now)
            try settle()
        }
    }

    private func saw(_ what: String) { sights[what, default: 0] += 1 }

    private func step() throws(Violation) {
        switch Int.random(in: 0..<1000, using: &random) {
        case 0..<300: passTime()
        case 300..<560: endProcess()
        case 560..<700: endHook()
        case 700..<980: try endProbe()
        case 980..<984: try end(within: random.one(of: [0, 1, 3, 30]))
        case 984..<986: evict()
        default: if random.percent(10) { staleHook() }
        }
        try settle()
    }

    // The supervisor's part.

    private func settle() throws(Violation) {
        for _ in 0..<200 {
            steps += 1
            account.decide(now: now)
            let intents = life.advance(now: now)
            for intent in intents { try carryOut(intent) }
            if !intents.isEmpty { continue }
            if try !startProbes() { break }
        }
        try account.check(life.state)
        try account.checkRest(now: now, wake: life.wakeTime)
        if account.terminalPhase != nil {
            if !hooks.isEmpty { throw Violation("hooks outlive the pod: \(hooks)") }
            if processes.contains(where: { $0 != nil }) { throw Violation("a process outlives the pod") }
        }
    }

    private func carryOut(_ intent: PodLife.Intent) throws(Violation) {
        if case .launch = intent, life.isRestartingAll { return }
        try account.take(intent, now: now)
        switch intent {
        case .prepare:
            let success = random.percent(70)
            account.prepared(success, now: now)
            success ? life.prepared() : life.notPrepared(now: now)
        case .launch(let index): launch(index)
        case .runHook(let id, _):
            guard hooks.insert(id).inserted else { throw Violation("a hook runs twice") }
        case .cancelHook(let id): hooks.remove(id)
        case .signal(let index, _):
            guard processes[index] != nil else { throw Violation("a signal to nobody") }
            processes[index]!.isSignalled = true
        case .kill(let index):
            guard processes[index] != nil else { throw Violation("SIGKILL to nobody") }
            processes[index]!.isKilled = true
            saw(account.containers[index].order!.forced ? "killed at once" : "killed after the grace period")
        case .event: break
        }
    }

    private func launch(_ index: Int) {
        let container = account.containers[index]
        if container.delay > 0 { saw("restarted after a delay") }
        if container.delay == 0, container.creations > 1 { saw("started afresh") }
        if random.percent(4) {
            account.containers[index].notCreated(now: now)
            return life.notCreated(index, reason: "CreateContainerConfigError", message: "m", now: now)
        }
        _ = life.created(index, now: now)
        account.containers[index].created(now: now)
        if random.percent(4) { return reported(index, code: 128) }
        processes[index] = Process(heedsSignals: random.percent(60))
        life.started(index, now: now)
        account.containers[index].started(now: now)
    }

    private func startProbes() throws(Violation) -> Bool {
        let due = probes.advance(life.probeTargets, now: now)
        for (id, _) in due {
            let container = account.containers[id.container]
            guard container.runs, container.postStart == .none, container.isStarted != (id.kind == .startup) else {
                throw Violation("\(id) may not run now")
            }
            if container.order != nil, id.kind != .readiness { throw Violation("\(id) of one that is to end") }
            if container.probes[id.kind]?.runs ?? false { throw Violation("two of \(id) at a time") }
            account.containers[id.container].probes[id.kind, default: ProbeAccount()].runs = true
            runningProbes.append(id)
        }
        return !due.isEmpty
    }

    // The node's part.

    private func passTime() {
        let wakes = [life.wakeTime, probes.isEmpty ? nil : probes.wakeTime(life.probeTargets)].compactMap { $0 }
        let wake = wakes.min() ?? now + 5 * second
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<6: now = max(now, wake)
        case 6..<8: now += max(0, wake - now) / 2
        case 8: now = max(now, wake) + Int64.random(in: 0...(5 * second), using: &random)
        default: now += random.one(of: [1, 700]) * second
        }
    }

    private func endProcess() {
        guard let index = processes.indices.filter({ processes[$0] != nil }).randomElement(using: &random) else {
            return
        }
        let process = processes[index]!
        if process.isKilled { return reap(index, code: 137) }
        if process.isSignalled, process.heedsSignals { return reap(index, code: random.one(of: [143, 0])) }
        // Most go on for a while.
        if random.percent(30) { reap(index, code: random.one(of: [0, 0, 1, 2, 137])) }
    }

    private func reap(_ index: Int, code: Int32) {
        // Its handlers end with it.
        hooks = hooks.filter { $0.container != index }
        runningProbes.removeAll { $0.container == index }
        reported(index, code: code)
    }

    private func reported(_ index: Int, code: Int32) {
        ends += 1
        var end = Termination()
        (end.exitCode, end.finishedAt, end.message) = (code, now, "end \(ends)")
        processes[index] = nil
        life.ended(index, end)
        account.ended(index, end)
        if account.restartSource == index { saw("all restarted") }
    }

    private func endHook() {
        guard let id = hooks.sorted(by: { $0.container < $1.container }).randomElement(using: &random) else { return }
        guard random.percent(60) else { return }  // others hang
        hooks.remove(id)
        let fails = random.percent(30)
        switch id.kind {
        case .preStop: account.containers[id.container].order!.preStop = .over
        case .postStart:
            account.containers[id.container].postStart = fails ? .failed : .none
            if fails { order(id.container, within: account.grace) }
        }
        life.hookEnded(id, fails ? "why" : nil, now: now)
    }

    /// Somebody tells of a hook of an attempt that is over.
    private func staleHook() {
        guard let index = processes.indices.first(where: { account.containers[$0].creations > 1 }) else { return }
        let attempt = Int32(account.containers[index].creations - 2)
        life.hookEnded(HookID(container: index, attempt: attempt, kind: .postStart), "stale", now: now)
        life.hookEnded(HookID(container: index, attempt: attempt, kind: .preStop), nil, now: now)
    }

    private func endProbe() throws(Violation) {
        guard let position = runningProbes.indices.randomElement(using: &random) else { return }
        let id = runningProbes.remove(at: position)
        let plan = probes.plan(of: id)!
        account.containers[id.container].probes[id.kind]!.runs = false
        if random.percent(5) {
            _ = probes.ended(id, succeeded: nil)
            return
        }
        let result = random.percent(60)
        let verdict = account.containers[id.container].probes[id.kind]!.take(result, plan)
        let news = probes.ended(id, succeeded: result)
        if news != verdict { throw Violation("\(id): \(String(describing: news)) is taken to be so") }
        guard let told = news else { return }
        if id.kind != .readiness, !told, account.end == nil, account.containers[id.container].order == nil {
            account.containers[id.container].isUnhealthy = true
            saw("unhealthy")
            order(id.container, within: plan.terminationGracePeriodSeconds.map { $0 * second } ?? account.grace)
        }
        life.probed(id.container, id.kind, succeeded: told, now: now)
    }

    private func order(_ index: Int, within grace: Int64) {
        var order = ContainerAccount.Order(killAt: now + grace, forced: false, preStop: grace == 0 ? .over : .due)
        if let end = account.end { order.shorten(to: end, now: now) }
        account.containers[index].order = order
    }

    private func end(within seconds: Int64) throws(Violation) {
        account.told(toEndWithin: seconds * second, forced: seconds == 0, now: now)
        life.terminate(gracePeriodSeconds: seconds, now: now)
    }

    private func evict() {
        account.told(toEndWithin: second, reason: "Evicted", now: now)
        life.evict("m", now: now)
    }
}
