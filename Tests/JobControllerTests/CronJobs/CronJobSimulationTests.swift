// SPDX-License-Identifier: Apache-2.0

import Glibc
import JobController
import KubernetesAPI
import Testing

/// Random CronJobs on a clock that runs, jumps and goes back; Jobs end, vanish or can't be made. After every event what
/// must always hold is checked.
///
/// `BERTH_SIMULATION_SEED=N` runs the one CronJob of that seed again.
struct CronJobSimulationTests {
    @Test("Whatever the clock and the Jobs do, a CronJob starts each time at most once and keeps its limits")
    func simulation() async {
        if let seed = getenv("BERTH_SIMULATION_SEED").flatMap({ UInt64(String(cString: $0)) }) {
            return check(seed)
        }
        var seeds = SystemRandomNumberGenerator()
        var starts = 0
        for _ in 0..<40 {
            let seed = UInt64.random(in: 0...0xffff_ffff, using: &seeds)
            var world = CronJobWorld(seed: seed)
            do {
                try world.live()
            } catch {
                Issue.record("\(error); run it again with BERTH_SIMULATION_SEED=\(seed)")
                return
            }
            starts += world.starts.count
            await Task.yield()
        }
        #expect(starts > 150, "a simulation that starts nothing proves nothing")
    }

    private func check(_ seed: UInt64) {
        var world = CronJobWorld(seed: seed)
        do { try world.live() } catch { Issue.record("\(error)") }
    }
}

private struct CronJobWorld {
    private var random: SplitMix
    private var controller: CronJobController
    private var now: Timestamp
    private var wake: Timestamp?
    private var jobs: [Job] = []
    /// The scheduled times that were started.
    private(set) var starts: Set<Timestamp> = []
    private var calls = 0

    init(seed: UInt64) {
        random = SplitMix(seed: seed)
        now = Timestamp(seconds: 1_770_000_000 + Int64(random.next() % 100_000_000))
        var cronJob = CronJob()
        cronJob.metadata.name = "c"
        cronJob.metadata.namespace = "default"
        cronJob.metadata.uid = "cron"
        cronJob.metadata.creationTimestamp = now
        controller = CronJobController(cronJob: cronJob)
        cronJob.spec = randomSpec()
        cronJob.applyDefaults()
        controller = CronJobController(cronJob: cronJob)
    }

    private mutating func pick<T>(_ values: [T]) -> T { values[Int(random.next() % UInt64(values.count))] }

    private mutating func randomSpec() -> CronJobSpec {
        var spec = CronJobSpec()
        spec.schedule = pick([
            "* * * * *", "*/7 * * * *", "0 * * * *", "13 1-5/2 * * 1-5", "@daily", "@every 1s", "@every 45s",
            "@every 61s", "@every 2h", "@monthly", "* * 1 * *",
            pick(["0 0 29 2 *", "59 23 31 2 *", "15 3 * * *", "* 2 * * *"]),
        ])
        spec.concurrencyPolicy = pick([.allow, .forbid, .replace])
        spec.startingDeadlineSeconds = pick([nil, nil, 0, 5, 100, 100_000])
        spec.suspend = pick([false, false, false, true])
        spec.successfulJobsHistoryLimit = pick([nil, 0, 1, 3])
        spec.failedJobsHistoryLimit = pick([nil, 0, 1, 3])
        return spec
    }

    mutating func live() throws {
        try send(.resync)
        for _ in 0..<100 {
            switch random.next() % 16 {
            case 0...6: try pass(Int64(random.next() % 7200))
            case 7: try jump(Int64(random.next() % 40_000_000))
            case 8: try jump(-Int64(random.next() % 100_000))
            case 9...12: try endJob()
            case 13: try loseJob()
            case 14: try change()
            default: try send(.resync)
            }
        }
    }

    /// Time goes by, and the controller is woken when it asked for it.
    private mutating func pass(_ seconds: Int64) throws {
        let target = now + .seconds(seconds)
        var wakes = 0
        while let time = wake, time <= target, wakes < 40 {
            wakes += 1
            if time > now { now = time }
            wake = nil
            try send(.resync)
            if let next = wake, next <= now {
                throw Violation("it asks to be woken at once, again and again")
            }
        }
        now = target
    }

    private mutating func jump(_ seconds: Int64) throws {
        now = now + .seconds(seconds)
        try send(.resync)
    }

    private mutating func endJob() throws {
        guard !jobs.isEmpty else { return }
        let place = Int(random.next() % UInt64(jobs.count))
        let kind: JobCondition.Kind = pick([.complete, .failed])
        guard jobs[place].status.conditions.isEmpty else { return try send(.jobChanged(jobs[place])) }
        jobs[place].status.conditions = [JobCondition(type: kind)]
        if kind == .complete { jobs[place].status.completionTime = now }
        try send(.jobChanged(jobs[place]))
    }

