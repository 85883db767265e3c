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
        abstract: "Runs Jobs and Pods and waits until they have ended.",
        discussion: """
            FILE is a manifest with one or more batch/v1 Jobs and v1 Pods; `-` is standard input. With --image a Job is \
            made from the flags instead. The containers' output goes to standard output, progress and the summary to \
            standard error.

            EXAMPLES
              berth run job.yaml
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

    @OptionGroup(title: "A Job without YAML") var flags: JobFlags

    @Option(
        help: ArgumentHelp("First delay of retries and restarts (default: 10s, as Kubernetes).", valueName: "duration"))
    var backoffBase: String?

    @Option(
        help: ArgumentHelp("Longest delay (default: 10m between pods, 5m between restarts).", valueName: "duration"))
    var backoffCap: String?

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
            if let flag = flags.givenWithoutImage.first { throw ValidationError("\(flag) goes with --image NAME") }
            if flags.dryRun {
                throw ValidationError("--dry-run goes with --image NAME; `berth validate FILE` checks a manifest")
            }
            if operands.isEmpty && filenames.isEmpty {
                throw ValidationError(
                    "nothing to run: name a manifest (berth run job.yaml) or an image (berth run --image busybox -- true)"
                )
            }
        } else if let file = filenames.first {
            throw ValidationError("--image makes the Job itself; run the manifest \(file) without it")
        }
        _ = try backoff
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
        return try reader.objects()
    }

    /// The two delays, each nil when its flag was not given.
    private var backoff: (base: Duration?, cap: Duration?) {
        get throws {
            func duration(_ flag: String, _ text: String?) throws -> Duration? {
                guard let text else { return nil }
                guard let duration = parseDuration(text) else {
                    throw ValidationError("\(flag) \(text): not a duration, like 100ms, 10s or 1m30s")
                }
                return duration
            }
            return (try duration("--backoff-base", backoffBase), try duration("--backoff-cap", backoffCap))
        }
    }

    private func settings(for objects: [RunObject]) throws -> RunSession.Settings {
        var options = RunOptions()
        options.stateDirectory = global.stateDirectory
        options.keepLogs = keepLogs ? .all : .failed
        let delays = try backoff
        for path in [\RunOptions.jobBackoff, \RunOptions.restartBackoff] {
            if let base = delays.base { options[keyPath: path].base = base }
            if let cap = delays.cap { options[keyPath: path].cap = cap }
            options[keyPath: path].cap = max(options[keyPath: path].cap, options[keyPath: path].base)
        }
        let style = logs ?? (output != nil ? .none : oneAtATime(objects) ? .raw : .prefix)
        options.forwardOutput = style != .none
        return RunSession.Settings(
            options: options, logs: style, output: output, junit: junit, passesExitCode: exitCode)
    }

    /// No two containers can write at the same time.
    private func oneAtATime(_ objects: [RunObject]) -> Bool {
        guard objects.count == 1 else { return false }
        switch objects[0] {
        case .pod(let pod): return pod.spec.containers.count == 1
        case .job(let job):
            let parallelism = job.spec.parallelism ?? 1
            return job.spec.template.spec.containers.count == 1
                && min(parallelism, job.spec.completions ?? parallelism) <= 1
        }
    }
}
