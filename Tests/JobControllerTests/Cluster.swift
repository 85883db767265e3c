// SPDX-License-Identifier: Apache-2.0

import JobController
import KubernetesAPI
import Testing

/// A clock and pods that do what a test says, around one Job's controller. Time goes on only by `advance`, which wakes
/// the controller exactly when it asked for it.
struct Cluster {
    var controller: JobController
    var now = Cluster.start
    var random: SplitMix
    /// Every pod ever asked for, as it is now, in the order of creation.
    var pods: [Pod] = []
    var events: [Event] = []
    var deleted: [String] = []
    var wake: Timestamp?
    var isJobDeleted = false
    var statusChanges = 0
    /// Intents of the last event.
    var last: [JobIntent] = []

    static let start = Timestamp(seconds: 1_700_000_000)

    init(
        name: String = "work", backoff: JobBackoff = .kubernetes, seed: UInt64 = 1,
        _ edit: (inout JobSpec) -> Void = { _ in }
    ) {
        controller = JobController(job: Cluster.job(name: name, edit), backoff: backoff)
        random = SplitMix(seed: seed)
    }

    init(job: Job) {
        controller = JobController(job: job, backoff: .kubernetes)
        random = SplitMix(seed: 1)
    }

    static func job(name: String = "work", _ edit: (inout JobSpec) -> Void = { _ in }) -> Job {
        var job = Job()
        job.metadata.name = name
        job.metadata.namespace = "default"
        job.metadata.uid = "0b8e4f0e-6a4b-4c83-9a0b-000000000001"
        job.spec.template.spec.restartPolicy = .never
        var container = Container()
        container.name = "main"
        container.image = "busybox"
        job.spec.template.spec.containers = [container]
        edit(&job.spec)
        return job
    }

    /// A cluster whose controller has had its first event.
    static func started(backoff: JobBackoff = .kubernetes, _ edit: (inout JobSpec) -> Void = { _ in }) -> Cluster {
        var cluster = Cluster(backoff: backoff, edit)
        cluster.send(.resync)
        return cluster
    }

    var status: JobStatus { controller.job.status }
    /// Seconds since the start.
    var elapsed: Int64 { (now - Cluster.start).wholeNanoseconds / 1_000_000_000 }
    /// When the controller wants to be called next, in seconds since the start.
    var wakesAt: Int64? { wake.map { ($0 - Cluster.start).wholeNanoseconds / 1_000_000_000 } }

    mutating func send(_ event: JobEvent) {
        last = controller.apply(event, now: now, random: &random)
        for intent in last { carryOut(intent) }
    }

    private mutating func carryOut(_ intent: JobIntent) {
        switch intent {
        case .createPod(let pod): pods.append(pod)
        case .deletePod(let uid): deleted.append(uid)
        case .releasePod(let uid):
            guard let place = pods.firstIndex(where: { $0.metadata.uid == uid }) else { return }
            pods[place].metadata.finalizers.removeAll { $0 == JobKey.tracking }
        case .record(let event): events.append(event)
        case .statusChanged: statusChanges += 1
        case .deleteJob: isJobDeleted = true
        case .wake(let time): wake = time
        }
    }

    /// Lets time pass; the controller is woken at every time it asks for.
    mutating func advance(_ seconds: Double) {
        let target = now + .nanoseconds(Int64(seconds * 1e9))
        var calls = 0
        while let time = wake, time <= target {
            calls += 1
            guard calls < 1000 else {
                Issue.record("the controller asks to be woken again and again at \(time)")
                return
            }
            now = max(now, time)
            wake = nil
            send(.resync)
        }
        now = target
    }

    // What happens to pods, by their place in the order of creation.

    mutating func run(_ place: Int, ready: Bool = true) {
        pods[place].status.phase = .running
        pods[place].setReady(ready ? .true : .false, at: now)
        pods[place].spec.nodeName = "node"
        send(.podChanged(pods[place]))
    }

