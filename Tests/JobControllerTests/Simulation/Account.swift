// SPDX-License-Identifier: Apache-2.0

import JobController
import KubernetesAPI

/// Something that must never be.
struct Violation: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}

/// A second account of one Job, kept from the same events in the plainest way: sets of UIDs and of indexes, lists of times.
/// What the controller says must be what this expects.
final class Account {
    /// A pod that the controller asked for and that, as far as it was told, has not ended.
    struct Alive {
        var index: Int?
        var created: Timestamp
        var isTerminating = false
        var isRunning = false
        var restarts: Int32 = 0
        /// When it ceased to be ready, and when its deletion began, as it was told.
        var unreadySince: Timestamp?
        var deleted: Timestamp?

        var finished: Timestamp { unreadySince ?? deleted ?? created }
    }

    var spec: JobSpec
    let backoff: JobBackoff
    var alive: [String: Alive] = [:]
    /// Counted, or left out for good.
    var settled: Set<String> = []
    /// So many of them could not be made.
    var neverMade = 0
    /// Their finalizer may go.
    var released: Set<String> = []
    var succeeded = 0
    var failed = 0
    var completed: Set<Int> = []
    var failedIndexes: Set<Int> = []
    /// By index: failures that count, and ignored ones; and when the last of them finished.
    var indexCounts: [Int: (counted: Int, ignored: Int)] = [:]
    var indexFailed: [Int: Timestamp] = [:]
    private var failureTimes: [Timestamp] = []
    private var lastSuccess: Timestamp?
    private var failJob = false
    private var createFailures = 0
    private var lastCreateFailure: Timestamp?
    private var createHold: Timestamp?
    /// When the Job's clock began.
    private(set) var started: Timestamp?
    private var isSuspensionNoted = false
    /// The reason of the verdict.
    var decided: String?
    var succeeds = false

    // What the checks remember.
    var names: Set<String> = []
    var before = JobStatus()
    var final: JobStatus?
    var shrank = false
    var endEvents = 0
    var deletions = 0

    init(job: Job, backoff: JobBackoff) {
        spec = job.spec
        self.backoff = backoff
    }

    var isFinished: Bool { final != nil }
    var isIndexed: Bool { spec.completionMode == .indexed }
    var done: Int { isIndexed ? completed.count : succeeded }
    var active: Int { alive.values.reduce(0) { $0 + ($1.isTerminating ? 0 : 1) } }
    var waitsForTerminating: Bool { spec.podReplacementPolicy == .failed || spec.podFailurePolicy != nil }

    /// How many active pods there should be.
    var wanted: Int {
        if spec.suspend == true { return 0 }
        guard let completions = spec.completions else { return done > 0 ? active : Int(spec.parallelism ?? 1) }
        return max(0, min(Int(spec.parallelism ?? 1), Int(completions) - done))
    }

    func isInRange(_ index: Int?) -> Bool {
        guard isIndexed else { return true }
        return index.map { $0 < Int(spec.completions ?? 0) } ?? false
    }
}

// MARK: What the controller is told

extension Account {
    func take(_ event: JobEvent, now: Timestamp) {
        shrank = false
        if case .specChanged(let new) = event { change(new) }
        guard !isFinished else { return }
        switch event {
        case .resync, .specChanged: break
        case .podChanged(let pod): changed(pod)
        case .podDeleted(let uid):
            guard let pod = alive.removeValue(forKey: uid) else { break }
            countFailure(uid, pod, .count, at: now)
        case .podCreateFailed(let uid, _):
            guard alive.removeValue(forKey: uid) != nil else { break }
            if settled.insert(uid).inserted { neverMade += 1 }
            guard createHold.map({ now >= $0 }) ?? true else { break }
            createFailures += 1
            lastCreateFailure = now
            createHold = now + .seconds(min(60, 1 << min(createFailures - 1, 10)))
        }
        if spec.suspend != true, started == nil || isSuspensionNoted { started = now }
        isSuspensionNoted = spec.suspend == true
    }

