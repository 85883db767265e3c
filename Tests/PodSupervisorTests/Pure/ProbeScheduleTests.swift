// SPDX-License-Identifier: Apache-2.0

import PodPlan
import Testing

@testable import PodSupervisor

/// The machine alone, driven by a clock of the test.
struct ProbeScheduleTests {
    private func schedule(_ change: (inout ContainerPlan) -> Void) -> ProbeSchedule {
        var plan = PodPlan()
        var container = ContainerPlan()
        change(&container)
        plan.containers = [container]
        return ProbeSchedule(plan)
    }

    private func probe(_ change: (inout ProbePlan) -> Void = { _ in }) -> ProbePlan {
        var plan = ProbePlan(.exec(["x"]))
        change(&plan)
        return plan
    }

    private func target(_ attempt: Int32 = 0, at time: Int64 = 0, started: Bool = true, ending: Bool = false)
        -> [ProbeTarget?]
    {
        [ProbeTarget(attempt: attempt, startedAt: time, hasStarted: started, isEnding: ending)]
    }

    private func kinds(_ due: [(id: ProbeID, plan: ProbePlan)]) -> [ProbeKind] { due.map(\.id.kind) }

    @Test("The first run comes after the initial delay, the next ones a period later, never two at a time")
    func period() {
        var probes = schedule { $0.livenessProbe = probe { ($0.initialDelaySeconds, $0.periodSeconds) = (5, 10) } }
        #expect(probes.advance(target(), now: 0).isEmpty)
        #expect(probes.wakeTime(target()) == 5 * second)
        let due = probes.advance(target(), now: 5 * second)
        #expect(kinds(due) == [.liveness])
        #expect(probes.wakeTime(target()) == nil, "it runs")
        #expect(probes.advance(target(), now: 100 * second).isEmpty)
        #expect(probes.ended(due[0].id, succeeded: true) == true)
        #expect(kinds(probes.advance(target(), now: 100 * second)) == [.liveness], "late: at once")
        #expect(probes.ended(due[0].id, succeeded: true) == nil, "no news")
        #expect(probes.wakeTime(target()) == 110 * second)
    }

    @Test("A verdict needs as many results in a row as its threshold says", arguments: [1, 2, 3] as [Int32])
    func thresholds(threshold: Int32) {
        var probes = schedule {
            $0.readinessProbe = probe { ($0.failureThreshold, $0.successThreshold) = (threshold, threshold) }
        }
        var now: Int64 = 0
        func run(_ succeeded: Bool?) -> Bool? {
            let due = probes.advance(target(), now: now)
            now += 10 * second
            return probes.ended(due[0].id, succeeded: succeeded)
        }
        for _ in 1..<threshold { #expect(run(true) == nil) }
        #expect(run(true) == true)
        for _ in 1..<threshold { #expect(run(false) == nil) }
        if threshold > 1 {
            #expect(run(true) == nil, "the row is broken")
            for _ in 1..<threshold { #expect(run(false) == nil) }
        }
        #expect(run(nil) == nil, "what nobody knows doesn't count")
        #expect(run(false) == false)
    }

    @Test("Until the startup probe has succeeded the others wait; then they begin at once, and it never runs again")
    func startup() {
        var probes = schedule {
            ($0.startupProbe, $0.livenessProbe, $0.readinessProbe) = (probe(), probe(), probe())
        }
        let due = probes.advance(target(started: false), now: 0)
        #expect(kinds(due) == [.startup])
        #expect(probes.ended(due[0].id, succeeded: true) == true)
        #expect(kinds(probes.advance(target(), now: second)) == [.liveness, .readiness])
        #expect(probes.wakeTime(target()) == nil)
    }

    @Test(
        "A liveness or startup probe that has failed waits for the next attempt",
        arguments: [ProbeKind.liveness, .startup])
    func holds(kind: ProbeKind) {
        let isStartup = kind == .startup
        var probes = schedule {
            let plan = probe { $0.failureThreshold = 1 }
            if isStartup { $0.startupProbe = plan } else { $0.livenessProbe = plan }
        }
        let due = probes.advance(target(started: !isStartup), now: 0)
        #expect(probes.ended(due[0].id, succeeded: false) == false)
        #expect(probes.advance(target(started: !isStartup), now: 1000 * second).isEmpty)
        #expect(probes.wakeTime(target(started: !isStartup)) == nil)
        let next = probes.advance(target(1, at: 1000 * second, started: !isStartup), now: 1000 * second)
        #expect(next.map(\.id.attempt) == [1])
        #expect(probes.ended(due[0].id, succeeded: false) == nil, "of the attempt before")
    }

    @Test("A new attempt counts from nothing")
    func resets() {
        var probes = schedule { $0.livenessProbe = probe { $0.failureThreshold = 2 } }
        var due = probes.advance(target(), now: 0)
        #expect(probes.ended(due[0].id, succeeded: false) == nil)
        #expect(probes.advance([nil], now: 5 * second).isEmpty)
        due = probes.advance(target(1, at: 6 * second), now: 6 * second)
        #expect(probes.ended(due[0].id, succeeded: false) == nil)
    }

    @Test("While a container ends only its readiness is looked at")
    func ending() {
        var probes = schedule { ($0.livenessProbe, $0.readinessProbe) = (probe(), probe()) }
        #expect(kinds(probes.advance(target(ending: true), now: 0)) == [.readiness])
    }

    @Test("A pod without probes costs nothing")
    func nothing() {
        var probes = schedule { _ in }
        #expect(probes.isEmpty && probes.advance(target(), now: 0).isEmpty && probes.wakeTime(target()) == nil)
    }
}