    mutating func succeed(_ place: Int) { end(place, .succeeded, exitCode: 0) }
    mutating func fail(_ place: Int, exitCode: Int32 = 1) { end(place, .failed, exitCode: exitCode) }

    /// The pod fails for something that is not its own fault, such as its eviction.
    mutating func disrupt(_ place: Int) {
        pods[place].finish(.failed, exitCode: 137, at: now)
        pods[place].status.conditions.append(PodCondition(type: "DisruptionTarget", status: .true))
        send(.podChanged(pods[place]))
    }

    mutating func end(_ place: Int, _ phase: PodStatus.Phase, exitCode: Int32, finishedAt: Timestamp? = nil) {
        pods[place].finish(phase, exitCode: exitCode, at: finishedAt ?? now)
        send(.podChanged(pods[place]))
    }

    /// A user deletes the pod, with a grace period.
    mutating func deleteByUser(_ place: Int, grace: Int64 = 30) {
        pods[place].metadata.deletionTimestamp = now + .seconds(grace)
        pods[place].metadata.deletionGracePeriodSeconds = grace
        send(.podChanged(pods[place]))
    }

    mutating func vanish(_ place: Int) { send(.podDeleted(uid: pods[place].metadata.uid)) }

    mutating func failCreation(_ place: Int, _ message: String = "no memory") {
        send(.podCreateFailed(uid: pods[place].metadata.uid, message: message))
    }

    mutating func restart(_ place: Int, times: Int32) {
        var container = ContainerStatus()
        container.name = "main"
        container.restartCount = times
        pods[place].status.phase = .running
        pods[place].status.containerStatuses = [container]
        send(.podChanged(pods[place]))
    }

    /// Ends every pod whose deletion was asked for, and takes it away.
    mutating func reap() {
        for uid in deleted {
            guard let place = pods.firstIndex(where: { $0.metadata.uid == uid }) else { continue }
            if !pods[place].status.phase.isTerminal { end(place, .failed, exitCode: 137) }
            send(.podDeleted(uid: uid))
        }
    }

    mutating func change(_ edit: (inout JobSpec) -> Void) {
        var spec = controller.job.spec
        edit(&spec)
        send(.specChanged(spec))
    }

    // What a reader sees.

    /// `Failed: BackoffLimitExceeded`, in the order of the list; a False one has a `!`.
    var conditions: [String] {
        status.conditions.map { "\($0.status == .true ? "" : "!")\($0.type.rawValue): \($0.reason)" }
    }
    var reasons: [String] { events.map(\.reason) }
    var verdict: String? { conditions.last { $0.hasPrefix("Complete") || $0.hasPrefix("Failed:") } }
    var indexes: [String] { pods.map { $0.metadata.annotations[JobKey.completionIndex] ?? "-" } }
    /// How many seconds after the start each pod was created.
    var creations: [Int64] {
        pods.map { ($0.metadata.creationTimestamp! - Cluster.start).wholeNanoseconds / 1_000_000_000 }
    }
}

extension Pod {
    mutating func setReady(_ status: ConditionStatus, at time: Timestamp) {
        var ready = PodCondition(type: "Ready", status: status)
        ready.lastTransitionTime = time
        self.status.conditions = [ready]
    }

    mutating func finish(_ phase: PodStatus.Phase, exitCode: Int32, at time: Timestamp) {
        status.phase = phase
        var end = ContainerStateTerminated()
        end.exitCode = exitCode
        end.finishedAt = time
        var container = status.containerStatuses.first ?? ContainerStatus()
        container.name = "main"
        container.state = .terminated(end)
        status.containerStatuses = [container]
        setReady(.false, at: time)
    }
}

/// A small generator with a seed (Steele, Lea, Flood 2014), so that every run can be run again.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ word &>> 30) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ word &>> 27) &* 0x94d0_49bb_1331_11eb
        return word ^ word &>> 31
    }
}
