// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

/// Random Jobs on a random cluster: pods fail, hang, vanish, are disrupted and end in any order, notifications come late,
/// twice and out of order, specs change. After every event all that must always hold is checked against a second, simpler
/// account, and each status against what an API server would accept after the one before.
///
/// `BERTH_SIMULATION_SEED=N` runs the one Job of that seed again; `BERTH_SIMULATION_STEPS=N` sets how many events in all.
struct SimulationTests {
    /// They share the events, and run at the same time as far as there are processors.
    private static let lanes = 4

    @Test(
        "Whatever happens to its pods, a Job counts them right, keeps its verdict and never hangs or spins",
        arguments: 0..<lanes)
    func simulation(lane: Int) async {
        if let seed = Self.number("BERTH_SIMULATION_SEED") {
            if lane == 0 { _ = run(seed: seed) }
            return
        }
        var seeds = SystemRandomNumberGenerator()
        let wanted = (Self.number("BERTH_SIMULATION_STEPS").map { Int($0) } ?? 1_000_000) / Self.lanes
        var steps = 0
        var endings: [String: Int] = [:]
        while steps < wanted {
            guard let world = run(seed: UInt64.random(in: 0...0xffff_ffff, using: &seeds)) else { return }
            steps += world.events
            endings[world.ending, default: 0] += 1
            await Task.yield()  // other tests want to go on, too
        }
        // A simulation that never gets to one of these proves nothing about it.
        for ending in [
            "CompletionsReached", "SuccessPolicy", "BackoffLimitExceeded", "DeadlineExceeded", "PodFailurePolicy",
            "MaxFailedIndexesExceeded", "FailedIndexes",
        ] where wanted >= 50_000 {
            #expect(endings[ending, default: 0] > 0, "no Job ended so: \(endings)")
        }
    }

    /// - Returns: nil after a violation, which is recorded.
    private func run(seed: UInt64) -> SimulatedWorld? {
        let world = SimulatedWorld(seed: seed)
        do {
            try world.live()
            return world
        } catch {
            Issue.record("\(error) (event \(world.events); run it again with BERTH_SIMULATION_SEED=\(seed))")
            return nil
        }
    }

    private static func number(_ variable: String) -> UInt64? {
        getenv(variable).flatMap { UInt64(String(cString: $0)) }
    }
}
