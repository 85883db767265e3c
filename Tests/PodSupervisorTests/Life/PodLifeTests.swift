// SPDX-License-Identifier: Apache-2.0

import PodPlan
import Testing

@testable import PodSupervisor

/// The machine alone, driven by a clock of the test.
struct PodLifeTests {
    private func ended(_ code: Int32, at time: Int64) -> Termination {
        var termination = Termination()
        termination.exitCode = code
        termination.finishedAt = time
        return termination
    }

    private func plan(_ policy: PodPlan.RestartPolicy, containers: Int = 1, initContainers: Int = 0) -> PodPlan {
        var plan = PodPlan()
        (plan.uid, plan.name, plan.namespace, plan.restartPolicy) = ("u", "p", "n", policy)
        let all = (0..<(containers + initContainers)).map { number in
            var container = ContainerPlan()
            container.name = "c\(number)"
            return container
        }
        plan.initContainers = Array(all[..<initContainers])
        plan.containers = Array(all[initContainers...])
        return plan
    }

    private func prepared(_ plan: PodPlan) -> PodLife {
        var life = PodLife(plan, now: 0)
        #expect(life.advance(now: 0) == [.prepare])
        life.prepared()
        return life
    }

    @Test("Restarts wait 0, 10, 20, 40, 80, 160, 300, 300 seconds after the end")
    func backoff() {
        var life = prepared(plan(.onFailure))
        var now: Int64 = 0
        var delays: [Int64] = []
        for _ in 0..<9 {
            #expect(life.advance(now: now) == [.launch(0)])
            _ = life.created(0, now: now)
            life.started(0, now: now)
            life.ended(0, ended(1, at: now))
            let intents = life.advance(now: now)
            let wake = intents == [.launch(0)] ? now : life.wakeTime!
            delays.append((wake - now) / second)
            now = wake
        }
        #expect(delays == [0, 10, 20, 40, 80, 160, 300, 300, 300])
        #expect(life.containers[0].restartCount == 8)
    }

    @Test("A container that ran for more than twice the cap starts afresh")
    func backoffReset() {
        var backoff = RestartBackoff(base: 10 * second, cap: 300 * second)
        for time in [0, 1, 2].map({ $0 * second }) { backoff.restarted(endedAt: time, now: time) }
        #expect(backoff.delay(endedAt: 600 * second) == 40 * second)
        #expect(backoff.delay(endedAt: 603 * second) == 0)
        backoff.restarted(endedAt: 603 * second, now: 603 * second)
        #expect(backoff.delay(endedAt: 604 * second) == 10 * second)
    }

    @Test(
        "The phase at the end is by exit codes",
        arguments: [([0, 0], .succeeded), ([0, 1], .failed), ([128, 0], .failed)] as [([Int32], PodState.Phase)])
    func phase(codes: [Int32], phase: PodState.Phase) {
        var life = prepared(plan(.never, containers: 2))
        #expect(life.advance(now: 0) == [.launch(0), .launch(1)])
        for index in 0...1 {
            _ = life.created(index, now: 0)
            life.started(index, now: 0)
        }
        #expect(life.state.phase == .running)
        life.ended(0, ended(codes[0], at: 1))
        #expect(life.advance(now: 1) == [])
        #expect(life.state.phase == .running)
        life.ended(1, ended(codes[1], at: 2))
        #expect(life.advance(now: 2) == [])
        #expect(life.terminalPhase == phase)
    }

    @Test("Always: a pod goes on after exit 0, and is never done by itself")
    func always() {
        var life = prepared(plan(.always))
        _ = life.created(0, now: 0)
        life.started(0, now: 0)
        life.ended(0, ended(0, at: 1))
        #expect(life.advance(now: 1) == [.launch(0)])
        #expect(life.terminalPhase == nil)
    }

    @Test("A pod that is ended while a container waits for its restart ends with the end it had")
    func endedInBackoff() {
        var life = prepared(plan(.onFailure))
        for time: Int64 in [0, 1] {
            _ = life.created(0, now: time)
            life.started(0, now: time)
            life.ended(0, ended(5, at: time))
            _ = life.advance(now: time)
        }
        #expect(life.state.phase == .running)
        life.terminate(gracePeriodSeconds: 30, now: 2)
        #expect(life.advance(now: 2) == [])
        #expect(life.terminalPhase == .failed)
        #expect(life.state.containers[0].state == .terminated(ended(5, at: 1)))
    }

    @Test(
        "A regular container that never ran when the pod is ended is unknown, unless the init containers weren't done")
    func neverRan() {
        var blocked = plan(.never)
        blocked.containers[0].waiting = .init(reason: "ErrImageNeverPull", message: "m")
        var life = prepared(blocked)
        _ = life.advance(now: 0)
        life.terminate(gracePeriodSeconds: 30, now: 1)
        _ = life.advance(now: 1)
        guard case .terminated(let end) = life.state.containers[0].state else {
            Issue.record("not terminated")
            return
        }
        #expect(end.reason == "ContainerStatusUnknown")
        #expect(end.exitCode == 137)
        var early = prepared(plan(.never, initContainers: 1))
        early.terminate(gracePeriodSeconds: 30, now: 1)
        _ = early.advance(now: 1)
        #expect(early.terminalPhase == .failed)
        #expect(early.state.containers[0].state == .waiting(reason: "PodInitializing", message: ""))
    }

    @Test("The deadline wakes the machine; so does the end of the grace period")
    func wakes() {
        var plan = plan(.never)
        plan.activeDeadlineSeconds = 5
        plan.terminationGracePeriodSeconds = 3
        var life = prepared(plan)
        _ = life.created(0, now: 0)
        life.started(0, now: 0)
        #expect(life.advance(now: 1) == [])
        #expect(life.wakeTime == 5 * second)
        #expect(life.advance(now: 5 * second).contains(.signal(0, 15)))
        #expect(life.wakeTime == 8 * second)
        #expect(life.advance(now: 8 * second) == [.kill(0)])
        #expect(life.wakeTime == nil)
    }

    @Test("Numbers at the end of their range don't trap", arguments: [Int64.max, Int64.max / 1000, -1, Int64.min])
    func extremes(number: Int64) {
        var plan = plan(.onFailure)
        plan.activeDeadlineSeconds = number
        plan.restartBackoffBaseMilliseconds = number
        plan.restartBackoffCapMilliseconds = number
        plan.terminationGracePeriodSeconds = number
        var life = PodLife(plan, now: 1_700_000_000 * second)
        life.terminate(gracePeriodSeconds: number, now: 1_700_000_000 * second)
        _ = life.advance(now: 1_700_000_000 * second)
        var backoff = RestartBackoff(base: number, cap: number)
        for _ in 0..<70 { backoff.restarted(endedAt: 1, now: 1) }
        #expect(backoff.delay(endedAt: 2) >= 0)
    }

    @Test(
        "Durations read as Go writes them",
        arguments: [(10_000, "10s"), (80_000, "1m20s"), (300_000, "5m0s"), (40, "40ms"), (1500, "1.5s"), (0, "0ms")]
            as [(Int64, String)])
    func durations(milliseconds: Int64, text: String) { #expect(goDuration(milliseconds * 1_000_000) == text) }
}
