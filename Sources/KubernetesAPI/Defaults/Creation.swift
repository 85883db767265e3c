// SPDX-License-Identifier: Apache-2.0

/// The labels that tie a pod to its Job.
package enum JobLabel {
    package static let controllerUID = "batch.kubernetes.io/controller-uid"
    package static let jobName = "batch.kubernetes.io/job-name"
    package static let completionIndex = "batch.kubernetes.io/job-completion-index"

    /// Those that hold the Job's UID: today's and the one from before 1.27.
    package static let ofUID = [controllerUID, "controller-uid"]
    /// Those that hold the Job's name, in the same way.
    package static let ofName = [jobName, "job-name"]
}

/// The letters of generated names: no vowels and no digits that look like one, so that no word comes out.
package let generatedNameLetters = Array("bcdfghjklmnpqrstvwxz2456789".utf8)

/// Five letters out of `random`, for a name that is generated.
package func generatedNameSuffix(_ random: UInt64) -> String {
    var rest = random
    var letters: [UInt8] = []
    for _ in 0..<5 {
        letters.append(generatedNameLetters[Int(rest % UInt64(generatedNameLetters.count))])
        rest /= UInt64(generatedNameLetters.count)
    }
    return String(decoding: letters, as: UTF8.self)
}

extension Job {
    /// What the API server adds when a Job is created: identity, and the labels and the selector that find its pods.
    /// A status that was sent is dropped. `random` makes the name when only `generateName` is given.
    package mutating func prepareForCreate(uid: String, now: Timestamp, random: UInt64) {
        metadata.prepareForCreate(uid: uid, now: now, random: random)
        status = JobStatus()
        guard spec.manualSelector != true else { return }
        for key in JobLabel.ofUID { spec.template.metadata.labels[key] = uid }
        for key in JobLabel.ofName { spec.template.metadata.labels[key] = metadata.name }
        spec.selector = LabelSelector()
        spec.selector?.matchLabels = [JobLabel.controllerUID: uid]
    }
}

extension CronJob {
    /// What the API server adds when a CronJob is created. A status that was sent is dropped.
    package mutating func prepareForCreate(uid: String, now: Timestamp, random: UInt64) {
        metadata.prepareForCreate(uid: uid, now: now, random: random)
        status = CronJobStatus()
    }
}

extension Pod {
    /// What the API server adds when a Pod is created. A status that was sent is dropped.
    package mutating func prepareForCreate(uid: String, now: Timestamp, random: UInt64) {
        metadata.prepareForCreate(uid: uid, now: now, random: random)
        status = PodStatus()
        status.qosClass = spec.qosClass
    }
}

extension ObjectMeta {
    fileprivate mutating func prepareForCreate(uid: String, now: Timestamp, random: UInt64) {
        if namespace.isEmpty { namespace = "default" }
        // At most 63 bytes with what is added.
        if name.isEmpty {
            name = String(decoding: generateName.utf8.prefix(58), as: UTF8.self) + generatedNameSuffix(random)
        }
        self.uid = uid
        generation = 1
        resourceVersion = ""
        creationTimestamp = now
        deletionTimestamp = nil
        deletionGracePeriodSeconds = nil
    }
}
