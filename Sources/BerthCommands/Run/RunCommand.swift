// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CLinux
import ControlPlane
import JobController
import KubernetesAPI
import Manifest

/// `berth run`.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Runs Jobs, CronJobs and Pods and waits until they have ended.",
        discussion: """
            FILE is a manifest with one or more batch/v1 Jobs and CronJobs and v1 Pods, and the v1 ConfigMaps and Secrets \
            that they use; `-` is standard input. With --image a Job is \
            made from the flags instead. The containers' output goes to standard output, progress and the summary to \
            standard error. With a CronJob the run goes on until it is interrupted; times count from its start. \
            --from runs one of its Jobs at once instead.

            EXAMPLES
              berth run job.yaml
              berth run --from cronjob/report cronjob.yaml
              berth run --backoff-base 100ms --backoff-cap 1s --junit report.xml job.yaml
              berth run --image busybox --memory 64Mi -- sh -c 'echo hello'
              berth run --image host --volume .:/work --workdir /work --exit-code -- make test

            EXIT STATUS
              0 every Job is complete   1 one failed   2 bad input   4 no progress by itself (suspended, parallelism 0)
              125 Berth itself failed   130 interrupted   with --exit-code and one pod: the container's own
            """)

    enum LogStyle: String, ExpressibleByArgument, CaseIterable { case raw, prefix, none }

    @OptionGroup var global: GlobalOptions

    @Argument(
        help: ArgumentHelp(
            "Manifests to run; - reads standard input. With --image, after --: what to execute.", valueName: "file"))
    var operands: [String] = []

    @Option(
        name: [.customShort("f"), .customLong("filename")],
        help: ArgumentHelp("A manifest to run, as kubectl takes it.", valueName: "file"))
    var filenames: [String] = []

    @Option(
        help: ArgumentHelp(
            "Run one Job of this CronJob now, whatever its schedule says, and nothing else; --name names it.",
            valueName: "cronjob/name"))
    var from: String?

    @OptionGroup(title: "A Job without YAML") var flags: JobFlags

    @OptionGroup var pulling: PullOptions

    @Option(
        help: ArgumentHelp("First delay of retries and restarts (default: 10s, as Kubernetes).", valueName: "duration"))
    var backoffBase: String?

    @Option(
        help: ArgumentHelp("Longest delay (default: 10m between pods, 5m between restarts).", valueName: "duration"))
    var backoffCap: String?

    @Option(
        help: ArgumentHelp(
            "What pods have beside their loopback: an address in a network of all pods (bridge), or nothing (none). "
                + "BERTH_NETWORK sets the default.", valueName: "bridge|none"))
    var network: RunOptions.Network = .byDefault

    @Option(
        help: ArgumentHelp(
            "A label that this machine has as the node of its cluster, for nodeSelector and node affinity.",
            valueName: "key=value"))
    var nodeLabel: [String] = []

    @Option(help: .hidden) var storageInterval: String?

    /// How far the clock of CronJobs is ahead of the host's.
    @Option(help: .hidden) var cronClockAhead: String?

    @Option(help: "What becomes of the containers' output; by default raw while pods run one at a time, else prefix.")
    var logs: LogStyle?

    @Option(
        name: [.short, .long], help: "Print the final Jobs and Pods as a v1 List; nothing else goes to standard output."
    )
    var output: OutputFormat?

    @Option(help: ArgumentHelp("Write a JUnit report: a test case for each attempt of a pod.", valueName: "file"))
    var junit: String?

    @Flag(help: "With one pod: end with the exit code of its container.")
    var exitCode = false

    @Flag(help: "Keep the logs of pods that succeed, too.")
    var keepLogs = false

    func validate() throws {
        if flags.image == nil {
            if let flag = flags.givenWithoutImage.first(where: { from == nil || $0 != "--name" }) {
                throw ValidationError("\(flag) goes with --image NAME")
            }
            if flags.dryRun {
                throw ValidationError("--dry-run goes with --image NAME; `berth validate FILE` checks a manifest")
            }
            if operands.isEmpty && filenames.isEmpty {
                throw ValidationError(
                    "nothing to run: name a manifest (berth run job.yaml) or an image (berth run --image busybox -- true)"
                )
            }
        } else if from != nil {
            throw ValidationError("--image makes the Job itself; --from goes with a manifest")
        } else if let file = filenames.first {
            throw ValidationError("--image makes the Job itself; run the manifest \(file) without it")
        }
        _ = try backoff
        _ = try nodeLabels
    }

    func run() throws {
        if !flags.dryRun { Run.PlanSources.compileFiltersAhead() }
        let objects = try objects()
        if flags.dryRun {
            for case .job(let job) in objects {
                print(ObjectList.render([job.write()], as: output ?? .yaml, list: false), terminator: "")
            }
            return
        }
        let session = try RunSession(objects: objects, settings: try settings(for: objects))
        let status = try session.run()
        if status != 0 { throw ExitCode(status) }
    }

    private func objects() throws -> [RunObject] {
        var reader = ManifestInput()
        if let image = flags.image {
            var random = SystemRandomNumberGenerator()
            reader.add(try flags.job(image: image, command: operands, random: &random))
        } else {
            for file in operands + filenames { try reader.read(file) }
        }
        var objects = try reader.objects()
        if let from { objects = try ManualJob(source: from, name: flags.name).objects(among: objects) }
        let elsewhere = objects.compactMap(\.problemWithItsNode)
        guard elsewhere.isEmpty else {
            throw CommandFailure.badInput(elsewhere.map(\.escapedForTerminal).joined(separator: "\n"))
        }
        guard objects.contains(where: \.runs) else {
            throw CommandFailure.badInput("there is no Job and no Pod in it, nor a CronJob, so nothing to run")
        }
        return objects
    }

    /// What a flag says; nil when it was not given.
    private func duration(_ flag: String, _ text: String?) throws -> Duration? {
        guard let text else { return nil }
        guard let duration = parseDuration(text) else {
            throw ValidationError("\(flag) \(text): not a duration, like 100ms, 10s or 1m30s")
        }
        return duration
    }

    /// The two delays, each nil when its flag was not given.
    private var backoff: (base: Duration?, cap: Duration?) {
        get throws {
            return (try duration("--backoff-base", backoffBase), try duration("--backoff-cap", backoffCap))
        }
    }

    private var nodeLabels: [String: String] {
        get throws {
            var labels: [String: String] = [:]
            for text in nodeLabel {
                let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                guard parts.count == 2 else {
                    throw ValidationError("--node-label \(text): not a label, like pool=batch")
                }
                if let problem = RunOptions.problem(ofNodeLabel: parts[0], value: parts[1]) {
                    throw ValidationError("--node-label \(text): \(problem)")
                }
                labels[parts[0]] = parts[1]
            }
            return labels
        }
    }

    private func settings(for objects: [RunObject]) throws -> RunSession.Settings {
        var options = RunOptions()
        options.stateDirectory = global.stateDirectory
        options.network = network
        options.nodeLabels = try nodeLabels
        options.keepLogs = keepLogs ? .all : .failed
        options.pulls = try pulling.settings()
        let delays = try backoff
        for path in [\RunOptions.jobBackoff, \RunOptions.restartBackoff] {
            if let base = delays.base { options[keyPath: path].base = base }
            if let cap = delays.cap { options[keyPath: path].cap = cap }
            options[keyPath: path].cap = max(options[keyPath: path].cap, options[keyPath: path].base)
        }
        if let interval = try duration("--storage-interval", storageInterval) { options.storageInterval = interval }
        if let ahead = try duration("--cron-clock-ahead", cronClockAhead) { options.cronClockOffset = ahead }
        let style = logs ?? (output != nil ? .none : oneAtATime(objects) ? .raw : .prefix)
        options.forwardOutput = style != .none
        return RunSession.Settings(
            options: options, logs: style, output: output, junit: junit, passesExitCode: exitCode)
    }

    /// No two containers can write at the same time.
    private func oneAtATime(_ objects: [RunObject]) -> Bool {
        let running = objects.filter(\.runs)
        guard running.count == 1 else { return false }
        switch running[0] {
        case .cronJob: return false
        case .configMap, .secret, .service: return true
        case .pod(let pod): return pod.spec.containers.count == 1
        case .job(let job):
            let parallelism = job.spec.parallelism ?? 1
            return job.spec.template.spec.containers.count == 1
                && min(parallelism, job.spec.completions ?? parallelism) <= 1
        }
    }
}
