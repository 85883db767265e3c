// SPDX-License-Identifier: Apache-2.0

import PodPlan

@testable import PodSupervisor

/// A pod whose containers do what a test says, at the times that it says. What the machine asks for is told in words:
/// "start a", "postStart a", "cancel postStart a", "signal a" and "kill a".
struct ScriptedPod {
    private(set) var life: PodLife
    private(set) var now: Int64 = 0
    private let names: [String]

    /// - Parameters: containers by name; `sidecars` are those of the init containers that are.
    init(
        inits: [String] = [], sidecars: Set<String> = [], _ regular: [String], policy: PodPlan.RestartPolicy = .never,
        _ change: (inout PodPlan) -> Void = { _ in }
    ) {
        var plan = PodPlan()
        (plan.uid, plan.name, plan.namespace, plan.restartPolicy) = ("u", "p", "n", policy)
        func container(_ name: String) -> ContainerPlan {
            var container = ContainerPlan()
            container.name = name
            if sidecars.contains(name) { container.restartPolicy = .always }
            return container
        }
        (plan.initContainers, plan.containers) = (inits.map(container), regular.map(container))
        change(&plan)
        names = inits + regular
        life = PodLife(plan, now: 0)
    }

    private func index(_ name: String) -> Int { names.firstIndex(of: name)! }

    var phase: PodState.Phase { life.state.phase }

    func report(_ name: String) -> ContainerReport {
        let state = life.state
        return (state.initContainers + state.containers)[index(name)]
    }

    // What happens. Each tells what the machine asks for then.

    /// The pod comes to the node.
    mutating func begin() -> [String] { settle() }

    mutating func exit(_ name: String, _ code: Int32) -> [String] { exit([(name, code)]) }

    /// Containers end in the same instant.
    mutating func exit(_ ends: [(name: String, code: Int32)]) -> [String] {
        for (name, code) in ends {
            var end = Termination()
            (end.exitCode, end.finishedAt) = (code, now)
            life.ended(index(name), end)
        }
        return settle()
    }

    /// A hook of the attempt that runs ends.
    mutating func hook(_ kind: HookID.Kind, _ name: String, fails: Bool = false) -> [String] {
        life.hookEnded(life.hook(index(name), kind), fails ? "it failed" : nil, now: now)
        return settle()
    }

    mutating func probe(_ kind: ProbeKind, _ name: String, _ success: Bool) -> [String] {
        life.probed(index(name), kind, succeeded: success, now: now)
        return settle()
    }

    mutating func delete(grace: Int64 = 30) -> [String] {
        life.terminate(gracePeriodSeconds: grace, now: now)
        return settle()
    }

    /// So many seconds pass.
    mutating func wait(_ seconds: Int64) -> [String] {
        let end = now + seconds * second
        var words: [String] = []
        while let wake = life.wakeTime, wake <= end {
            now = max(now, wake)
            words += settle()
        }
        now = end
        return words + settle()
    }

    /// The seconds until the machine next does something by itself.
    var sleep: Int64? { life.wakeTime.map { ($0 - now) / second } }

    private mutating func settle() -> [String] {
        var words: [String] = []
        while true {
            let intents = life.advance(now: now)
            if intents.isEmpty { return words }
            for intent in intents { if let word = carryOut(intent) { words.append(word) } }
        }
    }

    private mutating func carryOut(_ intent: PodLife.Intent) -> String? {
        switch intent {
        case .event: return nil
        case .prepare:
            life.prepared()
            return nil
        case .launch(let index):
            _ = life.created(index, now: now)
            life.started(index, now: now)
            return "start \(names[index])"
        case .runHook(let id, _): return "\(id.kind) \(names[id.container])"
        case .cancelHook(let id): return "cancel \(id.kind) \(names[id.container])"
        case .signal(let index, _): return "signal \(names[index])"
        case .kill(let index): return "kill \(names[index])"
        }
    }
}
