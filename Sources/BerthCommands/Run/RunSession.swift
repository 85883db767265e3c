// SPDX-License-Identifier: Apache-2.0

import CLinux
import ControlPlane
import KubernetesAPI
import Linux
import PodPlan

/// One `berth run` from its first line to its exit status: it watches the run and shows it.
final class RunSession: RunObserver {
    struct Settings {
        var options: RunOptions
        var logs: RunCommand.LogStyle
        var output: OutputFormat?
        var junit: String?
        var passesExitCode: Bool
    }

    private let settings: Settings
    private let objects: [RunObject]
    private let standardError = Terminal(descriptor: STDERR_FILENO, environment: environmentVariable)
    private let standardOutput = Terminal(descriptor: STDOUT_FILENO, environment: environmentVariable)
    private let progress: ProgressView
    private let began = ContinuousClock.now
    /// Their UIDs.
    private var cronJobs: Set<String> = []
    private var jobs: [String: Job] = [:]
    private var live: [String: PodRecord] = [:]
    private var settledPods: Set<String> = []
    private var logLines: PrefixedLines
    private var annotations: WorkflowCommands?

    init(objects: [RunObject], settings: Settings) throws {
        self.objects = objects
        var settings = settings
        progress = ProgressView(
            standardError: standardError, standardOutput: standardOutput, silent: settings.output != nil)
        if progress.isRedrawn {
            settings.options.memoryInterval = .milliseconds(500)
            settings.options.tickInterval = .milliseconds(100)
        }
        self.settings = settings
        logLines = PrefixedLines(color: standardOutput.usesColor)
        if environmentVariable("GITHUB_ACTIONS") != nil { annotations = WorkflowCommands() }
        if let junit = settings.junit { try JUnitReport.checkWritable(junit) }
    }

    /// Runs to the end.
    ///
    /// - Returns: the exit status.
    /// - Throws: `CommandFailure` when Berth itself fails.
    func run() throws -> Int32 {
        let outcome: RunOutcome
        do {
            // The run takes them. One that comes when it is over must not keep back what came of it.
            try OwnProcess.block(signals: [SIGINT, SIGTERM, SIGHUP])
            outcome = try Run(objects: objects, options: settings.options, observer: self).run()
        } catch let error as RunError {
            progress.clear()
            if case .contradiction = error { throw CommandFailure.badInput("\(error)") }
            throw CommandFailure.berth("\(error)")
        }
        flushOutput()
        progress.clear()
        let summary = RunSummary(outcome: outcome, color: progress.usesColor)
        for line in summary.lines { progress.line(line) }
        for command in annotations?.report(outcome) ?? [] { standardError.write(command + "\n") }
        if let junit = settings.junit { try JUnitReport(outcome).write(to: junit) }
        if let format = settings.output {
            let values =
                outcome.cronJobs.map { $0.cronJob.write() } + outcome.jobs.map { $0.job.write() }
                + outcome.pods.map { $0.pod.write() }
            standardOutput.write(ObjectList.render(values, as: format, list: true))
        }
        return ExitStatusRule(passesExitCode: settings.passesExitCode).status(of: outcome)
    }

    // MARK: RunObserver

    func cronJobChanged(_ cronJob: CronJob, next: Timestamp?) {
        guard cronJobs.insert(cronJob.metadata.uid).inserted, let next else { return }
        progress.line("cronjob/\(cronJob.metadata.name) starts its first Job at \(next.rfc3339)")
    }

    func jobRemoved(_ job: Job) {
        jobs[job.metadata.uid] = nil
        if !job.hasEnded { progress.line("job/\(job.metadata.name) deleted") }
        redraw()
    }

    func podRemoved(_ record: PodRecord) {
        live[record.pod.metadata.uid] = nil
        settledPods.remove(record.pod.metadata.uid)
    }

    func jobChanged(_ job: Job) {
        let before = jobs.updateValue(job, forKey: job.metadata.uid)
        if before == nil {
            progress.line("job/\(job.metadata.name) started")
        } else if isOfCronJob(job), job.hasEnded, before?.hasEnded == false {
            progress.line(ended(job))
        } else if let last = job.status.conditions.last, last.status == .true, before?.status.conditions.last != last,
            [.failureTarget, .suspended].contains(last.type)
                || (last.type == .successCriteriaMet && last.reason == "SuccessPolicy")
        {
            progress.line(
                "job/\(job.metadata.name) \(last.type.rawValue): \(last.reason): \(last.message)".escapedForTerminal)
        }
        redraw()
    }

