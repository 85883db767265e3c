// SPDX-License-Identifier: Apache-2.0

import JobController
import KubernetesAPI
import Testing

struct IndexedTests {
    static func indexed(_ completions: Int32, parallelism: Int32 = 1, _ edit: (inout JobSpec) -> Void = { _ in })
        -> Cluster
    {
        Cluster.started {
            $0.completionMode = .indexed
            $0.completions = completions
            $0.parallelism = parallelism
            edit(&$0)
        }
    }

    @Test("Each index has its pod, the lowest missing one first")
    func order() {
        var cluster = Self.indexed(5, parallelism: 3)
        #expect(cluster.indexes == ["0", "1", "2"])
        cluster.succeed(1)
        #expect(cluster.indexes == ["0", "1", "2", "3"])
        cluster.fail(0)
        cluster.advance(10)
        #expect(cluster.indexes == ["0", "1", "2", "3", "0"])
        cluster.succeed(2)
        cluster.succeed(3)
        cluster.succeed(4)
        #expect(cluster.indexes.last == "4")
        #expect(cluster.status.completedIndexes == "0-3")
        cluster.succeed(5)
        #expect(cluster.status.completedIndexes == "0-4")
        #expect(cluster.verdict == "Complete: CompletionsReached")
        #expect(cluster.status.succeeded == 5)
        #expect(cluster.status.failed == 1)
    }

    @Test("A pod knows its index by name, host name, label, annotation and environment")
    func identity() {
        let pod = Self.indexed(3, parallelism: 3).pods[2]
        #expect(pod.metadata.name.hasPrefix("work-2-"))
        #expect(pod.metadata.name.count == "work-2-".count + 5)
        #expect(pod.spec.hostname == "work-2")
        #expect(pod.metadata.labels["batch.kubernetes.io/job-completion-index"] == "2")
        #expect(pod.metadata.annotations["batch.kubernetes.io/job-completion-index"] == "2")
        let variable = pod.spec.containers[0].env.last
        #expect(variable?.name == "JOB_COMPLETION_INDEX")
        #expect(variable?.fieldRef?.fieldPath == "metadata.labels['batch.kubernetes.io/job-completion-index']")
    }

    @Test("All init containers and containers get the variable, but for those that have one of that name")
    func variable() {
        var mine = Container()
        mine.name = "mine"
        mine.env = [EnvVar(name: "JOB_COMPLETION_INDEX", value: "seven")]
        var first = Container()
        first.name = "first"
        let pod = Self.indexed(1) {
            $0.template.spec.containers.append(mine)
            $0.template.spec.initContainers = [first]
        }.pods[0]
        #expect(pod.spec.containers.map(\.env.count) == [1, 1])
        #expect(pod.spec.containers[1].env[0].value == "seven")
        #expect(pod.spec.initContainers[0].env[0].fieldRef != nil)
    }

    @Test("More completions bring more indexes; fewer forget those beyond, and running ones there end uncounted")
    func elastic() {
        var cluster = Self.indexed(4, parallelism: 4)
        for place in [1, 3] { cluster.succeed(place) }
        #expect(cluster.status.completedIndexes == "1,3")
        cluster.change {
            $0.completions = 2; $0.parallelism = 2
        }
        #expect(cluster.status.completedIndexes == "1")
        #expect(cluster.last.contains { if case .statusChanged = $0 { true } else { false } })
        #expect(cluster.status.succeeded == 1)
        #expect(cluster.deleted == [cluster.pods[2].metadata.uid])
        cluster.reap()
        #expect(cluster.status.failed == 0)
        cluster.change {
            $0.completions = 5; $0.parallelism = 5
        }
        #expect(cluster.indexes == ["0", "1", "2", "3", "2", "3", "4"])
        for place in [0, 4, 5, 6] { cluster.succeed(place) }
        #expect(cluster.verdict == "Complete: CompletionsReached")
        #expect(cluster.status.completedIndexes == "0-4")
    }

    @Test("Of two pods of one index the one that got less far is deleted, uncounted")
    func duplicate() {
        var cluster = Self.indexed(2, parallelism: 2)
        var twin = cluster.pods[0]
        twin.metadata.uid = "twin"
        twin.metadata.name = "work-0-twin0"
        twin.status.phase = .running
        twin.spec.nodeName = "node"
        cluster.send(.podChanged(twin))
        #expect(cluster.deleted == [cluster.pods[0].metadata.uid])
        cluster.reap()
        #expect(cluster.status.failed == 0)
        #expect(cluster.status.active == 2)
        twin.finish(.succeeded, exitCode: 0, at: cluster.now)
        cluster.send(.podChanged(twin))
        #expect(cluster.status.completedIndexes == "0")
    }

    @Test("A pod of the Job without an index, or with one out of range, is deleted and counts as nothing")
    func strays() {
        var cluster = Self.indexed(2, parallelism: 2)
        for (uid, index) in [("a", "2"), ("b", "no number"), ("c", nil)] {
            var stray = cluster.pods[0]
            stray.metadata.uid = uid
            stray.metadata.annotations[JobKey.completionIndex] = index
            cluster.send(.podChanged(stray))
            stray.finish(.succeeded, exitCode: 0, at: cluster.now)
            cluster.send(.podChanged(stray))
        }
        #expect(cluster.deleted == ["a", "b", "c"])
        #expect(cluster.status.succeeded == 0)
        #expect(cluster.status.failed == 0)
    }

    @Test("An index that succeeds twice is one success")
    func twice() {
        var cluster = Self.indexed(3, parallelism: 3)
        cluster.deleteByUser(0)
        cluster.advance(10)
        #expect(cluster.indexes == ["0", "1", "2", "0"])
        cluster.succeed(0)  // counted as failed when its deletion began
        cluster.succeed(3)
        #expect(cluster.status.succeeded == 1)
        #expect(cluster.status.failed == 1)
        #expect(cluster.status.completedIndexes == "0")
    }

    @Test("A Job that was begun by another controller goes on where it was")
    func resumed() {
        var job = Cluster.job {
            $0.completionMode = .indexed; $0.completions = 4; $0.parallelism = 2
        }
        job.status.startTime = Cluster.start
        job.status.completedIndexes = "0,2"
        job.status.succeeded = 2
        job.status.failed = 3
        var cluster = Cluster(job: job)
        cluster.send(.resync)
        #expect(cluster.indexes == ["1", "3"])
        cluster.succeed(0)
        cluster.succeed(1)
        #expect(cluster.status.completedIndexes == "0-3")
        #expect(cluster.status.failed == 3)
        #expect(cluster.verdict == "Complete: CompletionsReached")
    }
}
