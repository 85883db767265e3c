// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import PodPlan
import Sandbox

/// Carries one pod through its life: asks `PodLife` what to do, does it, tells the control plane, waits.
final class Supervisor {
    let plan: PodPlan
    let host: PodHost
    let control: ControlSocket
    let clock: BootClock
    var life: PodLife
    /// The attempt that runs, by container.
    var attempts: [Attempt?]
    /// Cgroups of attempts that are over.
    var spent: [Cgroup] = []
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
    let epoll: Epoll
    let handlers = HandlerTable()
    var probes: ProbeSchedule
    private let signals: SignalDescriptor
    private var timer: ClockTimer?
    private var timerTime: Int64?
    private var reported: PodState?
    private var controlEvents = Epoll.readable
    /// The containers' pipes are not read, because the control plane is behind.
    private(set) var isPaused = false
    private var memoryWatch: (every: Int64, next: Int64)?
    private let storageWatch: StorageWatch?

    init(
        _ plan: PodPlan, _ control: ControlSocket, _ hierarchy: CgroupHierarchy, _ origin: HostOrigin,
        interface: NetworkPlan?
    ) throws(Errno) {
        self.plan = plan
        self.control = control
        clock = BootClock()
        host = PodHost(plan, hierarchy, origin, interface: interface)
        life = PodLife(plan, now: clock.now)
        probes = ProbeSchedule(plan)
        storageWatch = StorageWatch(plan, now: clock.now)
        attempts = Array(repeating: nil, count: plan.initContainers.count + plan.containers.count)
        epoll = try Epoll()
        signals = try SignalDescriptor([SIGTERM, SIGINT, SIGHUP])
        try epoll.add(control.number, controlEvents, token: Token.control.rawValue)
        try epoll.add(signals.descriptor.rawValue, Epoll.readable, token: Token.signals.rawValue)
    }

    deinit { buffer.deallocate() }

    /// Returns when nothing of the pod is left.
    ///
    /// - Throws: what this process itself could not do; the pod has been ended all the same.
    func run() throws(Errno) {
        do throws(Errno) {
            try carry()
        } catch {
            try abandon()
            throw error
        }
    }

    private func carry() throws(Errno) {
        while true {
            let isIdle = try act()
            publish()
            control.flush()
            removeSpent()
            if control.isBroken { return try abandon() }
            if life.terminalPhase != nil && control.unsentBytes == 0 {
                try cancelHandlers()
                return cleanUp()
            }
            try setPause()
            try setControlEvents()
            try setTimer()
            try wait(milliseconds: isIdle ? -1 : 0)
        }
    }

    /// Does what is to be done now, a few rounds of it: containers that fail at once and are started again at once never
    /// leave it with nothing to do, and others want to be heard, too.
    ///
    /// - Returns: whether nothing is left.
    private func act() throws(Errno) -> Bool {
        for _ in 0..<16 {
            let intents = life.advance(now: clock.now)
            if intents.isEmpty {
                if try probe() { continue }
                return true
            }
            for intent in intents {
                switch intent {
                case .prepare: prepare()
                case .launch where life.isRestartingAll: break
                case .launch(let index): try launch(index)
                case .runHook(let id, let handler): try runHook(id, handler)
                case .cancelHook(let id): try cancelHook(id)
                case .signal(let index, let signal): try send(signal, to: index)
                case .kill(let index): try kill(index)
                case .event(let event): tell(event)
                }
            }
        }
        return false
    }

    private func prepare() {
        do throws(PodHost.Failure) {
            try host.prepare(now: clock.now)
            life.prepared()
        } catch {
            tell(PodEvent(warning: true, reason: error.reason, message: error.message))
            life.notPrepared(now: clock.now)
        }
    }

    func tell(_ event: PodEvent) { control.queue(.event(event)) }

    /// Queues the pod's state when it has changed.
    func publish() {
        let state = life.state
        guard state != reported else { return }
        reported = state
        control.queue(.status(state))
    }

    // Waiting.

    func wait(milliseconds: CInt) throws(Errno) {
        for event in try epoll.ready(milliseconds: milliseconds) {
            switch Token(event.token) {
            case .control: receive()
            case .signals: try takeSignals()
            case .timer: try takeTime()
            case .storage: try takeStorage()
            case .end(let index): try end(index)
            case .output(let index, let stream): try read(index, stream)
            case .handler(let number): try handlerEnded(number)
            case .handlerOutput(let number): try readHandler(number)
            }
        }
    }

    /// What has come from the control plane.
    private func receive() {
        control.receive(buffer) { bytes throws(WireError) in obey(try PodCommand(decoding: bytes)) }
    }

    func obey(_ command: PodCommand) {
        switch command {
        case .terminate(let seconds): life.terminate(gracePeriodSeconds: seconds, now: clock.now)
        case .watchMemory(let milliseconds):
            let every = min(max(milliseconds, 0), 86_400_000) * 1_000_000
            memoryWatch = every == 0 ? nil : (every, clock.now)
        case .replaceFile(let path, let contents):
            do throws(Errno) {
                try host.replaceFile(path, with: contents)
            } catch {
                tell(PodEvent(warning: true, reason: "FailedUpdate", message: "cannot update \(path): \(error)"))
            }
        }
    }

    /// Somebody wants us to end: so does the pod, at once.
    private func takeSignals() throws(Errno) {
        while try signals.next() != nil { life.terminate(gracePeriodSeconds: 0, now: clock.now) }
    }