    private mutating func loseJob() throws {
        guard !jobs.isEmpty else { return }
        let job = jobs.remove(at: Int(random.next() % UInt64(jobs.count)))
        try send(pick([.jobDeleted(uid: job.metadata.uid), .jobCreateFailed(uid: job.metadata.uid, message: "no")]))
    }

    private mutating func change() throws {
        var spec = controller.cronJob.spec
        let other = randomSpec()
        switch random.next() % 3 {
        case 0: spec.suspend = !(spec.suspend ?? false)
        case 1: spec.schedule = other.schedule
        default: (spec.concurrencyPolicy, spec.startingDeadlineSeconds) = (other.concurrencyPolicy, 60)
        }
        try send(.specChanged(spec))
    }

    private mutating func send(_ event: CronJobEvent) throws {
        calls += 1
        let before = controller.cronJob.status
        let activeBefore = before.active.map(\.uid)
        for intent in controller.apply(event, now: now, random: &random) {
            switch intent {
            case .createJob(let job): try create(job, since: before.lastScheduleTime)
            case .deleteJob(let uid):
                guard let place = jobs.firstIndex(where: { $0.metadata.uid == uid }) else {
                    throw Violation("a Job that is not there is deleted")
                }
                if jobs[place].status.conditions.isEmpty, controller.cronJob.spec.concurrencyPolicy != .replace {
                    throw Violation("a Job that runs is deleted")
                }
                jobs.remove(at: place)
            case .wake(let time): wake = time
            case .record, .statusChanged: break
            }
        }
        try checkStatus(before, activeBefore)
    }

    private mutating func create(_ job: Job, since last: Timestamp?) throws {
        let spec = controller.cronJob.spec
        guard let text = job.metadata.annotations[CronJobKey.scheduledTimestamp], let time = Timestamp(rfc3339: text)
        else { throw Violation("a Job without its time") }
        func require(_ holds: Bool, _ what: String) throws {
            if !holds { throw Violation("\(what): \(job.metadata.name) for \(text) at \(now.rfc3339)") }
        }
        try require(starts.insert(time).inserted, "started twice")
        try require(time <= now, "started before its time")
        try require(last.map { time > $0 } ?? true, "started after a later one")
        try require(spec.suspend != true, "started while suspended")
        try require(spec.startingDeadlineSeconds.map { now < time + .seconds($0) } ?? true, "started too late")
        try require(job.metadata.name == "c-\(time.nanoseconds / 60_000_000_000)", "wrong name")
        try require(!jobs.contains { $0.metadata.name == job.metadata.name }, "two Jobs of one name")
        try require(
            job.metadata.ownerReferences.map(\.uid) == ["cron"] && job.metadata.ownerReferences[0].controller == true,
            "not owned")
        let schedule = try CronSchedule(spec.schedule)
        if schedule.interval == nil {
            try require(schedule.next(after: time + .seconds(-1)) == time, "not in the schedule")
            try require(schedule.next(after: time).map { $0 > now } ?? true, "not the latest")
        }
        var job = job
        if random.next() % 10 > 0 { job.status.startTime = now }
        jobs.append(job)
    }

    private func checkStatus(_ before: CronJobStatus, _ activeBefore: [String]) throws {
        let (status, spec) = (controller.cronJob.status, controller.cronJob.spec)
        func require(_ holds: Bool, _ what: String) throws {
            if !holds { throw Violation("\(what) (event \(calls), \(spec.schedule))") }
        }
        let running = jobs.filter(\.status.conditions.isEmpty).map(\.metadata.uid)
        try require(status.active.map(\.uid) == running, "active is not what runs")
        if spec.concurrencyPolicy == .forbid {
            try require(running.count <= max(1, activeBefore.count), "Forbid has two Jobs")
        }
        if spec.concurrencyPolicy == .replace {
            try require(running.count <= 1 || !running.contains { !activeBefore.contains($0) }, "Replace has two Jobs")
        }
        for (kind, limit) in [
            (JobCondition.Kind.complete, spec.successfulJobsHistoryLimit), (.failed, spec.failedJobsHistoryLimit),
        ] {
            let kept = jobs.filter { $0.status.conditions.first?.type == kind }.count
            try require(limit.map { kept <= Int($0) } ?? true, "too much history")
        }
        if let last = before.lastScheduleTime {
            try require(status.lastScheduleTime.map { $0 >= last } ?? false, "lastScheduleTime fell")
        }
        if let last = before.lastSuccessfulTime {
            try require(status.lastSuccessfulTime.map { $0 >= last } ?? false, "lastSuccessfulTime fell")
        }
        if spec.suspend == true {
            try require(controller.nextWake == nil, "wakes while suspended")
        } else if spec.schedule != "59 23 31 2 *" {
            try require(controller.nextWake != nil, "it sleeps for ever")
        }
    }
}
