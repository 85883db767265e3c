// SPDX-License-Identifier: Apache-2.0

/// Keys and names that a Job gives to its pods; see the constants of `batch/v1`.
package enum JobKey {
    package static let controllerUID = "batch.kubernetes.io/controller-uid"
    package static let jobName = "batch.kubernetes.io/job-name"
    package static let legacyControllerUID = "controller-uid"
    package static let legacyJobName = "job-name"
    /// Label and annotation of the pods of an Indexed Job.
    package static let completionIndex = "batch.kubernetes.io/job-completion-index"
    /// Annotations of pods of a Job with `backoffLimitPerIndex`: how often the index had failed before.
    package static let indexFailureCount = "batch.kubernetes.io/job-index-failure-count"
    /// The same for failures that a pod failure policy ignores; absent while there are none.
    package static let indexIgnoredFailureCount = "batch.kubernetes.io/job-index-ignored-failure-count"
    /// The finalizer that a pod has until it is counted.
    package static let tracking = "batch.kubernetes.io/job-tracking"
    /// The environment variable that tells a container its index.
    package static let completionIndexVariable = "JOB_COMPLETION_INDEX"
}

/// Names for pods: the Job's, the index for an Indexed Job, and five random characters. No name comes twice.
struct PodNames: Sendable {
    private static let alphabet = Array("bcdfghjklmnpqrstvwxz2456789".utf8)
    private static let suffixLength = 5
    /// What an API server leaves of the part before the random characters: a name has at most 63 characters.
    private static let prefixMaximum = 63 - suffixLength
    private static let suffixes: UInt64 = 27 * 27 * 27 * 27 * 27

    /// Index (or all ones) and suffix of every name so far.
    private var used: Set<UInt64> = []

    /// `metadata.generateName`. A long Job name is cut, the index never.
    static func prefix(job: String, index: Int?) -> String {
        let end = index.map { "-\($0)-" } ?? "-"
        guard job.utf8.count + end.utf8.count > prefixMaximum else { return job + end }
        guard index != nil else { return String(decoding: (job + end).utf8.prefix(prefixMaximum), as: UTF8.self) }
        return String(decoding: job.utf8.prefix(prefixMaximum - end.utf8.count), as: UTF8.self) + end
    }

    /// Five characters of the alphabet without vowels. Taken ones are passed over, where an API server refuses and the
    /// controller tries again.
    mutating func suffix(index: Int?, random: inout some RandomNumberGenerator) -> String {
        var number = random.next() % Self.suffixes
        let family = UInt64(truncatingIfNeeded: index ?? -1) << 32
        while !used.insert(family | number).inserted { number = (number + 1) % Self.suffixes }
        return String(unsafeUninitializedCapacity: Self.suffixLength) { bytes in
            for place in 0..<Self.suffixLength {
                bytes[place] = Self.alphabet[Int(number % 27)]
                number /= 27
            }
            return Self.suffixLength
        }
    }
}
