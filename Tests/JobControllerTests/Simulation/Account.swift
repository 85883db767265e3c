// SPDX-License-Identifier: Apache-2.0

import JobController
import KubernetesAPI

/// Something that must never be.
struct Violation: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}

/// A second account of one Job, kept from the same events in the plainest way: sets of UIDs and lists of times.
struct Account {
    enum Count { case succeeded, failed, leftOut }
    struct Alive {
        var index: Int?
        var created: Timestamp
        var isTerminating = false
        var restarts: Int32 = 0
    }

    private var spec: JobSpec
    private let backoff: JobBackoff
    /// Pods that the controller asked for and that, as far as it was told, have not ended.
    private var alive: [String: Alive] = [:]
    private var counted: [String: Count] = [:]
    private var succeeded = 0
    private var failed = 0
    private var completed: Set<Int> = []
    private var failureTimes: [Timestamp] = []
    private var lastSuccess: Timestamp?
    private var createFailures = 0
    private var lastCreateFailure: Timestamp?
    private var createHold: Timestamp?
    private var names: Set<String> = []
    private var final: JobStatus?
    private var before = JobStatus()
    private var shrank = false
    private(set) var endEvents = 0

    init(spec: JobSpec, backoff: JobBackoff) {
        self.spec = spec
        self.backoff = backoff
    }

    var isFinished: Bool { final != nil }
    private var isIndexed: Bool { spec.completionMode == .indexed }
    private var active: Int { alive.values.count { !$0.isTerminating } }

    // MARK: What the controller is told

    mutating func take(_ event: JobEvent, now: Timestamp) {
        shrank = false
        guard !isFinished else { return }
        switch event {
        case .resync: break
        case .specChanged(let new):
            spec = new
            let old = completed.count
            completed = completed.filter { $0 < Int(new.completions ?? .max) }
            shrank = completed.count < old
        case .podChanged(let pod): changed(pod)
        case .podDeleted(let uid):
            guard let pod = alive.removeValue(forKey: uid) else { return }
            count(uid, pod, .failed, at: now)
        case .podCreateFailed(let uid, _):
            guard alive.removeValue(forKey: uid) != nil else { return }
            if counted[uid] == nil { counted[uid] = .leftOut }
            if createHold.map({ now >= $0 }) ?? true {
                createFailures += 1
                lastCreateFailure = now
                createHold = now + .seconds(min(60, 1 << min(createFailures - 1, 10)))
            }
        }
    }

    private mutating func changed(_ pod: Pod) {
        let uid = pod.metadata.uid
        guard var known = alive[uid] else { return }
        if let lastCreateFailure, known.created > lastCreateFailure {
            createFailures = 0
            createHold = nil
            self.lastCreateFailure = nil
        }
        if pod.status.phase.isTerminal {
            alive[uid] = nil
            count(uid, known, pod.status.phase == .succeeded ? .succeeded : .failed, at: pod.finishedAt)
            return
        }
        known.restarts = max(known.restarts, pod.status.containerStatuses.first?.restartCount ?? 0)
        if pod.metadata.deletionTimestamp != nil {
            known.isTerminating = true
            count(uid, known, .failed, at: pod.finishedAt)
        }
        alive[uid] = known
    }

    private mutating func count(_ uid: String, _ pod: Alive, _ end: Count, at finished: Timestamp) {
        guard counted[uid] == nil else { return }
        counted[uid] = end
        if isIndexed, pod.index.map({ $0 >= Int(spec.completions ?? 0) }) ?? true { return }
        switch end {
        case .succeeded:
            if let index = pod.index { completed.insert(index) } else { succeeded += 1 }
            lastSuccess = max(lastSuccess ?? finished, finished)
        case .failed:
            failed += 1
            failureTimes.append(finished)
        case .leftOut: break
        }
    }

    // MARK: What it does

