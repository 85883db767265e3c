// SPDX-License-Identifier: Apache-2.0

import CLinux
import ControlPlane
import JobController
import KubernetesAPI
import Linux
import Testing

extension WholeRuns {
    struct RunTests {
        @Test("A Job of one pod runs to completion, and its words arrive")
        func completes() throws {
            let fixture = try RunFixture()
            let watcher = Watcher()
            let outcome = try fixture.run(
                [job("one", ["sh", "-c", "echo hello; echo $HOSTNAME; hostname"])], watcher: watcher)
            let result = try outcome.onlyJob
            #expect(result.verdict == .complete)
            #expect(result.job.status.succeeded == 1 && result.job.status.active == 0)
            let pod = try #require(outcome.pods.first)
            let name = pod.pod.metadata.name
            #expect(watcher.allOutput == ["hello\n\(name)\n\(name)\n"])
            #expect(watcher.phases[name]?.last == .succeeded)
            #expect(pod.pod.status.containerStatuses[0].end?.exitCode == 0)
            #expect(pod.pod.status.qosClass == .bestEffort)
            #expect(pod.containers[0].attempts.count == 1)
            let reasons = outcome.events.filter { $0.involvedKind == "Pod" }.map(\.reason)
            #expect(reasons == ["Scheduled", "Pulled", "Created", "Started"])
            #expect(try fixture.scratch.names("state/logs/pods") == [])
        }

        @Test("Failed pods are replaced up to backoffLimit, and their logs are kept")
        func fails() throws {
            let fixture = try RunFixture()
            let outcome = try fixture.run([job("bad", ["sh", "-c", "echo no; exit 3"]) { $0.spec.backoffLimit = 2 }])
            let result = try outcome.onlyJob
            #expect(
                result.verdict
                    == .failed(reason: "BackoffLimitExceeded", message: "Job has reached the specified backoff limit"))
            #expect(result.job.status.failed == 3)
            #expect(outcome.pods.map { $0.pod.status.containerStatuses[0].end?.exitCode } == [3, 3, 3])
            for pod in outcome.pods {
                #expect(pod.logsKept)
                let log = try OwnedDescriptor.open(pod.logPath(container: "main", restartCount: 0), O_RDONLY)
                #expect(String(decoding: try log.readAll(limit: 1 << 16), as: UTF8.self).hasSuffix(" stdout F no\n"))
            }
        }

        @Test("A container over its memory limit is OOMKilled, and how much it used is told")
        func outOfMemory() throws {
            let fixture = try RunFixture()
            let outcome = try fixture.run([
                job("oom", ["tail", "/dev/zero"]) {
                    $0.spec.backoffLimit = 0
                    $0.spec.template.spec.containers[0].resources.limits["memory"] = mebibytes(32)
                }
            ])
            let pod = try #require(outcome.pods.first)
            #expect(pod.pod.status.containerStatuses[0].end?.reason == "OOMKilled")
            #expect(pod.pod.status.containerStatuses[0].end?.exitCode == 137)
            #expect(pod.containers[0].attempts[0].oomKills > 0)
            #expect(pod.containers[0].attempts[0].peakMemoryBytes > 16 << 20)
            #expect(pod.containers[0].memoryLimitBytes == 32 << 20)
        }

