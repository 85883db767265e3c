// SPDX-License-Identifier: Apache-2.0

package import KubernetesAPI

package enum CronJobKey {
    /// When a Job was due: RFC 3339 in the CronJob's time zone.
    package static let scheduledTimestamp = "batch.kubernetes.io/cronjob-scheduled-timestamp"
    /// `manual` for a Job that a person made from the CronJob.
    package static let instantiate = "cronjob.kubernetes.io/instantiate"
}

extension CronJob {
    /// The name of the Job that is due at this time. Names tell minutes apart.
    package func jobName(at time: Timestamp) -> String {
        "\(metadata.name)-\(time.wholeSeconds / 60)"
    }

    /// The Job that is due at this time, as the controller creates it.
    package func makeJob(at time: Timestamp, in zone: TimeZone, uid: String) -> Job {
        var job = makeJob(named: jobName(at: time))
        job.metadata.uid = uid
        job.metadata.annotations[CronJobKey.scheduledTimestamp] = time.rfc3339(in: zone)
        job.metadata.ownerReferences[0].blockOwnerDeletion = true
        return job
    }

    /// A Job that a person asks for, whatever the schedule says; see `kubectl create job --from`.
    ///
    /// - Parameter name: nil: one is generated when the Job is created.
    package func makeManualJob(named name: String?) -> Job {
        var job = makeJob(named: name ?? "")
        if name == nil { job.metadata.generateName = "\(metadata.name)-manual-" }
        if job.metadata.annotations[CronJobKey.instantiate] == nil {
            job.metadata.annotations[CronJobKey.instantiate] = "manual"
        }
        return job
    }

    private func makeJob(named name: String) -> Job {
        var job = Job()
        job.metadata.name = name
        job.metadata.namespace = metadata.namespace
        job.metadata.labels = spec.jobTemplate.metadata.labels
        job.metadata.annotations = spec.jobTemplate.metadata.annotations
        var owner = OwnerReference()
        owner.apiVersion = "batch/v1"
        owner.kind = "CronJob"
        owner.name = metadata.name
        owner.uid = metadata.uid
        owner.controller = true
        job.metadata.ownerReferences = [owner]
        job.spec = spec.jobTemplate.spec
        return job
    }
}
