// SPDX-License-Identifier: Apache-2.0

import JobController
import KubernetesAPI

/// One random Job with its pods, its clock, and the notifications that are still on their way.
final class SimulatedWorld {
    var controller: JobController
    let account: Account
    var random: SplitMix
    var now = Cluster.start
    /// Events told to the controller so far.
    var events = 0

    /// Pods that exist.
    private var pods: [Pod] = []
    private var deletionAsked: Set<String> = []
    /// Notifications not yet delivered; any may be next.
    private var underway: [JobEvent] = []
    private var lastDelivered: JobEvent?
    private var wake: Timestamp?

    init(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let backoffs = [
            JobBackoff.kubernetes, JobBackoff(base: .seconds(2), cap: .seconds(5)), JobBackoff(base: .zero, cap: .zero),
        ]
        let backoff = backoffs.randomElement(using: &random)!
        controller = JobController(job: Cluster.job { $0.randomize(using: &random) }, backoff: backoff)
        account = Account(job: controller.job, backoff: backoff)
        self.random = random
    }

    /// The reason of its verdict.
    var ending: String { account.decided ?? "none" }

    /// A random life of random length, then peace: everything is delivered, pods succeed, and the Job must end.
    func live() throws(Violation) {
        try tell(.resync)
        for _ in 0..<Int.random(in: 20...400, using: &random) where !account.isFinished { try step() }
        try settleDown()
        // A finished Job says nothing more, whatever comes.
        for _ in 0..<5 { try step() }
    }

