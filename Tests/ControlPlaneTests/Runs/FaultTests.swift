// SPDX-License-Identifier: Apache-2.0

import CLinux
import ControlPlane
import JobController
import KubernetesAPI
import Linux
import Sandbox
import Testing

extension WholeRuns {
    struct FaultTests {
        private func isRunning(_ record: PodRecord) -> Bool {
            record.pod.status.containerStatuses.contains { if case .running = $0.state { true } else { false } }
        }

        @Test("A signal ends the pods with their grace, a second one at once; nothing is left")
        func interrupt() throws {
            for signals in 1...2 {
                let fixture = try RunFixture()
                var sent = 0
                let watcher = Watcher { [self] record in
                    guard isRunning(record), sent < signals else { return }
                    sent += 1
                    pthread_kill(pthread_self(), SIGINT)
                }
                // Ignores SIGTERM, so that only the grace period's end or the second signal ends it.
                let outcome = try fixture.run(
                    [
                        job("long", ["sh", "-c", "trap '' TERM; while :; do sleep 1; done"]) {
                            $0.spec.template.spec.terminationGracePeriodSeconds = signals == 1 ? 1 : 600
                        }
                    ], watcher: watcher)
                #expect(try outcome.onlyJob.verdict == .interrupted)
                #expect(outcome.interruptedBy == SIGINT)
                #expect(outcome.pods[0].pod.status.containerStatuses[0].end?.exitCode == 137)
                #expect(try outcome.onlyJob.job.status.active == 0)
                #expect(watcher.notices.first == .stopping(pods: 1))
                #expect(watcher.notices.contains(.killing(pods: 1)) == (signals == 2))
            }
        }

        @Test("A bare pod with restartPolicy Always runs until it is interrupted")
        func barePodForEver() throws {
            let fixture = try RunFixture()
            var pod = Pod()
            pod.metadata.name = "server"
            pod.spec = podSpec(["sh", "-c", "exit 0"])
            pod.applyDefaults()
            var interrupted = false
            let watcher = Watcher { record in
                guard record.pod.status.containerStatuses.first?.restartCount == 2, !interrupted else { return }
                interrupted = true
                pthread_kill(pthread_self(), SIGTERM)
            }
            let outcome = try fixture.run([.pod(pod)], watcher: watcher)
            #expect(outcome.barePods.map(\.verdict) == [.interrupted])
            #expect(outcome.interruptedBy == SIGTERM)
        }

        @Test("A killed supervisor takes its pod with it, and the pod is counted once as failed")
        func supervisorKilled() throws {
            let fixture = try RunFixture()
            var killed = 0
            let watcher = Watcher { [self] record in
                guard isRunning(record), killed == 0 else { return }
                for starter in (try? fixture.children()) ?? [] {
                    for supervisor in (try? children(of: starter)) ?? [] {
                        kill(supervisor, SIGKILL)
                        killed += 1
                    }
                }
            }
            let outcome = try fixture.run(
                [job("lost", ["sh", "-c", "[ $HOSTNAME = x ] || sleep 600"]) { $0.spec.backoffLimit = 0 }],
                watcher: watcher)
            // With the one that waits for the next pod.
            #expect(killed >= 1)
            #expect(try outcome.onlyJob.job.status.failed == 1)
            #expect(outcome.pods.count == 1)
            #expect(outcome.pods[0].pod.status.containerStatuses[0].end?.reason == "ContainerStatusUnknown")
            #expect(watcher.notices.contains(.lost(pod: outcome.pods[0].pod.metadata.name)))
        }

        @Test("A pod that is lost was disrupted: a podFailurePolicy can ignore that, and it is tried again")
        func lossIgnored() throws {
            let fixture = try RunFixture()
            var killed = false
            let watcher = Watcher { [self] record in
                guard isRunning(record), !killed else { return }
                for starter in (try? fixture.children()) ?? [] {
                    for supervisor in (try? children(of: starter)) ?? [] { kill(supervisor, SIGKILL) }
                }
                killed = true
            }
            let lost = job("lost", ["sleep", "1"]) {
                $0.spec.backoffLimit = 0
                var pattern = PodFailurePolicyOnPodConditionsPattern()
                pattern.type = "DisruptionTarget"
                var rule = PodFailurePolicyRule()
                rule.action = .ignore
                rule.onPodConditions = [pattern]
                $0.spec.podFailurePolicy = PodFailurePolicy()
                $0.spec.podFailurePolicy?.rules = [rule]
            }
            let outcome = try fixture.run([lost], watcher: watcher)
            let status = try outcome.onlyJob.job.status
            #expect(killed)
            #expect(status.succeeded == 1 && status.failed == 0)
            #expect(outcome.pods.map(\.pod.status.phase) == [.failed, .succeeded])
            #expect(outcome.pods.allSatisfy { $0.pod.metadata.finalizers == [] })
        }

