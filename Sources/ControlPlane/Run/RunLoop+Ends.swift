// SPDX-License-Identifier: Apache-2.0

import CLinux
import JobController
import KubernetesAPI
import Linux
import PodPlan

// Deletion, signals, time, and the end of the run.
extension RunLoop {
    /// Ends a pod gracefully, as its deletion by the API does.
    func delete(_ entry: PodEntry) {
        guard entry.record.pod.metadata.deletionTimestamp == nil else { return }
        // A pod that is on no node has nothing to end.
        let grace = entry.life == .waiting ? 0 : grace(of: entry)
        entry.record.pod.metadata.deletionTimestamp = now + .seconds(grace)
        entry.record.pod.metadata.deletionGracePeriodSeconds = grace
        switch entry.life {
        case .active:
            tell(entry, .podChanged(entry.record.pod))
            // To a supervisor 0 is SIGKILL at once.
            terminate(entry, grace: max(grace, 1))
        case .waiting, .stuck, .ended:
            if entry.life == .waiting {
                entry.life = .ended
                release(entry)
            }
            entry.record.deleted = true
            tell(entry, .podDeleted(uid: entry.uid))
        }
        observer.podChanged(entry.record)
    }

    func grace(of entry: PodEntry) -> Int64 { entry.record.pod.spec.terminationGracePeriodSeconds ?? 30 }

    /// Tells the supervisor to end the pod. If it doesn't answer in time, it is taken for dead.
    func terminate(_ entry: PodEntry, grace: Int64) {
        guard entry.supervisor != nil else { return }
        send(entry, PodCommand.terminate(gracePeriodSeconds: grace).frame())
        let limit = now + .seconds(grace) + RunLoop.cleanUpTime
        entry.forcedAt = min(entry.forcedAt ?? limit, limit)
        if !forced.contains(where: { $0 === entry }) { forced.append(entry) }
    }

    func takeSignals() throws(RunError) {
        while let signal = try attempt("read", "signals", { () throws(Errno) in try signals.next() }) {
            interruptions += 1
            interruptedBy = interruptedBy ?? signal
            let active = pods.filter { $0.supervisor != nil && $0.life != .ended }
            if interruptions == 1 {
                observer.noticed(.stopping(pods: active.count))
                endAll(active)
            } else {
                observer.noticed(.killing(pods: active.count))
                for pod in active { terminate(pod, grace: 0) }
            }
        }
    }

    /// What is not done is interrupted; its pods get their grace.
    private func endAll(_ active: [PodEntry]) {
        for cronJob in cronJobs where cronJob.verdict == nil {
            cronJob.verdict = .interrupted
            cronJob.deletedAt = cronClock?.now
        }
        for job in jobs where job.verdict == nil {
            job.verdict = .interrupted
            job.deletedAt = now
        }
        for pod in barePods where pod.verdict == nil { pod.verdict = .interrupted }
        for pod in active { delete(pod) }
        pulls?.puller.cancel()
        for entry in pods where entry.life == .waiting { delete(entry) }
        for job in jobs where job.verdict == .interrupted { observer.jobChanged(job.job) }
    }

    /// Sets the timer to what comes first: a controller's wake-up, or the end of our patience with a supervisor.
    func armTimer() throws(RunError) {
        if nextTick == nil, let interval = options.tickInterval { nextTick = now + interval }
        var first = closingUntil
        func consider(_ time: Timestamp?) {
            if let time, first.map({ time < $0 }) ?? true { first = time }
        }
        for job in jobs where job.isKept { consider(job.controller.nextWake) }
        if !forced.isEmpty {
            forced.removeAll { $0.forcedAt == nil }
            for pod in forced { consider(pod.forcedAt) }
        }
        consider(nextTick)
        consider(peers.nextUpdate)
        consider(pulls?.nextTry)
        try armCronTimer()
        guard first != armed else { return }
        armed = first
        let bootTime = first.map { clock.bootTime($0.nanoseconds) }
        try attempt("set", "a timer") { () throws(Errno) in try timer.set(bootTime) }
    }

    func takeTimer() throws(RunError) {
        try attempt("read", "a timer") { () throws(Errno) in try timer.acknowledge() }
        armed = nil
        let now = now
        if let tick = nextTick, tick <= now {
            nextTick = nil
            observer.ticked()
        }
        for job in jobs where job.isKept {
            if let wake = job.controller.nextWake, wake <= now { pending.append((job, .resync)) }
        }
        retryPulls()
        for pod in forced {
            guard let limit = pod.forcedAt, limit <= now else { continue }
            let name = pod.record.pod.metadata.name
            observer.noticed(.trouble("the supervisor of pod \(name) does not answer; the pod is killed"))
            close(pod)
        }
    }

    /// Waits until the supervisors, whose pods have all ended, have cleaned up and gone.
    func closeSupervisors() throws(RunError) {
        closingUntil = now + RunLoop.cleanUpTime
        var ready: [Epoll.Event] = []
        while !supervised.isEmpty, let closingUntil, now < closingUntil {
            try armTimer()
            ready.removeAll(keepingCapacity: true)
            try wait(&ready)
            for event in ready { try handle(event) }
        }
        for entry in Array(supervised.values) {
            let name = entry.record.pod.metadata.name
            observer.noticed(.trouble("the supervisor of pod \(name) does not end; what it left is removed"))
            close(entry)
        }
        try starter.stop()
    }

    /// Removes what is on disk of this run and of earlier ones, beside the logs that are kept.
    func removeTraces() throws(RunError) {
        trimLogs()
        try directory.remove(from: runs)
    }

    /// Removes the oldest of the logs that are kept.
    func trimLogs() {
        do throws(Errno) {
            try logs.trim(except: supervised.values.map(\.record.logDirectory))
        } catch {
            observer.noticed(.trouble("cannot remove old logs: \(error)"))
        }
    }

    /// - Returns: some run was still ending; look again later.
    func sweep() -> Bool {
        let sweep = Sweep.run(runs: runs, own: directory.id)
        if sweep.removed > 0 { observer.noticed(.swept(runs: sweep.removed)) }
        for trouble in sweep.troubles { observer.noticed(.trouble(trouble)) }
        return sweep.busy
    }

    /// After a failure of our own: no pod may go on. A supervisor whose socket is closed kills its pod.
    func abandon() {
        for entry in Array(supervised.values) {
            guard let supervisor = entry.supervisor else { continue }
            _ = shutdown(supervisor.socket.rawValue, CInt(SHUT_WR))
        }
        do throws(RunError) {
            try closeSupervisors()
            try removeTraces()
        } catch {
            observer.noticed(.trouble("\(error)"))
        }
    }

    func outcome(_ objects: [RunObject]) -> RunOutcome {
        var outcome = RunOutcome()
        outcome.cronJobs = cronJobs.map { .init(cronJob: $0.cronJob, verdict: $0.verdict ?? .interrupted) }
        outcome.jobs = jobs.map { .init(job: $0.job, verdict: $0.verdict ?? .interrupted) }
        outcome.barePods = barePods.map { .init(podUID: $0.uid, verdict: $0.verdict ?? .interrupted) }
        outcome.pods = pods.filter { $0.job?.isGone != true }.map(\.record)
        outcome.events = events.events
        outcome.interruptedBy = interruptedBy
        return outcome
    }
}
