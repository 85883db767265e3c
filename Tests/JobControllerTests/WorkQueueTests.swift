// SPDX-License-Identifier: Apache-2.0

import JobController
import KubernetesAPI
import Testing

/// Jobs with `parallelism` and without `completions`: the pods find out together when the work is done.
struct WorkQueueTests {
    @Test("The first success ends the making of pods; the Job is Complete when the others have ended")
    func firstSuccess() {
        var cluster = Cluster.started { $0.parallelism = 3 }
        #expect(cluster.pods.count == 3)
        cluster.succeed(1)
        #expect(cluster.pods.count == 3)
        #expect(cluster.conditions == [])
        #expect(cluster.deleted == [])
        cluster.succeed(0)
        cluster.succeed(2)
        #expect(cluster.verdict == "Complete: CompletionsReached")
        #expect(cluster.status.succeeded == 3)
    }

    @Test("Before the first success failed pods are replaced, after it they are not")
    func failures() {
        var cluster = Cluster.started { $0.parallelism = 2 }
        cluster.fail(0)
        cluster.advance(10)
        #expect(cluster.pods.count == 3)
        cluster.advance(1)
        cluster.succeed(1)
        cluster.fail(2)
        #expect(cluster.pods.count == 3)
        #expect(cluster.verdict == "Complete: CompletionsReached")
        #expect(cluster.status.failed == 2)
    }

    @Test("A failure after the first success can still exceed the limit")
    func exceeds() {
        var cluster = Cluster.started {
            $0.parallelism = 2; $0.backoffLimit = 0
        }
        cluster.succeed(0)
        cluster.fail(1)
        #expect(cluster.verdict == "Failed: BackoffLimitExceeded")
        #expect(cluster.status.succeeded == 1)
    }

    @Test("After the first success a lower parallelism kills none")
    func scaleDown() {
        var cluster = Cluster.started { $0.parallelism = 3 }
        cluster.succeed(0)
        cluster.change { $0.parallelism = 0 }
        #expect(cluster.deleted == [])
        #expect(cluster.controller.stall == nil)
    }
}
