// SPDX-License-Identifier: Apache-2.0

import JobController
import KubernetesAPI

// What the controller does and says, held against the account.
extension Account {
    func check(_ intents: [JobIntent], of controller: JobController, now: Timestamp) throws(Violation) {
        // Once: in a debug build each look at it is a copy.
        let status = controller.job.status
        let wake = controller.nextWake
        if let final {
            guard status == final else { throw Violation("the status of a finished Job changes") }
            return try checkFinished(intents, now: now)
        }
        let wasDecided = decided != nil
        if !wasDecided, let verdict = expectedVerdict(now: now) { decide(verdict) }
        let places = decided == nil ? missing() : []
        let surplus = decided == nil ? max(strays, active - wanted) : active
        var created: [Pod] = []
        deletions = 0
        var isTold = false
        for intent in intents {
            switch intent {
            case .createPod(let pod): created.append(pod)
            case .deletePod(let uid): try delete(uid)
            case .record(let event): if event.type == .warning, event.reason == decided { endEvents += 1 }
            case .statusChanged: isTold = true
            case .releasePod(let uid):
                if !released.insert(uid).inserted { throw Violation("releases \(uid) twice") }
            case .deleteJob: throw Violation("deleted before its end")
            case .wake(let time): if time != wake { throw Violation("two wishes when to wake") }
            }
        }
        guard deletions == surplus else { throw Violation("deletes \(deletions) pods, not \(surplus)") }
        try checkCreation(created, deletions > 0 ? [] : places, now: now)
        if decided == nil, active == 0, done >= Int(spec.completions ?? 1) {
            decide(("CompletionsReached", true))
        }
        guard isTold == (status != before) else { throw Violation("a change of status is told: \(isTold)") }
        try checkStatus(status)
        guard released.count == settled.count - neverMade else { throw Violation("keeps a pod that is counted") }
        try checkEnd(status, controller, wake: wake, now: now)
        before = status
    }

    /// An active pod of an index that is not there any more.
    private var strays: Int {
        alive.values.reduce(0) { $0 + (!$1.isTerminating && !isInRange($1.index) ? 1 : 0) }
    }

    private func decide(_ verdict: (reason: String, succeeds: Bool)) {
        (decided, succeeds) = verdict
        settleAll { $0.isTerminating }
    }

    // MARK: Pods

    private func delete(_ uid: String) throws(Violation) {
        guard let pod = alive[uid], !pod.isTerminating else { throw Violation("deletes \(uid), which is not active") }
        if decided == nil, spec.suspend != true, isInRange(pod.index), pod.isRunning {
            // Out of range first, then what does not run.
            let lesser = alive.values.contains { !$0.isTerminating && (!isInRange($0.index) || !$0.isRunning) }
            if lesser { throw Violation("deletes a running pod before another") }
        }
        deletions += 1
        if decided != nil, !succeeds {
            if settled.insert(uid).inserted, isInRange(pod.index) { failed += 1 }
        } else {
            settled.insert(uid)
        }
        alive[uid]!.isTerminating = true
    }

    private func checkCreation(
        _ created: [Pod], _ places: [(index: Int?, notBefore: Timestamp?)], now: Timestamp
    ) throws(Violation) {
        let due = places.filter { $0.notBefore.map { $0 <= now } ?? true }
        guard created.count == due.count else {
            throw Violation("creates \(created.count) pods, not \(due.count), at \(now): \(places)")
        }
        for (pod, place) in zip(created, due) {
            let uid = pod.metadata.uid
            guard alive[uid] == nil, !settled.contains(uid), names.insert(pod.metadata.name).inserted else {
                throw Violation("\(pod.metadata.name) is there twice")
            }
            let index = pod.metadata.annotations[JobKey.completionIndex].flatMap { Int($0) }
            guard index == place.index else {
                throw Violation("creates index \(index as Any), not \(place.index as Any)")
            }
            if let index { try checkFailureCounts(pod, index) }
            alive[uid] = Alive(index: index, created: pod.metadata.creationTimestamp!)
        }
    }