    mutating func check(_ intents: [JobIntent], of controller: JobController, now: Timestamp) throws(Violation) {
        let status = controller.job.status
        if let final {
            guard intents.isEmpty, status == final, controller.nextWake == nil else {
                throw Violation("a finished Job goes on: \(intents)")
            }
            return
        }
        let hold = creationHold
        let failing = status.has(.failureTarget)
        var (creates, deletes) = (0, 0)
        for intent in intents {
            switch intent {
            case .createPod(let pod):
                creates += 1
                try created(pod)
            case .deletePod(let uid):
                deletes += 1
                try deleted(uid, failing: failing, now: now)
            case .record(let event): if status.conditions.contains(where: { $0.reason == event.reason }) { note(event) }
            case .statusChanged: if status == before { throw Violation("the status is not changed") }
            case .wake(let time):
                guard time == controller.nextWake else { throw Violation("two wishes when to wake") }
            }
        }
        if creates > 0, deletes > 0 { throw Violation("it deletes and creates in one sync") }
        if creates > 0, let hold, now < hold { throw Violation("created before back-off ends at \(hold), at \(now)") }
        try checkCounts(status)
        try checkPods(status, controller, deletes: deletes, now: now)
        try checkConditions(status, controller)
        before = status
    }

    private mutating func note(_ event: Event) {
        let isEnd = event.reason == "BackoffLimitExceeded" || event.reason == "DeadlineExceeded"
        if isEnd { endEvents += 1 }
    }

    private mutating func created(_ pod: Pod) throws(Violation) {
        let uid = pod.metadata.uid
        guard alive[uid] == nil, counted[uid] == nil, names.insert(pod.metadata.name).inserted else {
            throw Violation("\(pod.metadata.name) is there twice")
        }
        let index = pod.metadata.annotations[JobKey.completionIndex].flatMap(Int.init)
        guard (index != nil) == isIndexed else { throw Violation("index of \(pod.metadata.name)") }
        if let index {
            let twin = alive.values.contains { $0.index == index && !$0.isTerminating }
            guard !twin, !completed.contains(index) else { throw Violation("index \(index) is taken") }
            let lower = (0..<index).first { lower in
                !completed.contains(lower) && !alive.values.contains { $0.index == lower && !$0.isTerminating }
            }
            if let lower { throw Violation("index \(index) before \(lower)") }
        }
        alive[uid] = Alive(index: index, created: pod.metadata.creationTimestamp!)
    }

    private mutating func deleted(_ uid: String, failing: Bool, now: Timestamp) throws(Violation) {
        guard var pod = alive[uid], !pod.isTerminating else { throw Violation("deletes \(uid), which is not active") }
        count(uid, pod, failing ? .failed : .leftOut, at: now)
        pod.isTerminating = true
        alive[uid] = pod
    }

    private var creationHold: Timestamp? {
        let after = failureTimes.filter { failure in lastSuccess.map { failure > $0 } ?? true }
        var hold = createHold
        if let last = after.max() {
            let end = last + backoff.delay(afterFailures: after.count)
            hold = max(hold ?? end, end)
        }
        return hold
    }

    // MARK: What must always hold

    private func checkCounts(_ status: JobStatus) throws(Violation) {
        guard Int(status.failed) == failed else { throw Violation("failed \(status.failed), not \(failed)") }
        let succeeded = isIndexed ? completed.count : succeeded
        guard Int(status.succeeded) == succeeded else {
            throw Violation("succeeded \(status.succeeded), not \(succeeded)")
        }
        guard status.completedIndexes == IndexSet(completed).description else {
            throw Violation("completedIndexes \(status.completedIndexes), not \(IndexSet(completed))")
        }
        guard status.failed >= before.failed, status.succeeded >= before.succeeded || shrank else {
            throw Violation("a counter fell")
        }
        guard Int(status.active) == active, Int(status.terminating ?? -1) == alive.count - active else {
            throw Violation(
                "active \(status.active), terminating \(status.terminating ?? -1): not \(active) of \(alive.count)")
        }
        guard let ready = status.ready, ready >= 0, ready <= status.active else { throw Violation("ready") }
    }

