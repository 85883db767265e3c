// SPDX-License-Identifier: Apache-2.0

extension Job: APIObject {
    package static let apiVersion = "batch/v1"
    package static let kind = "Job"

    package mutating func fields(_ f: inout Fields) {
        f.constant("apiVersion", Job.apiVersion)
        f.constant("kind", Job.kind)
        f.field("metadata", &metadata, .always)
        f.field("spec", &spec, .always)
        f.status(&status)
    }
}

extension JobSpec: APIObject {
    package mutating func fields(_ f: inout Fields) {
        f.field("parallelism", &parallelism)
        f.field("completions", &completions)
        f.field("completionMode", &completionMode)
        f.field("backoffLimit", &backoffLimit)
        f.field("activeDeadlineSeconds", &activeDeadlineSeconds)
        f.field("ttlSecondsAfterFinished", &ttlSecondsAfterFinished)
        f.field("suspend", &suspend)
        f.field("selector", &selector)
        f.field("manualSelector", &manualSelector)
        f.field("backoffLimitPerIndex", &backoffLimitPerIndex)
        f.field("maxFailedIndexes", &maxFailedIndexes)
        f.field("podFailurePolicy", &podFailurePolicy)
        f.field("successPolicy", &successPolicy)
        f.field("podReplacementPolicy", &podReplacementPolicy)
        f.field("managedBy", &managedBy)
        f.field("template", &template, .always)
        f.refusedEvenEmpty("scheduling", because: "it is alpha in Kubernetes, off by default, and needs a Workload API")
    }
}

extension PodTemplateSpec: APIObject {
    package mutating func fields(_ f: inout Fields) {
        f.field("metadata", &metadata, .always)
        f.field("spec", &spec, .always)
    }
}

extension JobStatus: APIObject {
    package mutating func fields(_ f: inout Fields) {
        f.field("startTime", &startTime)
        f.field("completionTime", &completionTime)
        f.field("active", &active)
        f.field("ready", &ready)
        f.field("terminating", &terminating)
        f.field("succeeded", &succeeded)
        f.field("failed", &failed)
        f.field("completedIndexes", &completedIndexes)
        f.field("failedIndexes", &failedIndexes)
        f.field("uncountedTerminatedPods", &uncountedTerminatedPods)
        f.field("conditions", &conditions)
    }
}

extension UncountedTerminatedPods: APIObject {
    package mutating func fields(_ f: inout Fields) {
        f.field("succeeded", &succeeded)
        f.field("failed", &failed)
    }
}

extension JobCondition.Kind: FieldValue, CaseIterable {
    package static let allCases: [Self] = [.suspended, .failureTarget, .failed, .successCriteriaMet, .complete]
}

extension ConditionStatus: FieldValue, CaseIterable {
    package static let allCases: [Self] = [.true, .false, .unknown]
}

extension JobCondition: APIObject, EmptyConstructible {
    package init() { self.init(type: .complete) }

    package mutating func fields(_ f: inout Fields) {
        f.field("type", &type, .always)
        f.field("status", &status, .always)
        f.field("lastProbeTime", &lastProbeTime)
        f.field("lastTransitionTime", &lastTransitionTime)
        f.field("reason", &reason)
        f.field("message", &message)
    }
}

extension JobSpec.CompletionMode: FieldValue {}