    private func checkFailureCounts(_ pod: Pod, _ index: Int) throws(Violation) {
        let counts = spec.backoffLimitPerIndex == nil ? nil : indexCounts[index] ?? (0, 0)
        let ignored = counts?.ignored == 0 ? nil : counts?.ignored
        let annotations = pod.metadata.annotations
        guard annotations[JobKey.indexFailureCount] == counts.map({ "\($0.counted)" }),
            annotations[JobKey.indexIgnoredFailureCount] == ignored.map({ "\($0)" })
        else {
            throw Violation("index \(index) has failed \(counts as Any) times: \(annotations)")
        }
    }

    // MARK: Status

    private func checkStatus(_ status: JobStatus) throws(Violation) {
        guard Int(status.failed) == failed, Int(status.succeeded) == done else {
            throw Violation("\(status.succeeded) + \(status.failed), not \(done) + \(failed)")
        }
        guard status.completedIndexes == inWords(completed),
            status.failedIndexes == (spec.backoffLimitPerIndex == nil ? nil : inWords(failedIndexes))
        else {
            throw Violation("indexes \(status.completedIndexes) and \(status.failedIndexes as Any)")
        }
        let active = active
        guard Int(status.active) == active, Int(status.terminating ?? -1) == alive.count - active else {
            throw Violation("active \(status.active): not \(active) of \(alive.count)")
        }
        guard active <= max(0, Int(spec.parallelism ?? 1)) || decided == nil && spec.completions == nil && done > 0
        else { throw Violation("\(active) pods are active") }
        guard status.startTime == started || decided != nil else { throw Violation("startTime") }
        let interim = status.conditions.first { $0.type == .failureTarget || $0.type == .successCriteriaMet }
        guard interim?.reason == decided, interim.map({ ($0.type == .successCriteriaMet) == succeeds }) ?? true else {
            throw Violation("decided \(interim?.reason as Any), not \(decided as Any)")
        }
        if let problem = statusProblem(from: before, to: status, of: spec, mayShrink: shrank) {
            throw Violation(problem)
        }
    }

    private func checkEnd(
        _ status: JobStatus, _ controller: JobController, wake: Timestamp?, now: Timestamp
    ) throws(Violation) {
        if decided != nil, alive.isEmpty {
            guard status.conditions.contains(where: { $0.type == .complete || $0.type == .failed }) else {
                throw Violation("decided, no pods, and no end")
            }
            final = status
            if !succeeds, endEvents != 1 { throw Violation("the end told \(endEvents) times") }
            guard wake == expiry else { throw Violation("wakes at \(wake as Any)") }
            return
        }
        let expected = expectedWake(now: now)
        guard wake == expected else { throw Violation("wakes at \(wake as Any), not at \(expected as Any)") }
        let isStalled = decided == nil && alive.isEmpty && expected == nil
        guard (controller.stall != nil) == isStalled else { throw Violation("stall is \(controller.stall as Any)") }
        guard !isStalled || spec.suspend == true || spec.parallelism == 0 else { throw Violation("it hangs") }
    }

    private func inWords(_ indexes: Set<Int>) -> String { indexes.isEmpty ? "" : IndexSet(indexes).description }

    private func expectedWake(now: Timestamp) -> Timestamp? {
        guard decided == nil, spec.suspend != true else { return nil }
        var expected = deadline
        for place in missing() {
            let time = max(now, place.notBefore ?? now)
            expected = min(expected ?? time, time)
        }
        return expected
    }

    // MARK: After the end

    private var expiry: Timestamp? {
        guard let ttl = spec.ttlSecondsAfterFinished else { return nil }
        let end = final?.conditions.first { $0.type == .complete || $0.type == .failed }?.lastTransitionTime
        return end.map { $0 + .seconds(ttl) }
    }

    private func checkFinished(_ intents: [JobIntent], now: Timestamp) throws(Violation) {
        for intent in intents {
            switch intent {
            case .deleteJob:
                guard let expiry, expiry <= now, endEvents < 1000 else { throw Violation("deleted too early or twice") }
                endEvents = 1000
            case .wake(let time): if time != expiry { throw Violation("wakes at \(time) after its end") }
            default: throw Violation("a finished Job goes on: \(intent)")
            }
        }
        if let expiry, expiry <= now, endEvents < 1000 { throw Violation("it has expired") }
    }
}
