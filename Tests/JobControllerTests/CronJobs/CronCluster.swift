// SPDX-License-Identifier: Apache-2.0

import JobController
import KubernetesAPI
import Testing

/// A wall clock and Jobs that do what a test says, around one CronJob's controller. Time goes on only by `advance`, which
/// wakes the controller exactly when it asked for it, or by `setClock`.
struct CronCluster {
    var controller: CronJobController
    var now: Timestamp
    var random: SplitMix
    /// The Jobs that are there, in the order of creation.
    var jobs: [Job] = []
    /// Every Job ever created.
    var created: [Job] = []
    var deleted: [String] = []
    var events: [Event] = []
    var wake: Timestamp?
    /// When each Job was created.
    var creations: [Timestamp] = []

    /// 10:00:30 on a Sunday.
    static let start = Timestamp(rfc3339: "2026-02-01T10:00:30Z")!

    init(
        _ schedule: String, at time: String? = nil, seed: UInt64 = 1, zones: [String: TimeZone] = [:],
        _ edit: (inout CronJobSpec) -> Void = { _ in }
    ) {
        now = time.map { Timestamp(rfc3339: $0)! } ?? CronCluster.start
        random = SplitMix(seed: seed)
        var cronJob = CronJob()
        cronJob.metadata.name = "report"
        cronJob.metadata.namespace = "default"
        cronJob.metadata.uid = "5e1f6d5c-6a4b-4c83-9a0b-000000000001"
        cronJob.metadata.creationTimestamp = now
        cronJob.spec.schedule = schedule
        cronJob.spec.jobTemplate.spec.template.spec.restartPolicy = .never
        var container = Container()
        container.name = "main"
        container.image = "busybox"
        cronJob.spec.jobTemplate.spec.template.spec.containers = [container]
        edit(&cronJob.spec)
        cronJob.applyDefaults()
        controller = CronJobController(cronJob: cronJob) { zones[$0] }
        send(.resync)
    }

    mutating func send(_ event: CronJobEvent) {
        for intent in controller.apply(event, now: now, random: &random) { carryOut(intent) }
    }

    private mutating func carryOut(_ intent: CronJobIntent) {
        switch intent {
        case .createJob(var job):
            job.status.startTime = now
            jobs.append(job)
            created.append(job)
            creations.append(now)
        case .deleteJob(let uid):
            guard let place = jobs.firstIndex(where: { $0.metadata.uid == uid }) else {
                Issue.record("a Job that is not there is deleted: \(uid)")
                return
            }
            deleted.append(jobs.remove(at: place).metadata.name)
        case .record(let event): events.append(event)
        case .statusChanged: break
        case .wake(let time): wake = time
        }
    }

    /// Lets seconds pass; the controller is woken at every time it asks for.
    mutating func advance(_ seconds: Int64) { advance(to: now + .seconds(seconds)) }
    mutating func advance(to time: String) { advance(to: Timestamp(rfc3339: time)!) }

    private mutating func advance(to target: Timestamp) {
        var calls = 0
        while let time = wake, time <= target {
            calls += 1
            guard calls < 100_000 else {
                Issue.record("the controller asks to be woken again and again at \(time)")
                return
            }
            now = max(now, time)
            wake = nil
            send(.resync)
        }
        now = target
    }

    /// The clock jumps, or the machine sleeps; the controller is told.
    mutating func setClock(_ time: String) {
        now = Timestamp(rfc3339: time)!
        send(.resync)
    }

    // What happens to Jobs.

    mutating func complete(_ name: String) { end(name, .complete) }
    mutating func fail(_ name: String) { end(name, .failed) }

    private mutating func end(_ name: String, _ kind: JobCondition.Kind) {
        guard let place = jobs.firstIndex(where: { $0.metadata.name == name }) else {
            Issue.record("there is no Job \(name)")
            return
        }
        jobs[place].status.conditions = [JobCondition(type: kind)]
        if kind == .complete { jobs[place].status.completionTime = now }
        send(.jobChanged(jobs[place]))
    }

    /// Somebody deletes a Job.
    mutating func vanish(_ name: String) {
        guard let place = jobs.firstIndex(where: { $0.metadata.name == name }) else { return }
        send(.jobDeleted(uid: jobs.remove(at: place).metadata.uid))
    }

    mutating func change(_ edit: (inout CronJobSpec) -> Void) {
        var spec = controller.cronJob.spec
        edit(&spec)
        send(.specChanged(spec))
    }

    // What a reader sees.

    var status: CronJobStatus { controller.cronJob.status }
    var active: [String] { status.active.map(\.name) }
    var names: [String] { jobs.map(\.metadata.name) }
    var last: String { created.last?.metadata.name ?? "" }
    var reasons: [String] { events.map(\.reason) }
    var messages: [String] { events.map { "\($0.reason): \($0.message)" } }
    /// When Jobs were created, as `10:01:00`.
    var starts: [String] { creations.map { String($0.rfc3339.dropFirst(11).dropLast()) } }
    var wakesAt: String? { wake?.rfc3339 }
    var lastScheduled: String? { status.lastScheduleTime?.rfc3339 }
}
