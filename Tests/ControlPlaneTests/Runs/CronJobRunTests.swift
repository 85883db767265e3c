// SPDX-License-Identifier: Apache-2.0

import CLinux
import ControlPlane
import KubernetesAPI
import Linux
import Testing

extension WholeRuns {
    /// CronJobs with real pods. Their clock is set to just before a full minute where a test needs two Jobs: names tell
    /// minutes apart.
    struct CronJobRunTests {
        /// A CronJob that is due every second.
        private func cronJob(_ command: [String], _ change: (inout CronJobSpec) -> Void = { _ in }) -> RunObject {
            var cronJob = CronJob()
            cronJob.metadata.name = "tick"
            cronJob.spec.schedule = "@every 1s"
            cronJob.spec.jobTemplate.spec.template.spec = podSpec(command)
            cronJob.spec.jobTemplate.spec.template.spec.restartPolicy = .never
            cronJob.spec.jobTemplate.spec.backoffLimit = 0
            change(&cronJob.spec)
            cronJob.applyDefaults()
            return .cronJob(cronJob)
        }

        /// Runs until `done`, which is asked after everything that happens, and interrupts then.
        private func run(
            _ objects: [RunObject], secondOfMinute: Double? = nil, until done: @escaping (Watcher) -> Bool
        ) throws -> (RunOutcome, Watcher) {
            let fixture = try RunFixture()
            let watcher = Watcher()
            var isInterrupted = false
            watcher.onAny = { watcher in
                guard !isInterrupted, done(watcher) else { return }
                isInterrupted = true
                pthread_kill(pthread_self(), SIGTERM)
            }
            let outcome = try fixture.run(objects, watcher: watcher) { options in
                guard let secondOfMinute else { return }
                let rest = WallClock().now % 60_000_000_000
                options.cronClockOffset = .nanoseconds(Int64(secondOfMinute * 1e9) - rest)
            }
            let gone = Set(watcher.removedPods.map(\.pod.metadata.uid))
            #expect(try fixture.cgroups().filter { gone.contains(String($0.prefix(36))) } == [])
            #expect(gone.isDisjoint(with: outcome.pods.map(\.pod.metadata.uid)))
            return (outcome, watcher)
        }

        private func names(_ jobs: [Job]) -> [String] {
            var names: [String] = []
            for job in jobs where !names.contains(job.metadata.name) { names.append(job.metadata.name) }
            return names
        }

        @Test("A Job is started when it is due, ends, and is deleted with its pods when the history is full")
        func history() throws {
            let (outcome, watcher) = try run(
                [
                    cronJob(["echo", "tick"]) {
                        $0.successfulJobsHistoryLimit = 1
                        $0.concurrencyPolicy = .forbid  // the order of events is the same on a busy machine
                    }
                ], secondOfMinute: 56.5
            ) { !$0.removedPods.isEmpty }
            let created = names(watcher.jobs)
            #expect(created.count == 2)
            #expect(watcher.removedJobs.map(\.metadata.name) == [created[0]])
            #expect(watcher.removedPods.map(\.jobUID) == [watcher.removedJobs[0].metadata.uid])
            #expect(outcome.jobs.map(\.job.metadata.name) == [created[1]])
            #expect(outcome.jobs.map(\.verdict) == [.complete])
            #expect(outcome.pods.map(\.jobUID) == [outcome.jobs[0].job.metadata.uid])
            #expect(watcher.allOutput == ["tick\n", "tick\n"])
            let cronJob = try #require(outcome.cronJobs.first)
            #expect(cronJob.verdict == .interrupted && outcome.interruptedBy == SIGTERM)
            #expect(cronJob.cronJob.status.active.isEmpty)
            #expect(cronJob.cronJob.status.lastScheduleTime != nil)
            #expect(cronJob.cronJob.status.lastSuccessfulTime != nil)
            #expect(outcome.jobs[0].job.metadata.ownerReferences.map(\.uid) == [cronJob.cronJob.metadata.uid])
            let gone = watcher.removedJobs.map(\.metadata.uid) + watcher.removedPods.map(\.pod.metadata.uid)
            #expect(!outcome.events.contains { gone.contains($0.involvedUID) }, "nor are their events kept")
            let reasons = outcome.events.filter { $0.involvedKind == "CronJob" }.map(\.reason).filter {
                $0 != "JobAlreadyActive"
            }
            #expect(
                reasons.prefix(5) == [
                    "SuccessfulCreate", "SawCompletedJob", "SuccessfulCreate", "SuccessfulDelete", "SawCompletedJob",
                ])
        }

