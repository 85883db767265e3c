// SPDX-License-Identifier: Apache-2.0

import CLinux
import Testing

/// Random pods on a random node: containers fail, hang and ignore signals, hooks hang and fail, probes change their minds,
/// and the end comes at any instant. After every step all that must always hold is checked against a second account.
///
/// `BERTH_SIMULATION_SEED=N` runs the one pod of that seed again; `BERTH_SIMULATION_STEPS=N` sets how many steps in all.
struct LifeSimulationTests {
    @Test("Whatever happens to its containers, a pod starts, restarts and ends them as Kubernetes does")
    func simulation() async {
        if let seed = Self.number("BERTH_SIMULATION_SEED") { return _ = run(seed: seed) }
        var seeds = SystemRandomNumberGenerator()
        let wanted = Self.number("BERTH_SIMULATION_STEPS").map { Int($0) } ?? 300_000
        var steps = 0
        var sights: [String: Int] = [:]
        while steps < wanted {
            guard let pod = run(seed: UInt64.random(in: 0...0xffff_ffff, using: &seeds)) else { return }
            steps += pod.steps
            sights.merge(pod.sights, uniquingKeysWith: +)
            await Task.yield()  // other tests want to go on, too
        }
        // A simulation that never gets to one of these proves nothing about it.
        for sight in [
            "succeeded", "failed", "DeadlineExceeded", "Evicted", "killed at once", "killed after the grace period",
            "restarted after a delay", "started afresh", "unhealthy", "all restarted",
        ] where wanted >= 50_000 {
            #expect(sights[sight, default: 0] > 0, "never seen: \(sights)")
        }
    }

    /// - Returns: nil after a violation, which is recorded.
    private func run(seed: UInt64) -> SimulatedPod? {
        let pod = SimulatedPod(seed: seed)
        do throws(Violation) {
            try pod.live()
            return pod
        } catch {
            Issue.record("\(error) (step \(pod.steps); run it again with BERTH_SIMULATION_SEED=\(seed))")
            return nil
        }
    }

    private static func number(_ variable: String) -> UInt64? {
        getenv(variable).flatMap { UInt64(String(cString: $0)) }
    }
}
