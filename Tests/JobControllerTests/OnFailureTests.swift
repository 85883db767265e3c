// SPDX-License-Identifier: Apache-2.0

import JobController
import KubernetesAPI
import Testing

struct OnFailureTests {
    static func cluster(limit: Int32, parallelism: Int32 = 1) -> Cluster {
        Cluster.started {
            $0.template.spec.restartPolicy = .onFailure
            $0.backoffLimit = limit
            $0.parallelism = parallelism
            $0.completions = parallelism
        }
    }

    @Test(
        "The Job fails when the restart with the number of its limit begins; 0 allows none, as 1 does",
        arguments: [(0, 1), (1, 1), (2, 2), (6, 6)] as [(Int32, Int32)])
    func limit(limit: Int32, restarts: Int32) {
        var cluster = Self.cluster(limit: limit)
        cluster.restart(0, times: restarts - 1)
        #expect(cluster.conditions == [])
        cluster.restart(0, times: restarts)
        #expect(cluster.conditions == ["FailureTarget: BackoffLimitExceeded"])
        #expect(cluster.deleted == [cluster.pods[0].metadata.uid])
        #expect(cluster.status.failed == 1)
        cluster.reap()
        #expect(cluster.verdict == "Failed: BackoffLimitExceeded")
        #expect(cluster.status.failed == 1)
    }

    @Test("The restarts of all pods and of all their containers are added up")
    func sum() {
        var cluster = Self.cluster(limit: 6, parallelism: 2)
        var first = ContainerStatus()
        first.restartCount = 2
        cluster.pods[0].status.initContainerStatuses = [first]
        cluster.restart(0, times: 1)
        cluster.restart(1, times: 2)
        #expect(cluster.conditions == [])
        cluster.restart(1, times: 3)
        #expect(cluster.conditions == ["FailureTarget: BackoffLimitExceeded"])
        #expect(cluster.status.failed == 2)
    }

    @Test("A pod that has ended takes its restarts with it")
    func ended() {
        var cluster = Self.cluster(limit: 3, parallelism: 2)
        cluster.restart(0, times: 2)
        cluster.succeed(0)
        cluster.restart(1, times: 2)
        #expect(cluster.conditions == [])
        cluster.succeed(1)
        #expect(cluster.verdict == "Complete: CompletionsReached")
    }

    @Test("A pod that is being deleted still has its restarts")
    func terminating() {
        var cluster = Self.cluster(limit: 3, parallelism: 2)
        cluster.restart(0, times: 2)
        cluster.deleteByUser(0)
        cluster.restart(1, times: 1)
        #expect(cluster.conditions == ["FailureTarget: BackoffLimitExceeded"])
        #expect(cluster.status.failed == 2)
    }

    @Test("With restartPolicy Never restarts are not looked at")
    func never() {
        var cluster = Cluster.started { $0.backoffLimit = 1 }
        cluster.restart(0, times: 5)
        #expect(cluster.conditions == [])
    }

    @Test("A pod that reaches Failed counts as any failed pod")
    func failedPod() {
        var cluster = Self.cluster(limit: 1)
        cluster.fail(0)
        #expect(cluster.status.failed == 1)
        #expect(cluster.wakesAt == 10)
    }

    @Test("An old status that comes late takes no restart back")
    func late() {
        var cluster = Self.cluster(limit: 3, parallelism: 2)
        cluster.restart(0, times: 2)
        cluster.restart(0, times: 1)
        cluster.restart(1, times: 1)
        #expect(cluster.conditions == ["FailureTarget: BackoffLimitExceeded"])
    }
}
