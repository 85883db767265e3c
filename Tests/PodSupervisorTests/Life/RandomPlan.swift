// SPDX-License-Identifier: Apache-2.0

import PodPlan

/// `SplitMix64`: the same numbers for the same seed, on every machine.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ word &>> 30) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ word &>> 27) &* 0x94d0_49bb_1331_11eb
        return word ^ word &>> 31
    }

    mutating func percent(_ chance: Int) -> Bool { Int.random(in: 0..<100, using: &self) < chance }

    mutating func one<Choice>(of choices: [Choice]) -> Choice { choices.randomElement(using: &self)! }
}

extension PodPlan {
    /// Any pod that a manifest can describe, as far as its life depends on it.
    static func random(_ random: inout SeededRandom) -> PodPlan {
        var plan = PodPlan()
        (plan.uid, plan.name, plan.namespace) = ("u", "p", "n")
        plan.restartPolicy = random.one(of: [.always, .onFailure, .onFailure, .never])
        plan.terminationGracePeriodSeconds = random.one(of: [0, 1, 2, 5, 30])
        if random.percent(25) { plan.activeDeadlineSeconds = random.one(of: [1, 20, 400]) }
        let backoff: (Int64, Int64) = random.one(of: [(10_000, 300_000), (1000, 8000), (0, 0)])
        (plan.restartBackoffBaseMilliseconds, plan.restartBackoffCapMilliseconds) = backoff
        for number in 0..<random.one(of: [0, 0, 1, 2, 3]) {
            let isSidecar = random.percent(50)
            var container = ContainerPlan.random("i\(number)", mayHaveHooks: isSidecar, &random)
            if isSidecar { container.restartPolicy = .always }
            plan.initContainers.append(container)
        }
        for number in 0..<random.one(of: [1, 1, 2, 3]) {
            plan.containers.append(.random("c\(number)", mayHaveHooks: true, &random))
        }
        return plan
    }
}

extension ContainerPlan {
    fileprivate static func random(_ name: String, mayHaveHooks: Bool, _ random: inout SeededRandom) -> ContainerPlan {
        var plan = ContainerPlan()
        plan.name = name
        plan.stopSignal = random.one(of: [15, 2])
        if random.percent(3) { plan.waiting = .init(reason: "ErrImageNeverPull", message: "m") }
        if random.percent(20) { plan.restartPolicy = random.one(of: [.onFailure, .never]) }
        if random.percent(20) {
            let action: RestartRulePlan.Action = random.percent(20) ? .restartAll : .restart
            plan.restartRules = [
                .init(action, exitCodes: random.one(of: [[0], [1, 2], [137]]), negated: random.percent(30))
            ]
        }
        guard mayHaveHooks else { return plan }
        if random.percent(25) { plan.postStart = .exec(["begin"]) }
        if random.percent(25) { plan.preStop = .exec(["end"]) }
        if random.percent(20) { plan.startupProbe = .random(&random) }
        if random.percent(20) { plan.livenessProbe = .random(&random) }
        if random.percent(20) { plan.readinessProbe = .random(&random) }
        return plan
    }
}

extension ProbePlan {
    fileprivate static func random(_ random: inout SeededRandom) -> ProbePlan {
        var plan = ProbePlan(.exec(["probe"]))
        plan.initialDelaySeconds = random.one(of: [0, 3])
        plan.periodSeconds = random.one(of: [1, 10])
        plan.successThreshold = random.one(of: [1, 1, 2])
        plan.failureThreshold = random.one(of: [1, 3])
        if random.percent(30) { plan.terminationGracePeriodSeconds = random.one(of: [1, 7]) }
        return plan
    }
}