    private func step() throws(Violation) {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<40: try deliver()
        case 40..<52: start()
        case 52..<70: end()
        case 70..<74: restart()
        case 74..<76: deleteByUser()
        case 76..<78: vanish()
        case 78..<80: failCreation()
        case 80..<94: try passTime()
        case 94..<96: try tell(.resync)
        case 96..<98: if let lastDelivered { try tell(lastDelivered) }
        default: try changeSpec()
        }
    }

    // MARK: Telling the controller

    private func tell(_ event: JobEvent) throws(Violation) {
        events += 1
        account.take(event, now: now)
        let intents = controller.apply(event, now: now, random: &random)
        for intent in intents { carryOut(intent) }
        try account.check(intents, of: controller, now: now)
        if let next = controller.nextWake, wake.map({ $0 > next }) ?? true {
            throw Violation("it wants to wake at \(next) and didn't say so")
        }
        if events % 32 == 0 { try checkIdempotence(after: intents) }
    }

    private func carryOut(_ intent: JobIntent) {
        switch intent {
        case .createPod(let pod): pods.append(pod)
        case .deletePod(let uid): deletionAsked.insert(uid)
        case .wake(let time): wake = time
        case .record, .statusChanged, .releasePod, .deleteJob: break
        }
    }

    /// When nothing is new, a second look at the same time does nothing: the controller can't spin.
    private func checkIdempotence(after intents: [JobIntent]) throws(Violation) {
        let deletes = intents.contains { if case .deletePod = $0 { true } else { false } }
        guard !deletes, !account.isFinished else { return }
        var (copy, random) = (controller, random)
        for intent in copy.apply(.resync, now: now, random: &random) {
            guard case .wake(let time) = intent, time > now else { throw Violation("a second look does \(intent)") }
        }
    }

    private func deliver() throws(Violation) {
        guard !underway.isEmpty else { return }
        let place = Int.random(in: 0..<underway.count, using: &random)
        let event = underway[place]
        if Int.random(in: 0..<10, using: &random) > 0 { underway.remove(at: place) }
        lastDelivered = event
        try tell(event)
    }

    /// The caller sleeps, and wakes when it was told to; now and then somewhat late, or too early and forgetful.
    private func passTime() throws(Violation) {
        let early = Int.random(in: 0..<8, using: &random) == 0
        let late =
            Int64.random(in: 0..<8, using: &random) == 0 ? Int64.random(in: 0..<3_000_000_000, using: &random) : 0
        let target = now + .nanoseconds(Int64.random(in: 1...20_000_000_000, using: &random))
        guard let time = wake, time <= target else {
            now = target
            return
        }
        now = early ? max(now, time + .nanoseconds(-1000)) : max(now, time) + .nanoseconds(late)
        wake = nil
        try tell(.resync)
    }

    private func changeSpec() throws(Violation) {
        var spec = controller.job.spec
        spec.change(using: &random)
        try tell(.specChanged(spec))
    }

    /// From here on all goes well.
    private func settleDown() throws(Violation) {
        var spec = controller.job.spec
        spec.suspend = false
        spec.parallelism = max(1, spec.parallelism ?? 1)
        spec.backoffLimit = .max
        spec.maxFailedIndexes = nil
        spec.activeDeadlineSeconds = nil
        try tell(.specChanged(spec))
        for _ in 0..<2000 {
            if account.isFinished { return }
            while !underway.isEmpty { try tell(underway.removeFirst()) }
            if !pods.isEmpty {
                finish(0, deletionAsked.contains(pods[0].metadata.uid) ? .failed : .succeeded, exitCode: 137)
            } else if let time = wake {
                now = max(now, time)
                wake = nil
                try tell(.resync)
            } else if !account.isFinished {
                throw Violation("it hangs: no pod, no wake, no end")
            }
        }
        throw Violation("it never ends")
    }

    // MARK: What pods do

    private func anyPod(where suits: (Pod) -> Bool = { _ in true }) -> Int? {
        guard !pods.isEmpty else { return nil }
        let place = Int.random(in: 0..<pods.count, using: &random)
        return suits(pods[place]) ? place : nil
    }

    private func start() {
        guard let place = anyPod(where: { $0.status.phase == .pending }) else { return }
        pods[place].status.phase = .running
        pods[place].spec.nodeName = "node"
        pods[place].setReady(Bool.random(using: &random) ? .true : .false, at: now)
        underway.append(.podChanged(pods[place]))
    }

    private func end() {
        guard let place = anyPod(where: { $0.status.phase == .running }) else { return }
        let exitCode = JobSpec.exitCodes.randomElement(using: &random)!
        finish(place, random.chance(1, in: 3) ? .failed : .succeeded, exitCode: exitCode)
    }

    /// The end is told, and when the pod was to be deleted, that it is gone; both get there in any order.
    private func finish(_ place: Int, _ phase: PodStatus.Phase, exitCode: Int32) {
        var pod = pods.remove(at: place)
        pod.finish(phase, exitCode: phase == .failed ? exitCode : 0, at: now)
        if phase == .failed, random.chance(1, in: 4) {
            pod.status.conditions.append(PodCondition(type: "DisruptionTarget", status: .true))
        }
        underway.append(.podChanged(pod))
        if deletionAsked.contains(pod.metadata.uid) { underway.append(.podDeleted(uid: pod.metadata.uid)) }
    }

    private func restart() {
        guard let place = anyPod(where: { $0.status.phase == .running }) else { return }
        var container = pods[place].status.containerStatuses.first ?? ContainerStatus()
        container.restartCount += 1
        pods[place].status.containerStatuses = [container]
        underway.append(.podChanged(pods[place]))
    }

    private func deleteByUser() {
        guard let place = anyPod(where: { $0.metadata.deletionTimestamp == nil }) else { return }
        pods[place].metadata.deletionTimestamp = now + .seconds(30)
        pods[place].metadata.deletionGracePeriodSeconds = 30
        underway.append(.podChanged(pods[place]))
    }

    private func vanish() {
        guard let place = anyPod() else { return }
        underway.append(.podDeleted(uid: pods.remove(at: place).metadata.uid))
    }

    private func failCreation() {
        guard let place = anyPod(where: { $0.status.phase == .pending && $0.metadata.deletionTimestamp == nil }) else {
            return
        }
        underway.append(.podCreateFailed(uid: pods.remove(at: place).metadata.uid, message: "no memory"))
    }
}
