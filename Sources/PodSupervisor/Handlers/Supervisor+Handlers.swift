// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import PodPlan
import Sandbox

/// The handlers that run: hooks and probes of all containers, by numbers that are never used twice.
final class HandlerTable {
    fileprivate(set) var runs: [UInt32: HandlerRun] = [:]
    private var last: UInt32 = 0
    fileprivate var program: Held?

    fileprivate func add(_ run: HandlerRun) -> UInt32 {
        last &+= 1
        runs[last] = run
        return last
    }

    /// When the next one is ended.
    var wakeTime: Int64? { runs.isEmpty ? nil : runs.values.compactMap(\.deadline).min() }

    func number(of purpose: HandlerRun.Purpose) -> UInt32? { runs.first { $0.value.purpose == purpose }?.key }
}

extension Supervisor {
    /// Begins a handler; `finished` tells its end, which may come before this returns.
    ///
    /// - Parameter timeoutSeconds: 0: it may take any time.
    func run(_ handler: HandlerPlan, for purpose: HandlerRun.Purpose, timeoutSeconds: Int64) throws(Errno) {
        let run: HandlerRun
        do throws(HandlerFailed) {
            run = try begin(handler, purpose, timeoutSeconds)
        } catch {
            return finished(purpose, .error(error.text))
        }
        let number = handlers.add(run)
        guard let end = run.end, let pipe = run.pipe else { return }
        try epoll.add(end, Epoll.readable, token: Token.handler(number).rawValue)
        try epoll.add(pipe, Epoll.readable, token: Token.handlerOutput(number).rawValue)
    }

    private struct HandlerFailed: Error {
        var text: String
    }

    private func begin(
        _ handler: HandlerPlan, _ purpose: HandlerRun.Purpose, _ timeoutSeconds: Int64
    ) throws(HandlerFailed) -> HandlerRun {
        switch handler {
        case .impossible(let why): throw HandlerFailed(text: why)
        case .sleep(let seconds):
            let until = later(clock.now, nanoseconds(seconds: seconds))
            return HandlerRun(purpose, handler, deadline: until, timeoutSeconds: seconds)
        case .exec, .httpGet, .tcpSocket, .grpc: break
        }
        let deadline = timeoutSeconds == 0 ? nil : later(clock.now, nanoseconds(seconds: timeoutSeconds))
        guard let attempt = attempts[purpose.container] else { throw HandlerFailed(text: "the container doesn't run") }
        let pipe = try orFailed { () throws(Errno) in try Pipe() }
        if case .exec(let command) = handler {
            let process = try orFailed { () throws(LaunchError) in
                try host.execute(command, attempt, output: pipe.writing.rawValue)
            }
            return HandlerRun(
                purpose, handler, deadline: deadline, timeoutSeconds: timeoutSeconds, CommandProcess(process),
                output: pipe.takeReading())
        }
        let program = try probeProgram()
        let process = try orFailed { () throws(LaunchError) in
            let filter = plan.probeSeccomp.map { plan.seccompPrograms[$0] }
            return try UnprivilegedProgram(
                file: program, arguments: handler.probeArguments(purpose: purpose.word) ?? [], seccomp: filter,
                output: pipe.writing.rawValue
            ).launch(inNetworkOf: attempt.container)
        }
        return HandlerRun(
            purpose, handler, deadline: deadline, timeoutSeconds: timeoutSeconds, ProbeProcess(process),
            output: pipe.takeReading())
    }

    private func orFailed<Result: ~Copyable, Failure: Error & CustomStringConvertible>(
        _ body: () throws(Failure) -> Result
    ) throws(HandlerFailed) -> Result {
        do throws(Failure) {
            return try body()
        } catch {
            throw HandlerFailed(text: error.description)
        }
    }

    /// Opened at its first use, and then kept.
    private func probeProgram() throws(HandlerFailed) -> CInt {
        if handlers.program == nil {
            do throws(Errno) {
                handlers.program = Held(try ProbeExecutable.open())
            } catch {
                throw HandlerFailed(text: "cannot open berth-probe, which belongs beside berth-pod: \(error)")
            }
        }
        return handlers.program!.descriptor.rawValue
    }

    // Their end.

    /// The process of a handler has ended.
    func handlerEnded(_ number: UInt32) throws(Errno) {
        guard let run = handlers.runs[number], let outcome = try run.poll(buffer) else { return }
        forget(number)
        finished(run.purpose, outcome)
    }

    /// A handler has written something.
    func readHandler(_ number: UInt32) throws(Errno) {
        guard let run = handlers.runs[number] else { return }
        if try !run.read(buffer), let pipe = run.pipe { try epoll.remove(pipe) }
    }

    /// Ends those whose time is over.
    func endLateHandlers() throws(Errno) {
        let now = clock.now
        for (number, run) in handlers.runs where run.deadline.map({ $0 <= now }) ?? false {
            if case .sleep = run.handler {
                forget(number)
                finished(run.purpose, .success)
            } else {
                try run.timeOut()
            }
        }
    }

    /// It need not go on, and nobody asks what became of it.
    func cancelHandler(_ purpose: HandlerRun.Purpose) throws(Errno) {
        guard let number = handlers.number(of: purpose), let run = handlers.runs[number] else { return }
        try run.endNow()
        forget(number)
    }

    /// Ends all handlers of a container, or of the pod.
    func cancelHandlers(of container: Int? = nil) throws(Errno) {
        for run in handlers.runs.values where container == nil || run.purpose.container == container {
            try cancelHandler(run.purpose)
        }
    }

    /// Closing its descriptors takes them out of the epoll set: nobody else has them.
    private func forget(_ number: UInt32) { handlers.runs[number] = nil }

    private func finished(_ purpose: HandlerRun.Purpose, _ outcome: HandlerOutcome) {
        switch purpose {
        case .hook(let id): life.hookEnded(id, outcome.failureText, now: clock.now)
        case .probe(let id): probeEnded(id, outcome)
        }
    }
}

extension HandlerRun.Purpose {
    /// In the `User-Agent` of an HTTP request.
    fileprivate var word: String {
        switch self {
        case .hook: "lifecycle"
        case .probe: "probe"
        }
    }
}
