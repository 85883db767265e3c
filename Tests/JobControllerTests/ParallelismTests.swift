// SPDX-License-Identifier: Apache-2.0

import JobController
import KubernetesAPI
import Testing

struct ParallelismTests {
    @Test("parallelism 0 ends active pods and makes none; the Job stays without an end, and not suspended")
    func zero() {
        var cluster = Cluster.started {
            $0.parallelism = 2; $0.completions = 5
        }
        cluster.change { $0.parallelism = 0 }
        #expect(cluster.deleted.count == 2)
        cluster.reap()
        #expect(cluster.status.failed == 0)
        #expect(cluster.conditions == [])
        #expect(cluster.controller.stall == .noParallelism)
        #expect(cluster.wakesAt == nil)
        cluster.change { $0.parallelism = 1 }
        #expect(cluster.controller.stall == nil)
        #expect(cluster.status.active == 1)
    }

    @Test("A Job created with parallelism 0 says so from its first sync on, not before")
    func fromTheStart() {
        var cluster = Cluster {
            $0.parallelism = 0; $0.completions = 1
        }
        #expect(cluster.controller.stall == nil)
        cluster.send(.resync)
        #expect(cluster.controller.stall == .noParallelism)
        #expect(cluster.status.startTime == Cluster.start)
    }

    @Test("Too many pods: what has got least far goes first")
    func preference() {
        var cluster = Cluster.started {
            $0.parallelism = 7; $0.completions = 7
        }
        cluster.advance(1)
        cluster.run(0)
        cluster.advance(1)
        cluster.run(1)
        cluster.run(2, ready: false)
        cluster.pods[3].spec.nodeName = "node"
        cluster.send(.podChanged(cluster.pods[3]))
        cluster.restart(4, times: 1)
        cluster.restart(5, times: 0)
        // No node: 6 (pending), 4 (running, restarted), 5 (running). With one: 3 (pending), 2 (not ready), 1 (ready for
        // less long), 0.
        var order: [Int] = []
        for parallelism in stride(from: 6 as Int32, through: 0, by: -1) {
            cluster.change { $0.parallelism = parallelism }
            order.append(cluster.pods.firstIndex { $0.metadata.uid == cluster.deleted.last }!)
        }
        #expect(cluster.deleted.count == 7)
        #expect(order == [6, 4, 5, 3, 2, 1, 0])
    }

    @Test("Of equal pods the newest goes first")
    func newest() {
        var cluster = Cluster.started {
            $0.parallelism = 1; $0.completions = 3
        }
        cluster.advance(1)
        cluster.change { $0.parallelism = 2 }
        cluster.change { $0.parallelism = 1 }
        #expect(cluster.deleted == [cluster.pods[1].metadata.uid])
    }

    @Test("A higher parallelism makes pods at once")
    func scaleUp() {
        var cluster = Cluster.started {
            $0.parallelism = 1; $0.completions = 600
        }
        cluster.change { $0.parallelism = 600 }
        #expect(cluster.status.active == 600)
        #expect(Set(cluster.pods.map(\.metadata.name)).count == 600)
        #expect(Set(cluster.pods.map(\.metadata.uid)).count == 600)
    }

    @Test("A sync deletes or creates, never both, and comes back at once for the rest")
    func either() {
        var cluster = IndexedTests.indexed(4, parallelism: 4)
        cluster.fail(0)
        cluster.now = cluster.now + .seconds(10)
        cluster.change {
            $0.completions = 3; $0.parallelism = 3
        }  // index 3 is too many, index 0 is missing
        #expect(cluster.deleted == [cluster.pods[3].metadata.uid])
        #expect(cluster.pods.count == 4)
        #expect(cluster.wakesAt == 10)
        cluster.advance(0)
        #expect(cluster.indexes == ["0", "1", "2", "3", "0"])
        #expect(cluster.wakesAt == nil)
    }

    @Test("The same when the very first news is a pod too many")
    func eitherAtFirst() {
        var cluster = Cluster {
            $0.completionMode = .indexed; $0.completions = 2; $0.parallelism = 2
        }
        var stray = Pod()
        stray.metadata.uid = "stray"
        stray.metadata.finalizers = [JobKey.tracking]
        var owner = OwnerReference()
        owner.uid = cluster.controller.job.metadata.uid
        owner.controller = true
        stray.metadata.ownerReferences = [owner]
        cluster.send(.podChanged(stray))
        #expect(cluster.deleted == ["stray"])
        #expect(cluster.pods.isEmpty)
        cluster.advance(0)
        #expect(cluster.indexes == ["0", "1"])
    }
}
