// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI

// The events that Kubernetes's Job controller writes.
extension JobController {
    func record(
        _ type: Event.Kind, _ reason: String, _ message: String, now: Timestamp, _ intents: inout [JobIntent]
    ) {
        intents.append(
            .record(
                Event(
                    type, reason: reason, message: message, kind: "Job", name: job.metadata.name,
                    uid: job.metadata.uid, source: "job-controller", at: now)))
    }

    /// The event of the Job's end, once.
    func recordEnd(now: Timestamp, _ intents: inout [JobIntent]) {
        guard let verdict else { return }
        guard verdict.succeeds else {
            record(.warning, verdict.reason, verdict.message, now: now, &intents)
            return
        }
        if let completions, completions < succeeded {
            let message = "Too many succeeded pods running after completion count reached"
            record(.warning, "TooManySucceededPods", message, now: now, &intents)
        }
        record(.normal, "Completed", "Job completed", now: now, &intents)
    }
}
