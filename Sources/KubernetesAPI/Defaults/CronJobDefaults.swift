// SPDX-License-Identifier: Apache-2.0

extension CronJob {
    /// Fills in what the user left out. What a Job has of its own is filled in when it is made.
    package mutating func applyDefaults() {
        spec.concurrencyPolicy = spec.concurrencyPolicy ?? .allow
        spec.suspend = spec.suspend ?? false
        spec.successfulJobsHistoryLimit = spec.successfulJobsHistoryLimit ?? 3
        spec.failedJobsHistoryLimit = spec.failedJobsHistoryLimit ?? 1
        spec.jobTemplate.spec.podFailurePolicy?.applyDefaults()
        spec.jobTemplate.spec.template.spec.applyDefaults()
    }
}
