// SPDX-License-Identifier: Apache-2.0

import CLinux
import ControlPlane
import KubernetesAPI
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
            outcome = try Run(objects: objects, options: settings.options, observer: self).run()
        } catch let error as RunError {
            progress.clear()
            throw CommandFailure.berth("\(error)")
        }
        flushOutput()
        progress.clear()
        let summary = RunSummary(outcome: outcome, color: progress.usesColor)
        for line in summary.lines { progress.line(line) }
        for command in annotations?.report(outcome) ?? [] { standardError.write(command + "\n") }
        if let junit = settings.junit { try JUnitReport(outcome).write(to: junit) }
        if let format = settings.output {
            let values = outcome.jobs.map { $0.job.write() } + outcome.pods.map { $0.pod.write() }
            standardOutput.write(ObjectList.render(values, as: format, list: true))
        }
        return ExitStatusRule(passesExitCode: settings.passesExitCode).status(of: outcome)
    }

    // MARK: RunObserver

    func jobChanged(_ job: Job) {
        let before = jobs.updateValue(job, forKey: job.metadata.uid)
        if before == nil {
            progress.line("job/\(job.metadata.name) started")
        } else if let last = job.status.conditions.last, last.status == .true, before?.status.conditions.last != last,
            last.type == .failureTarget || last.type == .suspended
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

    func eventRecorded(_ event: Event) {}

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
        summary.pods = "\(live.count) running"
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
