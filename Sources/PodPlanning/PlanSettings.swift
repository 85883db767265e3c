// SPDX-License-Identifier: Apache-2.0

/// What whoever runs the pods decides about all of them.
package struct PlanSettings: Hashable, Sendable {
    /// A pod's directory is `<podsDirectory>/<uid>`.
    package var podsDirectory: String
    /// A pod's logs are in `<logsDirectory>/<namespace>_<name>_<uid>`.
    package var logsDirectory: String
    package var restartBackoffBaseMilliseconds: Int64 = 10_000
    package var restartBackoffCapMilliseconds: Int64 = 300_000
    package var forwardOutput = false
    /// How often what pods have on disk is measured; the kubelet's eviction takes 10 s.
    package var storageIntervalMilliseconds: Int64 = 10_000

    package init(podsDirectory: String, logsDirectory: String) {
        self.podsDirectory = podsDirectory
        self.logsDirectory = logsDirectory
    }
}
