// SPDX-License-Identifier: Apache-2.0

import JobController
import KubernetesAPI
import Testing

/// What a change of the spec does, and what another controller's Job and a finished one do: nothing.
struct UpdateTests {
    @Test("A change of what is immutable is refused as a whole")
    func immutable() {
        var cluster = Cluster.started {
            $0.completions = 3; $0.parallelism = 1
        }
        cluster.change {
            $0.completions = 5; $0.parallelism = 2
        }
        #expect(cluster.controller.job.spec.completions == 3)
        #expect(cluster.controller.job.spec.parallelism == 1)
        #expect(cluster.pods.count == 1)
        cluster.change { $0.template.spec.containers[0].image = "other" }
        #expect(cluster.controller.job.spec.template.spec.containers[0].image == "busybox")
        cluster.change { $0.parallelism = 2 }
        #expect(cluster.pods.count == 2)
    }

    @Test("Before its first start a suspended Job may be given other labels; its pods have them")
    func template() {
        var cluster = Cluster.started { $0.suspend = true }
        cluster.change { $0.template.metadata.annotations["a"] = "b" }
        cluster.change { $0.suspend = false }
        #expect(cluster.pods[0].metadata.annotations["a"] == "b")
        cluster.change { $0.suspend = true }
        cluster.change { $0.template.metadata.annotations["a"] = "c" }
        #expect(cluster.controller.job.spec.template.metadata.annotations["a"] == "b")
    }

    @Test("Of a Job with another managedBy nothing is done, whatever happens", arguments: ["acme.io/foo", nil])
    func managedBy(manager: String?) {
        var cluster = Cluster.started { $0.managedBy = manager ?? JobSpec.ownController }
        #expect(cluster.pods.isEmpty == (manager != nil))
        #expect((cluster.status == JobStatus()) == (manager != nil))
        #expect(cluster.controller.stall == manager.map { .managed(by: $0) })
        cluster.change { $0.parallelism = 2 }
        cluster.send(.resync)
        #expect(cluster.pods.isEmpty == (manager != nil))
        #expect(cluster.events.isEmpty == (manager != nil))
        #expect(cluster.statusChanges == (manager == nil ? 1 : 0))
    }

    @Test("ttlSecondsAfterFinished counts from the end; then the Job is to be deleted, once")
    func ttl() {
        var cluster = Cluster.started { $0.ttlSecondsAfterFinished = 60 }
        cluster.advance(5)
        cluster.succeed(0)
        #expect(cluster.wakesAt == 65)
        let status = cluster.status
        cluster.advance(59)
        #expect(!cluster.isJobDeleted)
        cluster.advance(1)
        #expect(cluster.isJobDeleted)
        cluster.isJobDeleted = false
        cluster.send(.resync)
        cluster.advance(100)
        #expect(!cluster.isJobDeleted)
        #expect(cluster.status == status)
    }

    @Test("ttlSecondsAfterFinished 0 is at once; it can be set and changed after the end")
    func ttlChanged() {
        var cluster = Cluster.started { $0.ttlSecondsAfterFinished = 0 }
        cluster.succeed(0)
        cluster.advance(0)
        #expect(cluster.isJobDeleted)
        var later = Cluster.started { $0.backoffLimit = 0 }
        later.fail(0)
        #expect(later.wake == nil)
        later.change { $0.ttlSecondsAfterFinished = 100 }
        #expect(later.wakesAt == 100)
        later.change { $0.ttlSecondsAfterFinished = 50 }
        #expect(later.wakesAt == 50)
        later.advance(50)
        #expect(later.isJobDeleted)
    }

    @Test("UIDs that a status holds as seen and not yet counted are counted at once, and never again")
    func uncounted() {
        var job = Cluster.job {
            $0.completions = 5; $0.parallelism = 1
        }
        var uncounted = UncountedTerminatedPods()
        uncounted.succeeded = ["a"]
        uncounted.failed = ["b", "c"]
        job.status.uncountedTerminatedPods = uncounted
        job.status.succeeded = 1
        var cluster = Cluster(job: job)
        cluster.send(.resync)
        var again = cluster.pods[0]
        again.metadata.uid = "a"
        again.finish(.succeeded, exitCode: 0, at: cluster.now)
        cluster.send(.podChanged(again))
        #expect(cluster.status.succeeded == 2)
        #expect(cluster.status.failed == 2)
        #expect(cluster.status.uncountedTerminatedPods == UncountedTerminatedPods())
    }
}
