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
    let directory: RunDirectory
    let epoll: Epoll
    let timer: BootTimer
    let signals: SignalDescriptor
    let starter: Starter
    var logs: LogRetention
    var userRanges: UserRanges
    var planner: PodPlanner
    var random = SystemRandomNumberGenerator()
    var events = EventLog()

    var jobs: [JobEntry] = []
    var pods: [PodEntry] = []
    var barePods: [PodEntry] = []
    var podsByUID: [String: PodEntry] = [:]
    /// Pods with a supervisor, by the word that epoll gives back.
    var supervised: [UInt64: PodEntry] = [:]
    private var nextToken = Token.first
    private var starterToken: UInt64 = 0
    /// Events that the Jobs' controllers have not seen yet.
    var pending: [(job: JobEntry, event: JobEvent)] = []
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
        let host = try HostFacts.gather(nodeName: options.nodeName)
        var settings = PlanSettings(
            podsDirectory: directory.podsDirectory, logsDirectory: state.path + "/" + LogRetention.directory)
        settings.restartBackoffBaseMilliseconds = options.restartBackoff.base.wholeNanoseconds / 1_000_000
        settings.restartBackoffCapMilliseconds = options.restartBackoff.cap.wholeNanoseconds / 1_000_000
        settings.forwardOutput = options.forwardOutput
        planner = PodPlanner(host: host, settings: settings, images: sources.images, filters: sources.filters)
        logs = LogRetention(logs: try state.directory(LogRetention.directory), maximum: options.keptLogsMaximum)
        userRanges = UserRanges(state: state.path)
        epoll = try attempt("make", "an epoll descriptor") { () throws(Errno) in try Epoll() }
        timer = try attempt("make", "a timer") { () throws(Errno) in try BootTimer() }
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
        try watchStarter()
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
            for object in objects { add(object) }
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

    private func add(_ object: RunObject) {
        switch object {
        case .job(var job):
            if job.metadata.namespace.isEmpty { job.metadata.namespace = options.namespace }
            job.prepareForCreate(uid: uuid(), now: now, random: random.next())
            let entry = JobEntry(JobController(job: job, backoff: options.jobBackoff))
            jobs.append(entry)
            observer.jobChanged(job)
            pending.append((entry, .resync))
        case .pod(var pod):
            if pod.metadata.namespace.isEmpty { pod.metadata.namespace = options.namespace }
            pod.prepareForCreate(uid: uuid(), now: now, random: random.next())
            create(pod, for: nil)
        }
    }

    private func loop() throws(RunError) {
        var ready: [Epoll.Event] = []
        while true {
            carryOut()
            if isDone { return }
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
        case starterToken: try restartStarter()
        default:
            guard let entry = supervised[event.token] else { return }
            if event.isWritable { flush(entry) }
            if event.isReadable || event.isHangUp { receive(entry) }
        }
    }

    /// Everything is decided, and no pod is running.
    private var isDone: Bool {
        jobs.allSatisfy { $0.verdict != nil } && supervised.values.allSatisfy { $0.life == .ended }
            && barePods.allSatisfy { $0.verdict != nil }
    }

    func restartStarter() throws(RunError) {
        try starter.restart()
        try watchStarter()
        observer.noticed(.restartedStarter)
    }

    /// A random UUID (version 4), in the form that Kubernetes gives to UIDs.
    private func uuid() -> String {
        let high = random.next() & 0xffff_ffff_ffff_0fff | 0x4000
        let low = random.next() & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000
        let digits = Array((hexadecimal(high) + hexadecimal(low)).utf8)
        let parts = [digits[..<8], digits[8..<12], digits[12..<16], digits[16..<20], digits[20...]]
        return parts.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "-")
    }

    private func hexadecimal(_ word: UInt64) -> String {
        let digits = String(word, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