    private func change(_ new: JobSpec) {
        let isElastic = isIndexed && new.completions == new.parallelism
        guard new.backoffLimitPerIndex == spec.backoffLimitPerIndex, new.template == spec.template,
            new.completions == spec.completions || isElastic
        else { return }
        spec = new
        guard !isFinished else { return }
        let old = completed.count
        if isIndexed {
            completed = completed.filter { $0 < Int(new.completions ?? 0) }
            failedIndexes = failedIndexes.filter { $0 < Int(new.completions ?? 0) }
        }
        shrank = completed.count < old
        guard !waitsForTerminating else { return }
        for (uid, pod) in alive where pod.isTerminating { countFailure(uid, pod, .count, at: pod.finished) }
    }

    private func changed(_ pod: Pod) {
        let uid = pod.metadata.uid
        guard var known = alive[uid] else { return }
        if let lastCreateFailure, known.created > lastCreateFailure {
            createFailures = 0
            createHold = nil
            self.lastCreateFailure = nil
        }
        let ready = pod.status.conditions.first { $0.type == "Ready" }
        known.unreadySince = ready?.status == .false ? ready?.lastTransitionTime : nil
        switch pod.status.phase {
        case .succeeded:
            alive[uid] = nil
            countSuccess(uid, known, at: pod.containersEnd ?? known.finished)
        case .failed:
            alive[uid] = nil
            countFailure(uid, known, action(for: pod), at: pod.containersEnd ?? known.finished)
        case .pending, .running:
            known.isRunning = known.isRunning || pod.status.phase == .running
            known.restarts = max(known.restarts, pod.status.containerStatuses.first?.restartCount ?? 0)
            if let end = pod.metadata.deletionTimestamp {
                known.isTerminating = true
                known.deleted = end + .seconds(-(pod.metadata.deletionGracePeriodSeconds ?? 0))
                if !waitsForTerminating { countFailure(uid, known, .count, at: known.finished) }
            }
            alive[uid] = known
        }
    }

    /// By the first rule that suits the only container's exit code, or whether the pod was disrupted.
    private func action(for pod: Pod) -> PodFailurePolicyRule.Action {
        var code: Int32 = 0
        if case .terminated(let end)? = pod.status.containerStatuses.first?.state { code = end.exitCode }
        let isDisrupted = pod.status.conditions.contains { $0.type == "DisruptionTarget" }
        for rule in spec.podFailurePolicy?.rules ?? [] {
            if let codes = rule.onExitCodes {
                if code != 0, codes.values.contains(code) == (codes.operator == .isIn) { return rule.action! }
            } else if isDisrupted {
                return rule.action!
            }
        }
        return .count
    }

    private func countSuccess(_ uid: String, _ pod: Alive, at finished: Timestamp) {
        guard settled.insert(uid).inserted, isInRange(pod.index) else { return }
        lastSuccess = max(lastSuccess ?? finished, finished)
        guard let index = pod.index else {
            succeeded += 1
            return
        }
        if !failedIndexes.contains(index) { completed.insert(index) }
        indexCounts[index] = nil
        indexFailed[index] = nil
    }

    func countFailure(
        _ uid: String, _ pod: Alive, _ action: PodFailurePolicyRule.Action, at finished: Timestamp
    ) {
        guard settled.insert(uid).inserted, isInRange(pod.index) else { return }
        failureTimes.append(finished)
        if action != .ignore { failed += 1 }
        if action == .failJob { failJob = true }
        guard let limit = spec.backoffLimitPerIndex, let index = pod.index else { return }
        var counts = indexCounts[index] ?? (0, 0)
        if action == .failIndex || (action != .ignore && counts.counted >= Int(limit)) {
            if !completed.contains(index) { failedIndexes.insert(index) }
            indexCounts[index] = nil
            indexFailed[index] = nil
            return
        }
        if action == .ignore { counts.ignored += 1 } else { counts.counted += 1 }
        indexCounts[index] = counts
        indexFailed[index] = finished
    }

