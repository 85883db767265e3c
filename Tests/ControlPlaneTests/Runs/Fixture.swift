// SPDX-License-Identifier: Apache-2.0

import CLinux
import ControlPlane
import ImageStore
import JobController
import KubernetesAPI
import Linux
import PodPlan
import PodPlanning
import Sandbox
import Testing

/// Where `berth-pod` is: `BERTH_POD`, beside `BERTH_BIN`, or in this package's debug build.
let podExecutable: String? = {
    func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
    var places: [String] = []
    if let pod = variable("BERTH_POD") { places.append(pod) }
    if let berth = variable("BERTH_BIN") { places.append(berth + "-pod") }
    places.append(#filePath.split(separator: "/").dropLast(4).reduce("") { $0 + "/" + $1 } + "/.build/debug/berth-pod")
    return places.first { access($0, X_OK) == 0 }
}()

/// Debian's static busybox: the image of these tests.
let busybox = "/bin/busybox"

let canRun = geteuid() == 0 && podExecutable != nil && access(busybox, X_OK) == 0

/// Runs with real pods. One after the other: some kill what `berth-pod` processes there are.
@Suite(.serialized, .enabled(if: canRun, "needs root, a built berth-pod and a static /bin/busybox"))
enum WholeRuns {}

/// A state directory and an image for the runs of one test; afterwards nothing is left, or the test has failed.
final class RunFixture {
    let scratch: Scratch
    private let layer: String

    init() throws {
        scratch = try Scratch()
        layer = scratch.path + "/image"
        for path in [
            layer, layer + "/bin", layer + "/tmp", layer + "/proc", layer + "/sys", layer + "/dev", layer + "/etc",
        ] {
            try retrying { mkdir(path, 0o755) }
        }
        let binary = try OwnedDescriptor.open(busybox, O_RDONLY).readAll(limit: 16 << 20)
        let copy = try OwnedDescriptor.open(layer + "/bin/busybox", O_WRONLY | O_CREAT, mode: 0o755)
        try binary.withUnsafeBytes { try copy.writeAll($0) }
        for name in ["sh", "true", "false", "sleep", "echo", "cat", "tail", "hostname", "printf", "id", "dd"] {
            try retrying { [layer] in symlink("busybox", "\(layer)/bin/\(name)") }
        }
        try scratch.write("image/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n")
    }

    var state: String { scratch.path + "/state" }

    var options: RunOptions {
        var options = RunOptions()
        options.stateDirectory = state
        options.podExecutable = podExecutable
        options.forwardOutput = true
        options.jobBackoff = JobBackoff(base: .milliseconds(50), cap: .milliseconds(50))
        options.restartBackoff = options.jobBackoff
        return options
    }

    var sources: Run.PlanSources {
        let layer = layer
        return Run.PlanSources(
            images: ImageSource { reference throws(ImageSource.Failure) in
                guard reference == "busybox" else { return .absent }
                let image = StoredImage(reference: reference, id: "bind:\(layer)", layers: [layer])
                return .present(image, Accounts(passwd: Array("root:x:0:0:root:/root:/bin/sh\n".utf8), group: nil))
            }, filters: FilterSource())
    }

    /// Runs to the end and checks that nothing is left but kept logs.
    func run(
        _ objects: [RunObject], watcher: Watcher = Watcher(), options change: (inout RunOptions) -> Void = { _ in }
    ) throws -> RunOutcome {
        var options = options
        change(&options)
        let outcome = try Run(objects: objects, options: options, sources: sources, observer: watcher).run()
        #expect(try scratch.names("state/runs") == [])
        let uids = Set(outcome.pods.map(\.pod.metadata.uid))
        #expect(try cgroups().filter { uids.contains(String($0.prefix(36))) } == [])
        #expect(try children() == [])
        return outcome
    }

    /// The zygotes of this place's runs: they keep the run's lock open.
    func children() throws -> [pid_t] { try ControlPlaneTests.children(holding: scratch.path) }

    /// All containers' cgroups of this host, whoever's.
    func cgroups() throws -> [String] {
        var names: [String] = []
        _ = try CgroupHierarchy.detect().sweep { name in
            names.append(name)
            return false
        }
        return names
    }
}

/// Keeps what it is told, and may do something at a change of a pod.
final class Watcher: RunObserver {
    var output: [String: String] = [:]
    var notices: [RunNotice] = []
    var jobs: [Job] = []
    var phases: [String: [PodStatus.Phase]] = [:]
    var cronJobs: [CronJob] = []
    var events: [Event] = []
    var removedJobs: [Job] = []
    var removedPods: [PodRecord] = []
    var onPod: (PodRecord) -> Void
    /// After everything that is told.
    var onAny: (Watcher) -> Void = { _ in }

    init(onPod: @escaping (PodRecord) -> Void = { _ in }) { self.onPod = onPod }

    func jobChanged(_ job: Job) {
        jobs.append(job)
        onAny(self)
    }

    func cronJobChanged(_ cronJob: CronJob, next: Timestamp?) { cronJobs.append(cronJob) }

    func jobRemoved(_ job: Job) {
        removedJobs.append(job)
        onAny(self)
    }

    func podRemoved(_ record: PodRecord) {
        removedPods.append(record)
        onAny(self)
    }

    func podChanged(_ record: PodRecord) {
        let name = record.pod.metadata.name
        if phases[name]?.last != record.pod.status.phase { phases[name, default: []].append(record.pod.status.phase) }
        onPod(record)
        onAny(self)
    }

    func podWrote(_ record: PodRecord, container: String, stream: OutputStream, bytes: [UInt8]) {
        output[record.pod.metadata.name, default: ""] += String(decoding: bytes, as: UTF8.self)
    }

    func eventRecorded(_ event: Event) {
        events.append(event)
        onAny(self)
    }
    func noticed(_ notice: RunNotice) { notices.append(notice) }

    var allOutput: [String] { output.values.sorted() }
}

/// A Job of one container `main`, as it is after defaulting.
func job(_ name: String, _ command: [String], _ change: (inout Job) -> Void = { _ in }) -> RunObject {
    var job = Job()
    job.metadata.name = name
    job.spec.template.spec = podSpec(command)
    job.spec.template.spec.restartPolicy = .never
    change(&job)
    job.applyDefaults()
    return .job(job)
}

func podSpec(_ command: [String]) -> PodSpec {
    var container = Container()
    container.name = "main"
    container.image = "busybox"
    container.command = command
    var spec = PodSpec()
    spec.containers = [container]
    spec.terminationGracePeriodSeconds = 1
    return spec
}

func mebibytes(_ count: Int64) -> Quantity { Quantity(nanos: Int128(count << 20) * 1_000_000_000, format: .binarySI) }

/// The `berth-pod` processes that this one has started and that hold something of that place, while a run goes on.
///
/// Other suites run in this process at the same time. What they have just forked holds copies of all that is open here,
/// but is not that program.
func children(holding place: String) throws -> [pid_t] {
    var program = stat()
    let path = try #require(podExecutable)
    try retrying { stat(path, &program) }
    return try children(of: getpid()).filter { child in
        var running = stat()
        guard stat("/proc/\(child)/exe", &running) == 0, running.st_dev == program.st_dev,
            running.st_ino == program.st_ino,
            let directory = try? OwnedDescriptor.open("/proc/\(child)/fd", O_RDONLY | O_DIRECTORY),
            let names = try? directory.names()
        else { return false }  // another program, or it has ended meanwhile
        return names.contains { name in
            var target = [UInt8](repeating: 0, count: 4096)
            let count = readlinkat(directory.rawValue, name, &target, target.count)
            return count > 0 && String(decoding: target[..<count], as: UTF8.self).hasPrefix(place + "/")
        }
    }
}

func children(of pid: pid_t) throws -> [pid_t] {
    var result: [pid_t] = []
    for thread in try OwnedDescriptor.open("/proc/\(pid)/task", O_RDONLY | O_DIRECTORY).names() {
        let bytes = try OwnedDescriptor.open("/proc/\(pid)/task/\(thread)/children", O_RDONLY).readAll(limit: 1 << 16)
        result += String(decoding: bytes, as: UTF8.self).split(separator: " ").compactMap { pid_t($0) }
    }
    return result
}

extension RunOutcome {
    var onlyJob: JobResult { get throws { try #require(jobs.count == 1 ? jobs.first : nil) } }
}

extension ContainerStatus {
    var end: ContainerStateTerminated? { if case .terminated(let end) = state { end } else { nil } }
}