    func podChanged(_ record: PodRecord) {
        let uid = record.pod.metadata.uid
        if record.pod.status.phase.isTerminal {
            live[uid] = nil
            if settledPods.insert(uid).inserted {
                flushOutput(of: record)
                progress.line(PodLine(record: record, color: progress.usesColor).text)
            }
        } else if record.deleted {
            live[uid] = nil
        } else {
            for line in PodLine.restarts(from: live[uid], to: record, color: progress.usesColor) { progress.line(line) }
            live[uid] = record
        }
        redraw()
    }

    func podWrote(_ record: PodRecord, container: String, stream: OutputStream, bytes: [UInt8]) {
        // With -o the containers' output must not be on standard output.
        let target: ProgressView.Stream =
            stream == .standardError || settings.output != nil ? .standardError : .standardOutput
        switch settings.logs {
        case .none: break
        case .raw: progress.output(bytes, to: target)
        case .prefix:
            let label =
                record.containers.count > 1 ? "\(record.pod.metadata.name)/\(container)" : record.pod.metadata.name
            let lines = logLines.add(bytes, of: label, stream: stream)
            if !lines.isEmpty { progress.output(lines, to: target) }
        }
        redraw()
    }

    private func isOfCronJob(_ job: Job) -> Bool { job.metadata.ownerReferences.contains { cronJobs.contains($0.uid) } }

    /// The summary at the end of a run that has none comes too late.
    private func ended(_ job: Job) -> String {
        let description = JobDescription(job: job, events: [], now: Timestamp(nanoseconds: 0))
        let isComplete = job.status.conditions.contains { $0.type == .complete && $0.status == .true }
        let mark = isComplete ? Color.green("✔", progress.usesColor) : Color.red("✘", progress.usesColor)
        let duration = description.duration.map { " after \($0.brief)" } ?? ""
        let reason = isComplete ? " complete" : " " + (description.verdict ?? "failed")
        return "\(mark) job/\(job.metadata.name)" + "\(reason)\(duration)".escapedForTerminal
    }

    /// Why a container was ended or isn't ready is told by nothing else; once, however often it comes. So is why a CronJob
    /// starts nothing.
    func eventRecorded(_ event: Event) {
        if event.involvedKind == "CronJob", event.type == .warning || event.reason == "JobAlreadyActive" {
            progress.line("! cronjob/\(event.involvedName) \(event.reason): \(event.message)".escapedForTerminal)
        }
        guard event.involvedKind == "Pod", event.count == 1, Self.toldReasons.contains(event.reason) else { return }
        progress.line("! pod/\(event.involvedName) \(event.reason): \(event.message)".escapedForTerminal)
    }

    private static let toldReasons: Set = [
        "Unhealthy", "ProbeWarning", "FailedPostStartHook", "FailedPreStopHook",
    ]

    func ticked() { redraw() }

    func noticed(_ notice: RunNotice) { progress.line("berth: \(notice)".escapedForTerminal) }

    // MARK: Output and the line at the bottom

    /// Writes what a pod left as an unfinished line.
    private func flushOutput(of record: PodRecord? = nil) {
        guard settings.logs == .prefix else { return }
        for (stream, bytes) in logLines.finish(pod: record?.pod.metadata.name) {
            let target: ProgressView.Stream =
                stream == .standardError || settings.output != nil ? .standardError : .standardOutput
            progress.output(bytes, to: target)
        }
    }

    private func redraw() {
        guard progress.isRedrawn else { return }
        let statuses = jobs.values.map(\.status)
        var summary = ProgressView.Summary()
        let waiting = live.values.count { $0.pod.spec.nodeName?.isEmpty ?? true }
        summary.pods = "\(live.count - waiting) running" + (waiting > 0 ? ", \(waiting) waiting" : "")
        let succeeded = statuses.reduce(0) { $0 + $1.succeeded }
        let failed = statuses.reduce(0) { $0 + $1.failed }
        if !jobs.isEmpty { summary.pods += ", \(succeeded) succeeded, \(failed) failed" }
        let containers = live.values.flatMap(\.containers)
        summary.memoryBytes = containers.reduce(0) { $0 + $1.memoryBytes }
        let limits = containers.filter { $0.memoryBytes > 0 }.map(\.memoryLimitBytes)
        if !limits.isEmpty, !limits.contains(nil) { summary.memoryLimitBytes = limits.reduce(0) { $0 + ($1 ?? 0) } }
        progress.redraw(summary, elapsed: began.duration(to: .now))
    }
}

extension Job {
    fileprivate var hasEnded: Bool {
        status.conditions.contains { $0.status == .true && [.complete, .failed].contains($0.type) }
    }
}
