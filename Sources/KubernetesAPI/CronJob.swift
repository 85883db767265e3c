// SPDX-License-Identifier: Apache-2.0

/// `batch/v1 CronJob`.
package struct CronJob: Hashable, Sendable {
    /// Eleven bytes follow it in the names of its Jobs, which are labels of at most 63.
    package static let maximumName = 52

    package var metadata = ObjectMeta()
    package var spec = CronJobSpec()
    package var status = CronJobStatus()

    package init() {}
}

/// `batch/v1 CronJobSpec`. An absent field is nil; defaulting fills in what the API server would.
package struct CronJobSpec: Hashable, Sendable {
    package enum ConcurrencyPolicy: String, Hashable, Sendable, CaseIterable {
        /// Jobs may run at the same time.
        case allow = "Allow"
        /// A start is left out while an earlier Job runs.
        case forbid = "Forbid"
        /// The Job that runs is deleted, and the new one started.
        case replace = "Replace"
    }

    package var schedule = ""
    /// A name of the tz database; nil: UTC.
    package var timeZone: String?
    package var startingDeadlineSeconds: Int64?
    package var concurrencyPolicy: ConcurrencyPolicy?
    package var suspend: Bool?
    package var jobTemplate = JobTemplateSpec()
    package var successfulJobsHistoryLimit: Int32?
    package var failedJobsHistoryLimit: Int32?

    package init() {}
}

/// `batch/v1 JobTemplateSpec`.
package struct JobTemplateSpec: Hashable, Sendable {
    package var metadata = ObjectMeta()
    package var spec = JobSpec()

    package init() {}
}

/// `batch/v1 CronJobStatus`.
package struct CronJobStatus: Hashable, Sendable {
    /// The Jobs that run, the oldest first.
    package var active: [ObjectReference] = []
    package var lastScheduleTime: Timestamp?
    package var lastSuccessfulTime: Timestamp?

    package init() {}
}

/// `v1 ObjectReference`, of a whole object.
package struct ObjectReference: Hashable, Sendable, EmptyConstructible {
    package var apiVersion = ""
    package var kind = ""
    package var namespace = ""
    package var name = ""
    package var uid = ""
    package var resourceVersion = ""

    package init() {}
}
