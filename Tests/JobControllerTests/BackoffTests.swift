// SPDX-License-Identifier: Apache-2.0

import JobController
import KubernetesAPI
import Testing

struct BackoffTests {
    @Test(
        "The wait doubles with each failure in a row, up to its cap",
        arguments: [(0, 0), (1, 10), (2, 20), (3, 40), (6, 320), (7, 600), (8, 600), (1_000_000, 600)])
    func delays(failures: Int, seconds: Int) {
        #expect(JobBackoff.kubernetes.delay(afterFailures: failures) == .seconds(seconds))
    }

    @Test("A base of zero never waits; a base above the cap waits for the cap")
    func oddBackoffs() {
        #expect(JobBackoff(base: .zero, cap: .seconds(600)).delay(afterFailures: 2_000_000_000) == .zero)
        #expect(JobBackoff(base: .seconds(9), cap: .seconds(3)).delay(afterFailures: 1) == .seconds(3))
    }

    @Test(
        "One pod at a time that always fails: backoffLimit N allows N retries, in at least 10·(2^N − 1) seconds",
        arguments: zip(0...6, [0, 10, 30, 70, 150, 310, 630]))
    func wholeJob(limit: Int, seconds: Int64) {
        var cluster = Cluster.started { $0.backoffLimit = Int32(limit) }
        for retry in 0...limit {
            #expect(cluster.pods.count == retry + 1)
            cluster.fail(retry)
            if retry < limit { cluster.advance(10 * Double(1 << retry)) }
        }
        #expect(cluster.verdict == "Failed: BackoffLimitExceeded")
        #expect(cluster.status.failed == Int32(limit) + 1)
        #expect(cluster.elapsed == seconds)
    }

    @Test("Just before the wait ends nothing is created, at its end it is")
    func exactly() {
        var cluster = Cluster.started()
        cluster.fail(0)
        #expect(cluster.wakesAt == 10)
        cluster.advance(9.999)
        cluster.send(.resync)
        #expect(cluster.pods.count == 1)
        cluster.advance(0.001)
        #expect(cluster.creations == [0, 10])
    }

    @Test("Called too early, the controller says again when to call: a caller that forgot the time doesn't hang")
    func early() {
        var cluster = Cluster.started()
        cluster.fail(0)
        cluster.now = cluster.now + .seconds(9)
        cluster.wake = nil
        cluster.send(.resync)
        #expect(cluster.wakesAt == 10)
    }

    @Test("The wait is measured from when the pod finished, not from when that was seen")
    func fromFinish() {
        var cluster = Cluster.started()
        cluster.advance(7)
        cluster.end(0, .failed, exitCode: 1, finishedAt: Cluster.start + .seconds(1))
        #expect(cluster.wakesAt == 11)
        cluster.advance(60)
        #expect(cluster.creations == [0, 11])
    }

    @Test("Pods that fail together all add to the wait")
    func together() {
        var cluster = Cluster.started {
            $0.parallelism = 2; $0.completions = 2
        }
        cluster.fail(0)
        cluster.fail(1)
        #expect(cluster.wakesAt == 20)
    }

    @Test("While waiting no pod is created for any place; those that run go on")
    func holdsAll() {
        var cluster = Cluster.started {
            $0.parallelism = 3; $0.completions = 9
        }
        cluster.fail(0)
        cluster.succeed(1)  // finished at the same time, and no failure finished after it
        #expect(cluster.pods.count == 5)
        cluster.advance(1)
        cluster.fail(2)
        cluster.change { $0.parallelism = 9 }
        #expect(cluster.pods.count == 5)
        #expect(cluster.status.active == 2)
        cluster.advance(10)
        #expect(cluster.status.active == 8)
    }

    @Test("A success sets the count back")
    func success() {
        var cluster = Cluster.started {
            $0.completions = 3; $0.parallelism = 1
        }
        cluster.fail(0)
        cluster.advance(10)
        cluster.fail(1)
        cluster.advance(20)
        cluster.advance(1)
        cluster.succeed(2)
        #expect(cluster.pods.count == 4)
        cluster.fail(3)  // in the very moment of the success: not after it
        #expect(cluster.pods.count == 5)
        cluster.advance(1)
        cluster.fail(4)
        cluster.advance(9)
        #expect(cluster.pods.count == 5)
        cluster.advance(1)
        #expect(cluster.pods.count == 6)
    }

    @Test("News that comes late changes nothing: only finish times decide", arguments: [true, false])
    func order(successFirst: Bool) {
        var cluster = Cluster.started {
            $0.parallelism = 3; $0.completions = 5
        }
        cluster.advance(5)
        let failure = { (cluster: inout Cluster, place: Int, second: Int64) in
            cluster.end(place, .failed, exitCode: 1, finishedAt: Cluster.start + .seconds(second))
        }
        let success = { (cluster: inout Cluster) in
            cluster.end(2, .succeeded, exitCode: 0, finishedAt: Cluster.start + .seconds(3))
        }
        if successFirst { success(&cluster) }
        failure(&cluster, 1, 4)
        failure(&cluster, 0, 2)
        if !successFirst { success(&cluster) }
        #expect(cluster.wakesAt == 14)
    }

    @Test("A pod without container states finished when it ceased to be ready, or when its deletion began")
    func finishTimes() {
        var cluster = Cluster.started {
            $0.parallelism = 2; $0.completions = 2
        }
        cluster.advance(4)
        cluster.pods[0].setReady(.false, at: Cluster.start + .seconds(3))
        cluster.pods[0].status.phase = .failed
        cluster.send(.podChanged(cluster.pods[0]))
        #expect(cluster.wakesAt == 13)
        cluster.advance(1)
        cluster.deleteByUser(1, grace: 30)
        #expect(cluster.wakesAt == 25)
    }

    @Test("A pod that vanishes without a word finished when that was seen")
    func vanished() {
        var cluster = Cluster.started()
        cluster.run(0)
        cluster.advance(8)
        cluster.vanish(0)
        #expect(cluster.status.failed == 1)
        #expect(cluster.wakesAt == 18)
    }

    @Test("A pod that can't be made is no failure; the next try waits 1 s, then 2 s, 4 s, … at most 60 s")
    func creationFailure() {
        var cluster = Cluster.started { $0.backoffLimit = 0 }
        for wait in [1, 2, 4, 8, 16, 32, 60, 60] {
            let count = cluster.pods.count
            cluster.failCreation(count - 1)
            #expect(cluster.status.active == 0)
            cluster.advance(Double(wait) - 0.001)
            #expect(cluster.pods.count == count)
            cluster.advance(0.001)
            #expect(cluster.pods.count == count + 1)
        }
        #expect(cluster.status.failed == 0)
        cluster.run(cluster.pods.count - 1)
        cluster.deleteByUser(cluster.pods.count - 1)
        #expect(cluster.verdict == nil)
        cluster.vanish(cluster.pods.count - 1)
        #expect(cluster.verdict == "Failed: BackoffLimitExceeded")
    }

    @Test("Pods that can't be made together are one failed try, and one that was made ends the waiting")
    func creationFailuresTogether() {
        var cluster = Cluster.started {
            $0.parallelism = 3; $0.completions = 3
        }
        for place in 0..<3 { cluster.failCreation(place) }
        #expect(cluster.wakesAt == 1)
        cluster.advance(1)
        #expect(cluster.pods.count == 6)
        cluster.run(3)
        cluster.failCreation(4)
        #expect(cluster.wakesAt == 2)
    }
}
