// SPDX-License-Identifier: Apache-2.0

import JobController
import KubernetesAPI
import Testing

struct EventTests {
    func lines(_ cluster: Cluster) -> [String] {
        cluster.events.map { "\($0.type.rawValue) \($0.reason) \($0.message)" }
    }

    @Test("Events are the Job's, from job-controller, with the time of the sync")
    func identity() {
        let cluster = Cluster.started()
        let event = cluster.events[0]
        #expect(event.involvedKind == "Job")
        #expect(event.involvedName == "work")
        #expect(event.involvedUID == cluster.controller.job.metadata.uid)
        #expect(event.source == "job-controller")
        #expect(event.firstTimestamp == Cluster.start)
        #expect(event.lastTimestamp == Cluster.start)
        #expect(event.count == 1)
    }

    @Test("A Job that completes")
    func complete() {
        var cluster = Cluster.started()
        cluster.succeed(0)
        #expect(
            lines(cluster) == [
                "Normal SuccessfulCreate Created pod: \(cluster.pods[0].metadata.name)",
                "Normal Completed Job completed",
            ])
    }

    @Test("A Job that fails: pods are deleted at once, its end is told once, after the final status")
    func failed() {
        var cluster = Cluster.started {
            $0.parallelism = 2; $0.completions = 2; $0.backoffLimit = 0
        }
        cluster.fail(0)
        let names = cluster.pods.map(\.metadata.name)
        #expect(lines(cluster).last == "Normal SuccessfulDelete Deleted pod: \(names[1])")
        cluster.end(1, .failed, exitCode: 137)
        let kinds = cluster.last.map { intent in
            switch intent {
            case .statusChanged: "status"
            case .record(let event): event.reason
            default: "other"
            }
        }
        #expect(kinds == ["status", "BackoffLimitExceeded"])
        #expect(
            lines(cluster).last == "Warning BackoffLimitExceeded Job has reached the specified backoff limit")
    }

    @Test("The deadline, suspension and a pod that can't be made")
    func others() {
        var cluster = Cluster.started { $0.activeDeadlineSeconds = 3 }
        cluster.failCreation(0, "fork: Cannot allocate memory")
        cluster.change { $0.suspend = true }
        cluster.change { $0.suspend = false }
        cluster.advance(3)
        cluster.reap()
        let names = cluster.pods.map(\.metadata.name)
        #expect(
            lines(cluster) == [
                "Normal SuccessfulCreate Created pod: \(names[0])",
                "Warning FailedCreate Error creating: fork: Cannot allocate memory",
                "Normal Suspended Job suspended",
                "Normal Resumed Job resumed",
                "Normal SuccessfulCreate Created pod: \(names[1])",
                "Normal SuccessfulDelete Deleted pod: \(names[1])",
                "Warning DeadlineExceeded Job was active longer than specified deadline",
            ])
    }

    @Test("More successes than wanted are told before the end")
    func tooMany() {
        var cluster = Cluster.started()
        var other = cluster.pods[0]
        other.metadata.uid = "other"
        cluster.send(.podChanged(other))
        // One of the two is surplus and deleted, so let both end before the controller can know: a third arrives ended.
        var third = other
        third.metadata.uid = "third"
        third.finish(.succeeded, exitCode: 0, at: cluster.now)
        cluster.send(.podChanged(third))
        #expect(cluster.conditions == ["SuccessCriteriaMet: CompletionsReached"])
        var fourth = third
        fourth.metadata.uid = "fourth"
        cluster.send(.podChanged(fourth))
        cluster.reap()
        cluster.send(.podDeleted(uid: "other"))
        cluster.vanish(0)
        #expect(cluster.status.succeeded == 2)
        #expect(cluster.reasons.suffix(2) == ["TooManySucceededPods", "Completed"])
    }
}