    /// The Job is decided: what has not ended is a failure of a Job that fails, and nothing otherwise.
    func settleAll(where suits: (Alive) -> Bool) {
        for (uid, pod) in alive where suits(pod) {
            guard settled.insert(uid).inserted, !succeeds, isInRange(pod.index) else { continue }
            failed += 1
        }
    }
}

// MARK: What is expected of it

extension Account {
    /// The reason for which the Job ends before its pods are looked after: the first one in the order of the documentation.
    func expectedVerdict(now: Timestamp) -> (reason: String, succeeds: Bool)? {
        if failJob { return ("PodFailurePolicy", false) }
        let limit = Int(spec.backoffLimit ?? (spec.backoffLimitPerIndex == nil ? 6 : .max))
        if failed > limit { return ("BackoffLimitExceeded", false) }
        if spec.template.spec.restartPolicy == .onFailure {
            let sum = alive.values.reduce(0) { $0 + Int($1.restarts) }
            if limit == 0 ? sum > 0 : sum >= limit { return ("BackoffLimitExceeded", false) }
        }
        if let deadline, deadline <= now { return ("DeadlineExceeded", false) }
        if let most = spec.maxFailedIndexes, failedIndexes.count > Int(most) {
            return ("MaxFailedIndexesExceeded", false)
        }
        if !failedIndexes.isEmpty, failedIndexes.count + completed.count >= Int(spec.completions ?? 0) {
            return ("FailedIndexes", false)
        }
        return isPolicyMet ? ("SuccessPolicy", true) : nil
    }

    private var isPolicyMet: Bool {
        guard let rules = spec.successPolicy?.rules, !completed.isEmpty else { return false }
        return rules.contains { rule in
            // The simulation writes indexes as single numbers.
            guard let text = rule.succeededIndexes else { return completed.count >= Int(rule.succeededCount!) }
            let wanted = Set(text.split(separator: ",").compactMap { Int($0) }.filter { $0 < Int(spec.completions!) })
            let met = wanted.intersection(completed).count
            return !wanted.isEmpty && (met == wanted.count || rule.succeededCount.map { met >= Int($0) } ?? false)
        }
    }

    var deadline: Timestamp? {
        guard spec.suspend != true, let started else { return nil }
        return spec.activeDeadlineSeconds.map { started + .seconds($0) }
    }

    /// Where pods are missing, and when they may be created: for each index, or for all places together.
    func missing() -> [(index: Int?, notBefore: Timestamp?)] {
        let terminating = waitsForTerminating ? alive.count - active : 0
        let count = wanted - active - terminating
        guard count > 0 else { return [] }
        guard isIndexed else { return Array(repeating: (nil, later(streakEnd, createHold)), count: count) }
        var taken = completed.union(failedIndexes)
        for pod in alive.values where !pod.isTerminating || waitsForTerminating {
            if let index = pod.index { taken.insert(index) }
        }
        let free = (0..<Int(spec.completions ?? 0)).filter { !taken.contains($0) }.prefix(count)
        guard spec.backoffLimitPerIndex != nil else { return free.map { ($0, later(streakEnd, createHold)) } }
        return free.map { ($0, later(indexEnd($0), createHold)) }
    }

    private func indexEnd(_ index: Int) -> Timestamp? {
        guard let last = indexFailed[index], let counts = indexCounts[index] else { return nil }
        return last + backoff.delay(afterFailures: counts.counted + counts.ignored)
    }

    private var streakEnd: Timestamp? {
        var (count, last) = (0, Timestamp(nanoseconds: 0))
        for failure in failureTimes where lastSuccess.map({ failure > $0 }) ?? true {
            count += 1
            last = max(last, failure)
        }
        return count == 0 ? nil : last + backoff.delay(afterFailures: count)
    }

    private func later(_ one: Timestamp?, _ other: Timestamp?) -> Timestamp? {
        guard let one, let other else { return one ?? other }
        return max(one, other)
    }
}

extension Pod {
    /// When its only container ended.
    fileprivate var containersEnd: Timestamp? {
        if case .terminated(let end)? = status.containerStatuses.first?.state { return end.finishedAt }
        return nil
    }
}