        @Test("When the starter is killed, running pods go on and later ones are started by a new one")
        func starterKilled() throws {
            let fixture = try RunFixture()
            var running: Set<String> = []
            let watcher = Watcher { [self] record in
                // Once, when both of the first two are running.
                guard isRunning(record), running.insert(record.pod.metadata.uid).inserted, running.count == 2 else {
                    return
                }
                for starter in (try? fixture.children()) ?? [] { kill(starter, SIGKILL) }
            }
            let outcome = try fixture.run(
                [
                    job("on", ["sleep", "0.2"]) {
                        $0.spec.completions = 4
                        $0.spec.parallelism = 2
                    }
                ], watcher: watcher)
            #expect(try outcome.onlyJob.verdict == .complete)
            #expect(watcher.notices == [.restartedStarter])
            #expect(outcome.pods.count == 4)
        }

        @Test("What a run that was cut off left behind goes with the next one: processes, cgroups, directories")
        func sweep() throws {
            let fixture = try RunFixture()
            let uid = "0badcafe-2222-4333-8444-\(Int64(getpid()) + 100_000_000_000)"
            try #require(uid.utf8.count == 36)
            for path in ["", "/runs", "/runs/dead", "/runs/dead/pods", "/runs/dead/pods/\(uid)"] {
                try retrying { mkdir(fixture.state + path, 0o700) }
            }
            try fixture.scratch.write("state/runs/dead/lock", "")
            try fixture.scratch.write("state/runs/dead/uids", uid + "\n")
            let hierarchy = try CgroupHierarchy.detect()
            var limits = CgroupLimits()
            limits.pidsMax = 10
            _ = try hierarchy.makeCgroup(named: uid + ".main.0", limits: limits)
            #expect(try fixture.cgroups().contains(uid + ".main.0"))
            let watcher = Watcher()
            _ = try fixture.run([job("next", ["true"])], watcher: watcher)
            #expect(watcher.notices == [.swept(runs: 1)])
            #expect(try !fixture.cgroups().contains(uid + ".main.0"))
        }

        @Test(
            "When berth itself is killed, with or without its supervisors, the next start leaves nothing of its pods",
            arguments: [false, true])
        func controlPlaneKilled(supervisorsToo: Bool) throws {
            let fixture = try RunFixture()
            try fixture.scratch.write("job.yaml", sleepingJob)
            let berth = try ChildProcess.start(
                try #require(berthExecutable),
                arguments: [
                    "berth", "run", "--state-dir", fixture.state, "--logs", "none", "\(fixture.scratch.path)/job.yaml",
                ], descriptors: [])
            let uids = try waitForPods(3, fixture)
            let starters = try children(of: berth.process.pid)
            let supervisors = try starters.flatMap { try children(of: $0) }
            // One more may be waiting for a next pod.
            #expect(starters.count == 1 && supervisors.count >= 3)
            for pid in supervisorsToo ? starters + supervisors : [] { kill(pid, SIGKILL) }
            try berth.process.send(signal: SIGKILL)
            _ = try berth.reap(wait: true)
            while (starters + supervisors).contains(where: isAlive) { clinux_sleep_microseconds(1000) }
            if supervisorsToo { #expect(try !cgroups(of: uids, fixture).isEmpty) }

            let watcher = Watcher()
            _ = try fixture.run([job("next", ["true"])], watcher: watcher)
            #expect(watcher.notices == [.swept(runs: 1)])
            #expect(try cgroups(of: uids, fixture) == [])
        }

        private var berthExecutable: String? {
            guard let pod = podExecutable, pod.hasSuffix("-pod") else { return nil }
            return String(pod.dropLast(4))
        }

        private var sleepingJob: String {
            """
            apiVersion: batch/v1
            kind: Job
            metadata: {name: sleeping}
            spec:
              completions: 3
              parallelism: 3
              template:
                spec:
                  restartPolicy: Never
                  containers:
                  - {name: main, image: busybox, command: [sleep, "600"]}
            """
        }

        /// Waits until so many pods have a cgroup, and gives their UIDs.
        private func waitForPods(_ count: Int, _ fixture: RunFixture) throws -> Set<String> {
            for _ in 0..<10_000 {
                clinux_sleep_microseconds(1000)
                guard access(fixture.state + "/runs", F_OK) == 0,
                    let run = try fixture.scratch.names("state/runs").first
                else { continue }
                let path = "\(fixture.state)/runs/\(run)/uids"
                guard access(path, F_OK) == 0 else { continue }
                let bytes = try OwnedDescriptor.open(path, O_RDONLY).readAll(limit: 1 << 16)
                let uids = Set(String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init))
                if uids.count == count, try cgroups(of: uids, fixture).count >= count { return uids }
            }
            Issue.record("the pods did not start")
            return []
        }

        private func cgroups(of uids: Set<String>, _ fixture: RunFixture) throws -> [String] {
            try fixture.cgroups().filter { uids.contains(String($0.prefix(36))) }
        }

        private func isAlive(_ pid: pid_t) -> Bool {
            guard let status = try? OwnedDescriptor.open("/proc/\(pid)/stat", O_RDONLY).readAll(limit: 4096) else {
                return false
            }
            return !String(decoding: status, as: UTF8.self).contains(") Z ")
        }
    }
}