    private func takeTime() throws(Errno) {
        try timer?.acknowledge()
        timerTime = nil
        try endLateHandlers()
        if let watch = storageWatch, let next = watch.next, clock.now >= next { try measureStorage(watch) }
        guard let watch = memoryWatch, clock.now >= watch.next else { return }
        memoryWatch!.next = clock.now + watch.every
        for (index, attempt) in attempts.enumerated() {
            guard let attempt else { continue }
            do throws(CgroupError) {
                life.measured(index, memoryBytes: try attempt.cgroup.statistics().memoryCurrentBytes)
            } catch {
                tell(PodEvent(warning: true, reason: "FailedStats", message: error.description))
                memoryWatch = nil
            }
        }
    }

    private func measureStorage(_ watch: StorageWatch) throws(Errno) {
        let descriptor = try watch.begin(host.storage, attempts.map { $0?.container.process.pid })
        try epoll.add(descriptor, Epoll.readable, token: Token.storage.rawValue)
    }

    /// The answer is there: what is too much ends the pod.
    private func takeStorage() throws(Errno) {
        guard let answer = try storageWatch?.take(buffer, now: clock.now) else { return }
        guard let usage = answer else {
            return tell(
                PodEvent(warning: true, reason: "FailedStats", message: "what the pod has on disk is not known"))
        }
        guard life.stopping == nil, let message = usage.excess(plan) else { return }
        tell(PodEvent(warning: true, reason: "Evicted", message: message))
        life.evict(message, now: clock.now)
    }

    /// Sets the timer to the next time at which something is to be done without a cause from outside.
    func setTimer() throws(Errno) {
        let probeTime = probes.isEmpty ? nil : probes.wakeTime(life.probeTargets)
        let time = [life.wakeTime, memoryWatch?.next, handlers.wakeTime, probeTime, storageWatch?.next].compactMap {
            $0
        }.min()
        if time == timerTime { return }
        if timer == nil {
            let fresh = try ClockTimer(.boot)
            try epoll.add(fresh.descriptor.rawValue, Epoll.readable, token: Token.timer.rawValue)
            timer = consume fresh
        }
        try timer!.set(time.map { clock.bootTime($0) })
        timerTime = time
    }

    func setControlEvents() throws(Errno) {
        let wanted = control.unsentBytes > 0 ? Epoll.readable | Epoll.writable : Epoll.readable
        if wanted == controlEvents { return }
        try epoll.modify(control.number, wanted, token: Token.control.rawValue)
        controlEvents = wanted
    }

    /// Stops or resumes the reading of the containers' output.
    func setPause() throws(Errno) {
        let limit = isPaused ? ControlSocket.highWater / 2 : ControlSocket.highWater
        let wanted = control.unsentBytes > limit
        if wanted == isPaused { return }
        isPaused = wanted
        for (index, attempt) in attempts.enumerated() {
            guard let attempt else { continue }
            for stream in [OutputStream.standardOutput, .standardError] {
                guard let pipe = attempt.output.descriptor(stream) else { continue }
                if wanted {
                    try epoll.remove(pipe)
                } else {
                    try epoll.add(pipe, Epoll.readable, token: Token.output(index, stream).rawValue)
                }
            }
        }
    }

    // The end.

    /// The control plane is gone: the pod ends now.
    private func abandon() throws(Errno) {
        try cancelHandlers()
        for attempt in attempts {
            guard let attempt else { continue }
            try kill(attempt)
            _ = try attempt.container.wait()
            spent.append(attempt.cgroup)
        }
        attempts = []
        cleanUp()
    }

    private func cleanUp() {
        removeSpent()
        do throws(Errno) {
            try storageWatch?.stop()
        } catch {
            complain("cannot end what measures its storage: \(error)")
        }
        do throws(CgroupError) {
            try host.removeCgroup()
        } catch {
            complain(error.description)
        }
        do throws(Errno) {
            try host.remove()
        } catch {
            complain("cannot remove the directory \(plan.directory): \(error)")
        }
        control.flush()
    }

    private func removeSpent() {
        for cgroup in spent {
            do throws(CgroupError) {
                try cgroup.remove()
            } catch {
                complain(error.description)
            }
        }
        spent = []
    }

    /// Something of the pod stays behind. Told to the control plane as far as it still listens.
    func complain(_ message: String) {
        tell(PodEvent(warning: true, reason: "FailedKillPod", message: "error killing pod: \(message)"))
    }
}

/// What a descriptor in the epoll set stands for.
enum Token {
    case control, signals, timer, storage
    /// PID 1 of a container.
    case end(Int)
    case output(Int, OutputStream)
    /// The process of a handler, and what it writes.
    case handler(UInt32)
    case handlerOutput(UInt32)

    init(_ rawValue: UInt64) {
        let index = Int(rawValue >> 8)
        switch rawValue & 0xff {
        case 1: self = .signals
        case 2: self = .timer
        case 3: self = .end(index)
        case 4: self = .output(index, .standardOutput)
        case 8: self = .storage
        case 5: self = .output(index, .standardError)
        case 6: self = .handler(UInt32(truncatingIfNeeded: index))
        case 7: self = .handlerOutput(UInt32(truncatingIfNeeded: index))
        default: self = .control
        }
    }

    var rawValue: UInt64 {
        switch self {
        case .control: 0
        case .signals: 1
        case .timer: 2
        case .storage: 8
        case .end(let index): UInt64(index) << 8 | 3
        case .output(let index, .standardOutput): UInt64(index) << 8 | 4
        case .output(let index, .standardError): UInt64(index) << 8 | 5
        case .handler(let number): UInt64(number) << 8 | 6
        case .handlerOutput(let number): UInt64(number) << 8 | 7
        }
    }
}