        @Test("Nothing is kept of Jobs with a limit of 0, however many there were")
        func nothingKept() throws {
            let (outcome, watcher) = try run([
                cronJob(["true"]) { $0.successfulJobsHistoryLimit = 0 }
            ]) { $0.removedPods.count == 3 }
            #expect(outcome.jobs.isEmpty && outcome.pods.isEmpty)
            #expect(Set(watcher.removedJobs.map(\.metadata.uid)).count == 3)
        }

        @Test("Forbid: a Job that runs keeps the next one from starting")
        func forbid() throws {
            let (outcome, watcher) = try run(
                [cronJob(["sleep", "1000"]) { $0.concurrencyPolicy = .forbid }], secondOfMinute: 56.5
            ) { $0.events.contains { $0.reason == "JobAlreadyActive" } }
            #expect(outcome.jobs.map(\.verdict) == [.interrupted])
            #expect(names(watcher.jobs).count == 1)
            #expect(watcher.cronJobs.contains { $0.status.active.count == 1 })
        }

        @Test("Replace: a Job that runs is deleted with its pods when the next one starts")
        func replace() throws {
            let (outcome, watcher) = try run(
                [cronJob(["sleep", "1000"]) { $0.concurrencyPolicy = .replace }], secondOfMinute: 56.5
            ) { $0.removedPods.count == 1 }
            let created = names(watcher.jobs)
            #expect(created.count == 2)
            #expect(watcher.removedJobs.map(\.metadata.name) == [created[0]])
            #expect(outcome.jobs.map(\.job.metadata.name) == [created[1]])
            #expect(watcher.removedPods[0].pod.status.phase == .failed)
        }

        @Test("A Job that can never start has failed, to its CronJob: the next one starts")
        func stuck() throws {
            let (outcome, watcher) = try run(
                [
                    cronJob(["true"]) {
                        $0.concurrencyPolicy = .forbid
                        $0.jobTemplate.spec.template.spec.containers[0].image = "not-there"
                    }
                ], secondOfMinute: 56.5
            ) { $0.removedPods.count == 1 }
            #expect(names(watcher.jobs).count == 2)
            guard case .stuck = try outcome.onlyJob.verdict else {
                Issue.record("it is not stuck")
                return
            }
        }

        @Test("ttlSecondsAfterFinished deletes a Job, whatever the history's limit")
        func timeToLive() throws {
            let (outcome, watcher) = try run([
                cronJob(["true"]) { $0.jobTemplate.spec.ttlSecondsAfterFinished = 1 }
            ]) { $0.removedPods.count == 1 }
            // Its name is free: the next one may have begun already.
            #expect(!outcome.jobs.contains { $0.job.metadata.uid == watcher.removedJobs[0].metadata.uid })
            #expect(!watcher.events.contains { $0.reason == "MissingJob" })
            #expect(watcher.events.contains { $0.reason == "SawCompletedJob" })
        }

        @Test("A suspended CronJob makes no progress, and no run waits for it")
        func suspended() throws {
            let fixture = try RunFixture()
            let outcome = try fixture.run([cronJob(["true"]) { $0.suspend = true }, job("beside", ["true"])])
            #expect(
                outcome.cronJobs.map(\.verdict)
                    == [.stalled(reason: "the CronJob is suspended (spec.suspend: true)")])
            #expect(try outcome.onlyJob.verdict == .complete)
        }

        @Test("Jobs beside a CronJob run, and the run goes on when they have ended")
        func beside() throws {
            let (outcome, _) = try run([job("once", ["true"]), cronJob(["true"])]) { watcher in
                watcher.jobs.filter { job in job.status.conditions.contains { $0.type == .complete } }.count == 2
            }
            #expect(outcome.jobs.map(\.verdict) == [.complete, .complete])
            #expect(outcome.verdict == .interrupted)
        }

        @Test("A name that a Job of the file has is not taken from it")
        func nameTaken() throws {
            let minute = WallClock().now / 60_000_000_000
            let others = (0...2).map { job("tick-\(minute + Int64($0))", ["sleep", "1000"]) }
            let (outcome, watcher) = try run(others + [cronJob(["true"])]) { watcher in
                watcher.events.contains { $0.reason == "FailedCreate" }
            }
            #expect(outcome.jobs.count == 3)
            let event = try #require(watcher.events.first { $0.reason == "FailedCreate" })
            #expect(
                event.message.hasSuffix("already exists") && event.message.hasPrefix("Error creating job: jobs.batch"))
        }
    }
}
