// SPDX-License-Identifier: Apache-2.0

import JobController
import KubernetesAPI
import Testing

struct BackoffLimitPerIndexTests {
    private static func cluster(
        _ completions: Int32, limit: Int32, parallelism: Int32 = 10, _ edit: (inout JobSpec) -> Void = { _ in }
    ) -> Cluster {
        IndexedTests.indexed(completions, parallelism: parallelism) {
            $0.backoffLimitPerIndex = limit
            edit(&$0)
        }
    }

    @Test("An index that fails more often than its limit is failed; the others run on, and the Job fails at last")
    func failedIndex() {
        var cluster = Self.cluster(3, limit: 0)
        #expect(cluster.status.failedIndexes == "")
        cluster.fail(1)
        #expect(cluster.status.failedIndexes == "1")
        #expect(cluster.conditions == [])
        cluster.advance(100)
        #expect(cluster.pods.count == 3)
        cluster.succeed(0)
        cluster.succeed(2)
        #expect(cluster.conditions == ["FailureTarget: FailedIndexes", "Failed: FailedIndexes"])
        #expect(cluster.status.conditions[0].message == "Job has failed indexes")
        #expect(cluster.status.completedIndexes == "0,2")
        #expect(cluster.status.failedIndexes == "1")
        #expect(cluster.status.succeeded == 2)
        #expect(cluster.status.failed == 1)
        #expect(cluster.status.completionTime == nil)
    }

    @Test("Each index has its own back-off, and its pods carry how often it has failed")
    func ownBackoff() {
        var cluster = Self.cluster(2, limit: 2)
        let count = { (cluster: Cluster, place: Int) in
            cluster.pods[place].metadata.annotations["batch.kubernetes.io/job-index-failure-count"]
        }
        #expect(count(cluster, 0) == "0")
        cluster.fail(0)
        cluster.advance(5)
        cluster.fail(1)
        #expect(cluster.wakesAt == 10)
        cluster.advance(5)
        #expect(cluster.indexes == ["0", "1", "0"])
        #expect(count(cluster, 2) == "1")
        cluster.advance(5)
        #expect(cluster.indexes == ["0", "1", "0", "1"])
        cluster.fail(2)
        cluster.advance(20)
        #expect(count(cluster, 4) == "2")
        #expect(cluster.creations == [0, 0, 10, 15, 35])
        cluster.fail(4)
        #expect(cluster.status.failedIndexes == "0")
        cluster.succeed(3)
        #expect(cluster.verdict == "Failed: FailedIndexes")
        #expect(cluster.status.failed == 4)
    }

    @Test("An index that waits keeps its place among the lowest, and holds up no index beyond that")
    func places() {
        var cluster = Self.cluster(4, limit: 5, parallelism: 2)
        cluster.fail(0)
        #expect(cluster.indexes == ["0", "1"])
        cluster.succeed(1)
        #expect(cluster.indexes == ["0", "1", "2"])
        cluster.advance(10)
        #expect(cluster.indexes == ["0", "1", "2", "0"])
    }

