// SPDX-License-Identifier: Apache-2.0

import JobController
import KubernetesAPI
import Testing

struct CountingTests {
    @Test("A pod is counted once, however often and in whatever order its end is told")
    func once() {
        var cluster = Cluster.started {
            $0.parallelism = 3; $0.completions = 9; $0.backoffLimit = 9
        }
        for _ in 0..<3 {
            cluster.succeed(0)
            cluster.fail(1)
            cluster.vanish(2)
            cluster.vanish(1)
            cluster.vanish(0)
            cluster.fail(2)
            cluster.run(0)
            cluster.fail(0)
            cluster.succeed(1)
        }
        #expect(cluster.status.succeeded == 1)
        #expect(cluster.status.failed == 2)
    }

    @Test("A pod whose deletion begins is a failure at that moment, and stays one whatever its exit code")
    func deletion() {
        var cluster = Cluster.started {
            $0.completions = 2; $0.parallelism = 2
        }
        cluster.run(0)
        cluster.deleteByUser(0)
        #expect(cluster.status.failed == 1)
        #expect(cluster.status.active == 1)
        #expect(cluster.status.terminating == 1)
        cluster.advance(10)
        #expect(cluster.pods.count == 3, "its replacement doesn't wait for it")
        cluster.succeed(0)
        cluster.vanish(0)
        #expect(cluster.status.failed == 1)
        #expect(cluster.status.succeeded == 0)
        #expect(cluster.status.terminating == 0)
    }

    @Test("A pod that has succeeded before its deletion is a success")
    func deletedAfterSuccess() {
        var cluster = Cluster.started {
            $0.completions = 2; $0.parallelism = 1
        }
        cluster.pods[0].metadata.deletionTimestamp = cluster.now
        cluster.succeed(0)
        #expect(cluster.status.succeeded == 1)
        #expect(cluster.status.failed == 0)
    }

    @Test("ready counts active pods that are ready")
    func ready() {
        var cluster = Cluster.started {
            $0.completions = 3; $0.parallelism = 3
        }
        #expect(cluster.status.ready == 0)
        cluster.run(0)
        cluster.run(1)
        cluster.run(2, ready: false)
        #expect(cluster.status.ready == 2)
        cluster.run(1, ready: false)
        #expect(cluster.status.ready == 1)
        cluster.deleteByUser(0)
        #expect(cluster.status.ready == 0)
        #expect(cluster.status.active == 2)
    }

    @Test("Pods of others are nobody's business", arguments: ["owner", "controller", "finalizer"])
    func others(lacks: String) {
        var cluster = Cluster.started {
            $0.completions = 2; $0.parallelism = 1
        }
        var pod = cluster.pods[0]
        pod.metadata.uid = "someone"
        switch lacks {
        case "owner": pod.metadata.ownerReferences[0].uid = "another"
        case "controller": pod.metadata.ownerReferences[0].controller = nil
        default: pod.metadata.finalizers = []
        }
        pod.finish(.failed, exitCode: 1, at: cluster.now)
        cluster.send(.podChanged(pod))
        cluster.send(.podDeleted(uid: "someone"))
        cluster.send(.podCreateFailed(uid: "nobody", message: ""))
        #expect(cluster.status.failed == 0)
        #expect(cluster.reasons == ["SuccessfulCreate"])
    }

    @Test("A pod that has the Job as its controller is taken over")
    func adopted() {
        var cluster = Cluster.started {
            $0.completions = 2; $0.parallelism = 1
        }
        var pod = cluster.pods[0]
        pod.metadata.uid = "mine"
        pod.finish(.succeeded, exitCode: 0, at: cluster.now)
        cluster.send(.podChanged(pod))
        #expect(cluster.status.succeeded == 1)
        cluster.succeed(0)
        #expect(cluster.verdict == "Complete: CompletionsReached")
    }

    @Test("statusChanged comes when the status is another one, and only then")
    func statusChanged() {
        var cluster = Cluster.started()
        #expect(cluster.statusChanges == 1)
        cluster.send(.resync)
        cluster.send(.podChanged(cluster.pods[0]))
        #expect(cluster.statusChanges == 1)
        cluster.run(0)
        #expect(cluster.statusChanges == 2)
    }

    @Test("A finished Job is taken in as finished")
    func finishedBefore() {
        var job = Cluster.job()
        var condition = JobCondition(type: .complete)
        condition.reason = "CompletionsReached"
        job.status.conditions = [condition]
        var cluster = Cluster(job: job)
        cluster.send(.resync)
        #expect(cluster.last.isEmpty)
    }

    @Test("A Job whose end was decided before goes on to that end")
    func decidedBefore() {
        var job = Cluster.job()
        var condition = JobCondition(type: .failureTarget)
        condition.reason = "DeadlineExceeded"
        job.status.conditions = [condition]
        var cluster = Cluster(job: job)
        cluster.send(.resync)
        #expect(cluster.conditions == ["FailureTarget: DeadlineExceeded", "Failed: DeadlineExceeded"])
        #expect(cluster.pods.isEmpty)
    }

    @Test("A pod keeps its finalizer until the status counts it, or leaves it out; then it is released, once")
    func released() {
        var cluster = Cluster.started {
            $0.parallelism = 3; $0.completions = 3
        }
        let isTracked = { (cluster: Cluster) in
            cluster.pods.map { $0.metadata.finalizers.contains(JobKey.tracking) }
        }
        #expect(isTracked(cluster) == [true, true, true])
        cluster.succeed(0)
        #expect(isTracked(cluster) == [false, true, true])
        let order = cluster.last.map { intent in
            switch intent {
            case .statusChanged: "status"
            case .releasePod(let uid): uid
            default: "other"
            }
        }
        #expect(order == ["status", cluster.pods[0].metadata.uid])
        cluster.failCreation(1)
        #expect(isTracked(cluster)[1], "it was never there")
        cluster.change { $0.suspend = true }
        #expect(isTracked(cluster)[2] == false)
        cluster.reap()
        #expect(!cluster.last.contains { if case .releasePod = $0 { true } else { false } })
    }
}
