// SPDX-License-Identifier: Apache-2.0

import CLinux
import JobController
import KubernetesAPI
import Linux
import PodPlan
import PodPlanning

/// The inside of a run: what it holds open, its Jobs and pods, and the loop over what happens.
final class RunLoop {
    /// How long supervisors may take to clean up after their pods' ends.
    static let cleanUpTime = Duration.seconds(10)

    let options: RunOptions
    unowned let observer: any RunObserver
    let clock = BootClock()
    let state: StateDirectory
    let runs: OwnedDescriptor
    var directory: RunDirectory
    let epoll: Epoll
    let timer: ClockTimer
    let signals: SignalDescriptor
    let starter: Starter
    var logs: LogRetention
    var userRanges: UserRanges
    var planner: PodPlanner
    private let configs = ConfigObjects()
    var random = SystemRandomNumberGenerator()
    var events = EventLog()

    var cronJobs: [CronJobEntry] = []
    /// Only where there are CronJobs.
    var cronClock: CronClock?
    /// Those of a CronJob only as long as it keeps them.
    var jobs: [JobEntry] = []
    var pods: [PodEntry] = []
    var barePods: [PodEntry] = []
    var podsByUID: [String: PodEntry] = [:]
    var peers = Peers()
    var network: PodNetwork?
    /// nil: only what is here is used.
    let pulls: ImagePulls?
    let nodeLabels: NodeLabels
    /// nil as long as no pod asks for anything of it.
    var node: SchedulingNode?
    /// In the order of their creation.
    var waiting: [Waiting] = []
    /// Some pod has given back what one of `waiting` may be waiting for.
    var hasNewRoom = false
    /// The addresses that a new pod gets; none while a pod's network is its loopback.
    var addresses: (Pod) -> [String] = { _ in [] }
    /// Pods with a supervisor, by the word that epoll gives back.
    var supervised: [UInt64: PodEntry] = [:]
    private var nextToken = Token.first
    private var starterToken: UInt64 = 0
    /// Events that the Jobs' controllers have not seen yet.
    var pending: [(job: JobEntry, event: JobEvent)] = []
    /// The same for CronJobs.
    var pendingCron: [(cronJob: CronJobEntry, event: CronJobEvent)] = []
    /// Pods that end or are killed: those with a `forcedAt`.
    var forced: [PodEntry] = []
    var armed: Timestamp?
    var nextTick: Timestamp?
    /// What has just been read from a supervisor.
    let received = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    /// Signals that asked for an end so far.
    var interruptions = 0
    var interruptedBy: CInt?
    /// Supervisors are asked to go, whatever their pods do.
    var closingUntil: Timestamp?

    enum Token {
        static let signals: UInt64 = 0
        static let timer: UInt64 = 1
        static let cronTimer: UInt64 = 2
        static let pulls: UInt64 = 3
        static let first: UInt64 = 16
    }

    init(options: RunOptions, sources: Run.PlanSources, observer: any RunObserver) throws(RunError) {
        let executable = try findPodExecutable(options.podExecutable)
        let state = try StateDirectory(options.stateDirectory)
        let runs = try state.directory("runs")
        let id = "\(getpid())-\(BootClock().now)"
        let directory = try RunDirectory(id, in: runs, at: state.path + "/runs")
        // It starts up while we go on.
        let starter = try Starter(executable: executable, lock: directory.lock.rawValue)
        let host = try HostFacts.gather(nodeName: options.nodeName, stateDirectory: state.path)
        nodeLabels = NodeLabels(nodeName: host.nodeName, added: options.nodeLabels)
        var settings = PlanSettings(
            podsDirectory: directory.podsDirectory, logsDirectory: state.path + "/" + LogRetention.directory)
        settings.restartBackoffBaseMilliseconds = options.restartBackoff.base.wholeNanoseconds / 1_000_000
        settings.restartBackoffCapMilliseconds = options.restartBackoff.cap.wholeNanoseconds / 1_000_000
        settings.storageIntervalMilliseconds = options.storageInterval.wholeNanoseconds / 1_000_000
        settings.forwardOutput = options.forwardOutput
        let pulls = try Self.pulls(options)
        self.pulls = pulls
        let images = pulls.map { sources.images.telling($0) } ?? sources.images
        planner = PodPlanner(
            host: host, settings: settings, images: images, filters: sources.filters, configs: configs.source)
        logs = LogRetention(logs: try state.directory(LogRetention.directory), maximum: options.keptLogsMaximum)
        userRanges = UserRanges(state: state.path)
        epoll = try attempt("make", "an epoll descriptor") { () throws(Errno) in try Epoll() }
        timer = try attempt("make", "a timer") { () throws(Errno) in try ClockTimer(.boot) }
        signals = try attempt("make", "a signal descriptor") { () throws(Errno) in
            try SignalDescriptor([SIGINT, SIGTERM, SIGHUP])
        }
        self.options = options
        self.observer = observer
        self.state = state
        self.runs = runs
        self.directory = directory
        self.starter = starter
        try watch(timer.descriptor.rawValue, Token.timer)
        try watch(signals.descriptor.rawValue, Token.signals)
        if let pulls { try watch(pulls.puller.event.rawValue, Token.pulls) }
        try watchStarter()
    }

