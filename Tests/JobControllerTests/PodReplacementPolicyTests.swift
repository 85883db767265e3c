// SPDX-License-Identifier: Apache-2.0

import JobController
import KubernetesAPI
import Testing

struct PodReplacementPolicyTests {
    private static func failed(_ edit: (inout JobSpec) -> Void = { _ in }) -> Cluster {
        Cluster.started {
            $0.podReplacementPolicy = .failed
            edit(&$0)
        }
    }

    @Test("TerminatingOrFailed: a pod is a failure, and replaced, when its deletion begins")
    func terminating() {
        var cluster = Cluster.started { $0.podReplacementPolicy = .terminatingOrFailed }
        cluster.deleteByUser(0)
        #expect(cluster.status.failed == 1)
        cluster.advance(10)
        #expect(cluster.pods.count == 2)
        #expect(cluster.status.terminating == 1)
        cluster.succeed(0)
        #expect(cluster.status.succeeded == 0)
    }

    @Test("Failed: it is neither before it has ended, and how it ends decides")
    func failed() {
        var cluster = Self.failed()
        cluster.deleteByUser(0)
        cluster.advance(100)
        #expect(cluster.status.failed == 0)
        #expect(cluster.status.terminating == 1)
        #expect(cluster.status.active == 0)
        #expect(cluster.pods.count == 1)
        #expect(cluster.wakesAt == nil || cluster.wake == nil)
        cluster.fail(0)
        #expect(cluster.status.failed == 1)
        #expect(cluster.status.terminating == 0)
        cluster.advance(10)
        #expect(cluster.creations == [0, 110])
        cluster.deleteByUser(1)
        cluster.succeed(1)
        #expect(cluster.verdict == "Complete: CompletionsReached")
        #expect(cluster.status.failed == 1)
    }

    @Test("Failed: an index waits for its pod that is being deleted; a missing pod elsewhere is made")
    func indexed() {
        var cluster = Self.failed {
            $0.completionMode = .indexed; $0.completions = 4; $0.parallelism = 2
        }
        cluster.deleteByUser(0)
        #expect(cluster.indexes == ["0", "1"], "the pod that ends still has its place")
        cluster.succeed(1)
        #expect(cluster.indexes == ["0", "1", "2"])
        cluster.fail(0)
        cluster.advance(10)
        #expect(cluster.indexes == ["0", "1", "2", "0"])
    }

    @Test("Failed: after a resume, replacements wait for the pods of before")
    func resume() {
        var cluster = Self.failed()
        cluster.change { $0.suspend = true }
        cluster.change { $0.suspend = false }
        #expect(cluster.pods.count == 1)
        #expect(cluster.wake == nil)
        cluster.reap()
        #expect(cluster.pods.count == 2)
        #expect(cluster.status.failed == 0, "a pod that suspension has deleted is in no count")
    }

    @Test("A Job that fails counts pods that are being deleted, too, at once")
    func verdict() {
        var cluster = Self.failed {
            $0.backoffLimit = 0; $0.parallelism = 3; $0.completions = 3
        }
        cluster.deleteByUser(1)
        cluster.fail(0)
        #expect(cluster.conditions == ["FailureTarget: BackoffLimitExceeded"])
        #expect(cluster.status.failed == 3)
        cluster.succeed(1)
        cluster.reap()
        #expect(cluster.verdict == "Failed: BackoffLimitExceeded")
        #expect(cluster.status.failed == 3)
        #expect(cluster.status.succeeded == 0)
    }

    @Test("The policy can be changed while pods are being deleted")
    func changed() {
        var cluster = Self.failed {
            $0.completionMode = .indexed; $0.completions = 2; $0.parallelism = 2
        }
        cluster.deleteByUser(0)
        #expect(cluster.status.failed == 0)
        cluster.change { $0.podReplacementPolicy = .terminatingOrFailed }
        #expect(cluster.status.failed == 1)
        cluster.advance(10)
        #expect(cluster.indexes == ["0", "1", "0"])
        cluster.change { $0.podReplacementPolicy = .failed }
        cluster.succeed(2)
        cluster.succeed(1)
        #expect(cluster.conditions == ["SuccessCriteriaMet: CompletionsReached"])
        cluster.fail(0)
        #expect(cluster.verdict == "Complete: CompletionsReached")
        #expect(cluster.status.failed == 1)
    }
}