    @Test("More failed indexes than maxFailedIndexes end the Job; running pods are failed, their indexes are not")
    func maxFailedIndexes() {
        var cluster = Self.cluster(5, limit: 0) { $0.maxFailedIndexes = 1 }
        cluster.fail(3)
        #expect(cluster.conditions == [])
        cluster.succeed(1)
        cluster.fail(0)
        #expect(cluster.conditions == ["FailureTarget: MaxFailedIndexesExceeded"])
        #expect(
            cluster.status.conditions[0].message == "Job has exceeded the specified maximal number of failed indexes")
        #expect(cluster.deleted.count == 2)
        cluster.reap()
        #expect(cluster.verdict == "Failed: MaxFailedIndexesExceeded")
        #expect(cluster.status.failed == 4)
        #expect(cluster.status.failedIndexes == "0,3")
        #expect(cluster.status.completedIndexes == "1")
    }

    @Test("maxFailedIndexes 0 fails the Job with the first failed index")
    func noneAllowed() {
        var cluster = Self.cluster(1, limit: 0) { $0.maxFailedIndexes = 0 }
        cluster.fail(0)
        #expect(cluster.verdict == "Failed: MaxFailedIndexesExceeded")
    }

    @Test("backoffLimit has no say unless it is written; then it has")
    func globalLimit() {
        var cluster = Self.cluster(10, limit: 0)
        for place in 0..<9 { cluster.fail(place) }
        #expect(cluster.conditions == [])
        cluster.succeed(9)
        #expect(cluster.verdict == "Failed: FailedIndexes")
        #expect(cluster.status.failedIndexes == "0-8")

        var limited = Self.cluster(10, limit: 3) { $0.backoffLimit = 1 }
        limited.fail(0)
        limited.fail(1)
        #expect(limited.conditions == ["FailureTarget: BackoffLimitExceeded"])
    }

    @Test("FailIndex fails the index at once; Ignore uses nothing of its limit but adds to its back-off")
    func policy() {
        var cluster = Self.cluster(2, limit: 3) {
            $0.podFailurePolicy = PodFailurePolicyTests.policy(
                PodFailurePolicyTests.rule(.failIndex, .isIn, [42]), PodFailurePolicyTests.rule(.ignore, .isIn, [43]))
        }
        cluster.fail(0, exitCode: 42)
        #expect(cluster.status.failedIndexes == "0")
        #expect(cluster.status.failed == 1)
        cluster.fail(1, exitCode: 43)
        cluster.advance(10)
        cluster.fail(2, exitCode: 1)
        cluster.advance(20)
        let annotations = cluster.pods[3].metadata.annotations
        #expect(annotations["batch.kubernetes.io/job-index-failure-count"] == "1")
        #expect(annotations["batch.kubernetes.io/job-index-ignored-failure-count"] == "1")
        #expect(cluster.pods[0].metadata.annotations["batch.kubernetes.io/job-index-ignored-failure-count"] == nil)
        #expect(cluster.status.failed == 2)
        cluster.succeed(3)
        #expect(cluster.verdict == "Failed: FailedIndexes")
    }

    @Test("An ignored failure never fails the index, whatever its limit")
    func ignoredAtLimit() {
        var cluster = Self.cluster(1, limit: 0) {
            $0.podFailurePolicy = PodFailurePolicyTests.policy(PodFailurePolicyTests.rule(.ignore, .isIn, [43]))
        }
        for place in 0..<3 {
            cluster.fail(place, exitCode: 43)
            cluster.advance(10 * Double(1 << place))
        }
        #expect(cluster.status.failed == 0)
        #expect(cluster.status.failedIndexes == "")
        #expect(cluster.creations == [0, 10, 30, 70])
    }

    @Test("Of a controller's predecessor the failures are known by the pods' annotations and by the status")
    func takenOver() {
        var job = Cluster.job {
            $0.completionMode = .indexed
            $0.completions = 3
            $0.parallelism = 3
            $0.backoffLimitPerIndex = 1
        }
        job.status.failedIndexes = "2"
        var cluster = Cluster(job: job)
        var other = Cluster(job: job)
        other.send(.resync)
        #expect(other.indexes == ["0", "1"])
        other.pods[0].metadata.annotations["batch.kubernetes.io/job-index-failure-count"] = "1"
        other.pods[0].finish(.failed, exitCode: 1, at: cluster.now)
        cluster.send(.podChanged(other.pods[0]))
        #expect(cluster.status.failedIndexes == "0,2")
        #expect(cluster.indexes == ["1"])
    }

    @Test("Fewer completions forget failed indexes, too")
    func elastic() {
        var cluster = Self.cluster(4, limit: 0)
        cluster.fail(3)
        cluster.succeed(0)
        cluster.change {
            $0.completions = 2; $0.parallelism = 2
        }
        #expect(cluster.status.failedIndexes == "")
        cluster.succeed(1)
        cluster.reap()
        #expect(cluster.verdict == "Complete: CompletionsReached")
    }

    @Test("With OnFailure, only a pod that reaches Failed counts for its index")
    func onFailure() {
        var cluster = Self.cluster(1, limit: 0) { $0.template.spec.restartPolicy = .onFailure }
        cluster.restart(0, times: 50)
        #expect(cluster.conditions == [])
        cluster.fail(0)
        #expect(cluster.verdict == "Failed: FailedIndexes")
    }
}