    private static func pulls(_ options: RunOptions) throws(RunError) -> ImagePulls? {
        guard let settings = options.pulls else { return nil }
        return try attempt("make", "an event") { () throws(Errno) in
            ImagePulls(try ImagePuller(settings, stateDirectory: options.stateDirectory))
        }
    }

    func takeToken() -> UInt64 {
        nextToken += 1
        return nextToken
    }

    /// Each starter has a word of its own: an event of an earlier one, still to be handled, means nothing any more.
    private func watchStarter() throws(RunError) {
        starterToken = takeToken()
        try watch(starter.socket, starterToken)
    }

    deinit { received.deallocate() }

    func watch(_ descriptor: CInt, _ token: UInt64) throws(RunError) {
        try attempt("watch", "a descriptor") { () throws(Errno) in
            try epoll.add(descriptor, Epoll.readable, token: token)
        }
    }

    var now: Timestamp { Timestamp(nanoseconds: clock.now) }

    func run(_ objects: [RunObject]) throws(RunError) -> RunOutcome {
        do throws(RunError) {
            let busy = sweep()
            // Before any pod: what keeps one from having it keeps all.
            if options.network == .bridge, objects.contains(where: \.needsNetwork) { network = try PodNetwork() }
            if network == nil, objects.contains(where: \.needsHostPorts) {
                throw .contradiction(
                    problem: "a pod has a hostPort, and there is no network: leave --network none out")
            }
            // What pods use is there before them.
            for object in objects where !object.runs { try add(object) }
            for object in objects where object.runs { try add(object) }
            try loop()
            try closeSupervisors()
            if busy { _ = sweep() }
            try removeTraces()
            return outcome(objects)
        } catch {
            abandon()
            throw error
        }
    }

    private func add(_ object: RunObject) throws(RunError) {
        switch object {
        case .job(var job):
            if job.metadata.namespace.isEmpty { job.metadata.namespace = options.namespace }
            job.prepareForCreate(uid: randomUUID(using: &random), now: now, random: random.next())
            begin(job, of: nil)
        case .cronJob(var cronJob):
            if cronJob.metadata.namespace.isEmpty { cronJob.metadata.namespace = options.namespace }
            try add(cronJob)
        case .pod(var pod):
            if pod.metadata.namespace.isEmpty { pod.metadata.namespace = options.namespace }
            pod.prepareForCreate(uid: randomUUID(using: &random), now: now, random: random.next())
            create(pod, for: nil)
        case .configMap(let object): configs.add(object, namespace: namespace(of: object.metadata))
        case .secret(let object): configs.add(object, namespace: namespace(of: object.metadata))
        case .service: break
        }
    }

    /// - Parameter job: created, with its UID.
    func begin(_ job: Job, of cronJob: CronJobEntry?) {
        let entry = JobEntry(JobController(job: job, backoff: options.jobBackoff), of: cronJob)
        jobs.append(entry)
        observer.jobChanged(entry.job)
        pending.append((entry, .resync))
    }

    private func namespace(of metadata: ObjectMeta) -> String {
        metadata.namespace.isEmpty ? options.namespace : metadata.namespace
    }

    private func loop() throws(RunError) {
        var ready: [Epoll.Event] = []
        while true {
            // Those that wait come before those that are about to be made.
            repeat {
                placeWaiting()
                carryOut()
            } while hasNewRoom || !pending.isEmpty
            if isDone { return }
            tellPeers()
            try armTimer()
            ready.removeAll(keepingCapacity: true)
            try wait(&ready)
            for event in ready { try handle(event) }
        }
    }

    func wait(_ ready: inout [Epoll.Event]) throws(RunError) {
        try attempt("wait for", "events") { () throws(Errno) in
            _ = try epoll.wait(milliseconds: -1) { ready.append($0) }
        }
    }

    func handle(_ event: Epoll.Event) throws(RunError) {
        switch event.token {
        case Token.signals: try takeSignals()
        case Token.timer: try takeTimer()
        case Token.cronTimer: try takeCronTimer()
        case Token.pulls: takePulls()
        case starterToken: try restartStarter()
        default:
            guard let entry = supervised[event.token] else { return }
            if event.isWritable { flush(entry) }
            if event.isReadable || event.isHangUp { receive(entry) }
        }
    }

    /// Everything is decided, and no pod is running.
    private var isDone: Bool {
        cronJobs.allSatisfy { $0.verdict != nil } && jobs.allSatisfy { $0.verdict != nil }
            && supervised.values.allSatisfy { $0.life == .ended }
            && barePods.allSatisfy { $0.verdict != nil }
    }

    func restartStarter() throws(RunError) {
        try starter.restart()
        try watchStarter()
        observer.noticed(.restartedStarter)
        if let next = network?.next { try starter.prepare(next.plan) }
    }
}
