// SPDX-License-Identifier: Apache-2.0

import JobController
import KubernetesAPI

// Between the Jobs' controllers and the pods.
extension RunLoop {
    /// Hands all pending events to the controllers, and does what they say, until nothing is pending.
    func carryOut() {
        repeat {
            var next = 0
            while next < pending.count {
                let (job, event) = pending[next]
                next += 1
                apply(event, to: job)
            }
            pending.removeAll(keepingCapacity: true)
        } while carryOutCronEvents()
    }

    private func apply(_ event: JobEvent, to entry: JobEntry) {
        guard entry.isKept else { return }
        let intents = entry.controller.apply(event, now: now, random: &random)
        for intent in intents {
            switch intent {
            case .createPod(let pod): create(pod, for: entry)
            case .deletePod(let uid):
                if let pod = podsByUID[uid] { delete(pod) }
            case .releasePod(let uid):
                podsByUID[uid]?.record.pod.metadata.finalizers.removeAll { $0 == JobKey.tracking }
            case .record(let event): record(event)
            case .statusChanged:
                observer.jobChanged(entry.job)
                tellCronJob(entry)
            case .deleteJob: expire(entry)
            case .wake: break  // `nextWake` says the same.
            }
        }
        settle(entry)
    }

    /// Notes what became of a Job, once that is known.
    private func settle(_ entry: JobEntry) {
        guard entry.verdict == nil else { return }
        for condition in entry.controller.job.status.conditions where condition.status == .true {
            switch condition.type {
            case .complete: entry.verdict = .complete
            case .failed: entry.verdict = .failed(reason: condition.reason, message: condition.message)
            case .suspended, .failureTarget, .successCriteriaMet: continue
            }
        }
        if entry.verdict == nil, let stall = entry.controller.stall {
            entry.verdict = .stalled(reason: stall.description)
            let name = entry.controller.job.metadata.name
            observer.noticed(.stalled(kind: "Job", name: name, reason: stall.description))
            tellCronJob(entry)
        }
    }

    /// Tells a pod's Job what became of it.
    func tell(_ entry: PodEntry, _ event: JobEvent) {
        guard let job = entry.job, job.verdict == nil else { return }
        pending.append((job, event))
    }

    /// A pod of the Job can never start here: the Job's other pods are ended, and its status stays what it is.
    func end(_ job: JobEntry, as verdict: Verdict) {
        guard job.verdict == nil else { return }
        job.verdict = verdict
        tellCronJob(job)
        for pod in pods where pod.job === job && (pod.life == .active || pod.life == .waiting) { delete(pod) }
        observer.jobChanged(job.job)
    }

    func record(_ event: Event) { observer.eventRecorded(events.record(event)) }

    func record(_ type: Event.Kind, _ reason: String, _ message: String, _ entry: PodEntry, source: String = "kubelet")
    {
        let metadata = entry.record.pod.metadata
        record(
            Event(
                type, reason: reason, message: message, kind: "Pod", name: metadata.name, uid: metadata.uid,
                source: source, at: now))
    }
}
