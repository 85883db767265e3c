// SPDX-License-Identifier: Apache-2.0

extension CronJob: APIObject {
    package static let apiVersion = "batch/v1"
    package static let kind = "CronJob"

    package mutating func fields(_ f: inout Fields) {
        f.constant("apiVersion", CronJob.apiVersion)
        f.constant("kind", CronJob.kind)
        f.field("metadata", &metadata, .always)
        f.field("spec", &spec, .always)
        f.status(&status)
    }
}

extension CronJobSpec: APIObject {
    package mutating func fields(_ f: inout Fields) {
        f.field("schedule", &schedule, .always)
        f.field("timeZone", &timeZone)
        f.field("startingDeadlineSeconds", &startingDeadlineSeconds)
        f.defaulted("concurrencyPolicy", &concurrencyPolicy)
        f.field("suspend", &suspend)
        f.field("jobTemplate", &jobTemplate, .always)
        f.field("successfulJobsHistoryLimit", &successfulJobsHistoryLimit)
        f.field("failedJobsHistoryLimit", &failedJobsHistoryLimit)
    }
}

extension CronJobSpec.ConcurrencyPolicy: FieldValue {}

extension JobTemplateSpec: APIObject {
    package mutating func fields(_ f: inout Fields) {
        f.field("metadata", &metadata, .always)
        f.field("spec", &spec, .always)
    }
}

extension CronJobStatus: APIObject {
    package mutating func fields(_ f: inout Fields) {
        f.field("active", &active)
        f.field("lastScheduleTime", &lastScheduleTime)
        f.field("lastSuccessfulTime", &lastSuccessfulTime)
    }
}

extension ObjectReference: APIObject {
    package mutating func fields(_ f: inout Fields) {
        f.field("apiVersion", &apiVersion)
        f.field("kind", &kind)
        f.field("namespace", &namespace)
        f.field("name", &name)
        f.field("uid", &uid)
        f.field("resourceVersion", &resourceVersion)
    }
}