        @Test("A Job past its deadline fails, and its pod is ended")
        func deadline() throws {
            let fixture = try RunFixture()
            let outcome = try fixture.run([job("late", ["sleep", "1000"]) { $0.spec.activeDeadlineSeconds = 1 }])
            #expect(
                try outcome.onlyJob.verdict
                    == .failed(reason: "DeadlineExceeded", message: "Job was active longer than specified deadline"))
            #expect(outcome.pods.map(\.deleted) == [true])
            #expect(outcome.pods[0].pod.status.phase == .failed)
        }

        @Test("Twenty pods, five at a time")
        func parallel() throws {
            let fixture = try RunFixture()
            var running: Set<String> = []
            var most = 0
            let watcher = Watcher { record in
                if record.pod.status.phase.isTerminal {
                    running.remove(record.pod.metadata.name)
                } else {
                    running.insert(record.pod.metadata.name)
                }
                most = max(most, running.count)
            }
            let outcome = try fixture.run(
                [
                    job("many", ["true"]) {
                        $0.spec.completions = 20
                        $0.spec.parallelism = 5
                    }
                ], watcher: watcher)
            #expect(try outcome.onlyJob.job.status.succeeded == 20)
            #expect(outcome.pods.count == 20)
            #expect(most == 5)
        }

        @Test("Each index has its number in the environment and in the host name")
        func indexed() throws {
            let fixture = try RunFixture()
            let watcher = Watcher()
            let outcome = try fixture.run(
                [
                    job("ix", ["sh", "-c", "echo $JOB_COMPLETION_INDEX $(hostname)"]) {
                        $0.spec.completions = 3
                        $0.spec.parallelism = 3
                        $0.spec.completionMode = .indexed
                    }
                ], watcher: watcher)
            #expect(try outcome.onlyJob.job.status.completedIndexes == "0-2")
            #expect(watcher.allOutput == ["0 ix-0\n", "1 ix-1\n", "2 ix-2\n"])
        }

        @Test("With OnFailure the container is restarted in its pod; the earlier attempt is remembered")
        func onFailure() throws {
            let fixture = try RunFixture()
            let outcome = try fixture.run([
                job("again", ["sh", "-c", "[ -e /data/seen ] || { : >/data/seen; exit 7; }"]) {
                    $0.spec.template.spec.restartPolicy = .onFailure
                    var volume = Volume()
                    volume.name = "data"
                    $0.spec.template.spec.volumes = [volume]
                    var mount = VolumeMount()
                    mount.name = "data"
                    mount.mountPath = "/data"
                    $0.spec.template.spec.containers[0].volumeMounts = [mount]
                }
            ])
            #expect(try outcome.onlyJob.verdict == .complete)
            let pod = try #require(outcome.pods.first)
            #expect(pod.pod.status.containerStatuses[0].restartCount == 1)
            #expect(pod.containers[0].attempts.map(\.terminated.exitCode) == [7, 0])
            #expect(pod.logsKept)
        }

        @Test("A suspended Job and one without parallelism are told at once, and no pod is made")
        func stalls() throws {
            let fixture = try RunFixture()
            let watcher = Watcher()
            let outcome = try fixture.run(
                [
                    job("paused", ["true"]) { $0.spec.suspend = true },
                    job("idle", ["true"]) {
                        $0.spec.parallelism = 0
                        $0.spec.completions = 1
                    },
                ], watcher: watcher)
            #expect(outcome.jobs.count == 2 && outcome.pods.isEmpty)
            for job in outcome.jobs {
                guard case .stalled = job.verdict else {
                    Issue.record("\(job.job.metadata.name): \(job.verdict)")
                    continue
                }
            }
            #expect(watcher.notices.count == 2)
        }

        @Test("An image that isn't here ends the run with the kubelet's reason; the pod waits as it would for ever")
        func missingImage() throws {
            let fixture = try RunFixture()
            let watcher = Watcher()
            let outcome = try fixture.run(
                [
                    job("gone", ["true"]) {
                        $0.spec.template.spec.containers[0].image = "gone"
                        $0.spec.template.spec.containers[0].imagePullPolicy = .never
                    }
                ], watcher: watcher)
            guard case .stuck(let reason, let message) = try outcome.onlyJob.verdict else {
                Issue.record("not stuck")
                return
            }
            #expect(reason == "ErrImageNeverPull" && message.contains("berth image import"))
            #expect(outcome.pods[0].pod.status.phase == .pending)
            #expect(outcome.events.map(\.reason).contains("ErrImageNeverPull"))
            #expect(try outcome.onlyJob.job.status.conditions.isEmpty)
        }

        @Test("A volume that cannot be mounted ends the run with its reason")
        func missingVolume() throws {
            let fixture = try RunFixture()
            let outcome = try fixture.run([
                job("unmounted", ["true"]) {
                    var source = HostPathVolumeSource()
                    source.path = "/nonexistent-berth-volume"
                    source.type = .directory
                    var volume = Volume()
                    volume.name = "v"
                    volume.source = .hostPath(source)
                    $0.spec.template.spec.volumes = [volume]
                    var mount = VolumeMount()
                    mount.name = "v"
                    mount.mountPath = "/v"
                    $0.spec.template.spec.containers[0].volumeMounts = [mount]
                }
            ])
            guard case .stuck("FailedMount", let message) = try outcome.onlyJob.verdict else {
                Issue.record("\(try outcome.onlyJob.verdict)")
                return
            }
            #expect(message.contains("/nonexistent-berth-volume is not a directory"))
        }

        @Test("A bare pod is run, too; its exit decides")
        func barePod() throws {
            let fixture = try RunFixture()
            var pod = Pod()
            pod.metadata.name = "bare"
            pod.spec = podSpec(["sh", "-c", "exit 5"])
            pod.spec.restartPolicy = .never
            pod.applyDefaults()
            let outcome = try fixture.run([.pod(pod)])
            #expect(
                outcome.barePods.map(\.verdict)
                    == [.failed(reason: "Error", message: "container main ended with exit code 5")])
        }

        @Test("hostUsers: false gives the pod a range of ids of its own")
        func userNamespace() throws {
            let fixture = try RunFixture()
            let watcher = Watcher()
            let outcome = try fixture.run(
                [
                    job("mapped", ["sh", "-c", "id -u; cat /proc/self/uid_map"]) {
                        $0.spec.template.spec.hostUsers = false
                    }
                ], watcher: watcher)
            #expect(try outcome.onlyJob.verdict == .complete)
            let words = watcher.allOutput.first?.split(whereSeparator: \.isWhitespace).map(String.init)
            #expect(words == ["0", "0", "1879048192", "65536"])
        }
    }
}