    private func checkPods(
        _ status: JobStatus, _ controller: JobController, deletes: Int, now: Timestamp
    ) throws(Violation) {
        let wake = controller.nextWake
        let decided = status.has(.failureTarget) || status.has(.successCriteriaMet)
        if decided || spec.suspend == true {
            guard active == 0, wake == nil else {
                throw Violation("pods or a wake of a Job that is ending or suspended")
            }
            guard controller.stall == nil || (!decided && alive.isEmpty) else { throw Violation("stalled") }
            return
        }
        var wanted = Int(spec.parallelism ?? 1)
        let done = isIndexed ? completed.count : succeeded
        if let completions = spec.completions { wanted = max(0, min(wanted, Int(completions) - done)) }
        if spec.completions == nil, done > 0 { wanted = active }
        guard active <= wanted else { throw Violation("\(active) pods, wanted \(wanted)") }
        let deadline = spec.activeDeadlineSeconds.map { status.startTime! + .seconds($0) }
        if let deadline, deadline <= now { throw Violation("the deadline passed unseen") }
        let hold = active < wanted ? deletes > 0 ? max(now, creationHold ?? now) : creationHold : nil
        if active < wanted, hold == nil { throw Violation("missing pods, and nothing to wait for") }
        if active < wanted, deletes == 0, let hold, hold <= now { throw Violation("back-off is over, and no pod") }
        let times = [deadline, hold].compactMap { $0 }
        guard wake == times.min() else { throw Violation("wakes at \(wake as Any), not at \(times.min() as Any)") }
        let isStalled = alive.isEmpty && wake == nil
        guard (controller.stall != nil) == isStalled else { throw Violation("stall is \(controller.stall as Any)") }
    }

    private mutating func checkConditions(_ status: JobStatus, _ controller: JobController) throws(Violation) {
        for (interim, terminal) in [
            (JobCondition.Kind.failureTarget, JobCondition.Kind.failed), (.successCriteriaMet, .complete),
        ] {
            let first = status.conditions.firstIndex { $0.type == interim }
            let second = status.conditions.firstIndex { $0.type == terminal }
            if let second {
                guard let first, first < second, status.conditions[first].reason == status.conditions[second].reason
                else {
                    throw Violation("\(terminal) without \(interim) before it")
                }
                guard alive.isEmpty else { throw Violation("finished with pods") }
                guard (terminal == .complete) == (status.completionTime != nil) else {
                    throw Violation("completionTime")
                }
                final = status
            }
            for condition in before.conditions where condition.type == interim {
                guard status.conditions.contains(condition) else { throw Violation("the verdict changed") }
            }
        }
        guard !(status.has(.failureTarget) && status.has(.successCriteriaMet)) else { throw Violation("two verdicts") }
        if before.has(.suspended), !before.has(.failureTarget), status.conditions.last?.reason == "DeadlineExceeded" {
            guard spec.activeDeadlineSeconds == 0 else { throw Violation("suspended time counts for the deadline") }
        }
        let decided = status.has(.failureTarget) || status.has(.successCriteriaMet)
        if decided, alive.isEmpty, final == nil { throw Violation("decided, no pods, and no end") }
        if failed > Int(spec.backoffLimit ?? 6), !decided { throw Violation("backoffLimit exceeded unseen") }
        if isPastRestartLimit, !decided { throw Violation("restarts exceeded unseen") }
        if final != nil, status.has(.failureTarget), endEvents != 1 {
            throw Violation("the end told \(endEvents) times")
        }
    }

    private var isPastRestartLimit: Bool {
        guard spec.template.spec.restartPolicy == .onFailure else { return false }
        let sum = alive.values.reduce(0) { $0 + Int($1.restarts) }
        return spec.backoffLimit == 0 ? sum > 0 : sum >= Int(spec.backoffLimit ?? 6)
    }
}

extension JobStatus {
    fileprivate func has(_ type: JobCondition.Kind) -> Bool {
        conditions.contains { $0.type == type && $0.status == .true }
    }
}

extension Pod {
    /// As the simulated pods tell it.
    fileprivate var finishedAt: Timestamp {
        if case .terminated(let end)? = status.containerStatuses.first?.state, let time = end.finishedAt { return time }
        if let ready = status.conditions.first, ready.status == .false, let time = ready.lastTransitionTime {
            return time
        }
        if let end = metadata.deletionTimestamp { return end + .seconds(-(metadata.deletionGracePeriodSeconds ?? 0)) }
        return metadata.creationTimestamp!
    }
}
