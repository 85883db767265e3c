// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import PodPlan
import Sandbox

/// One run of a handler. What it started ends with it, by `end`.
final class HandlerRun {
    /// For whom it runs.
    enum Purpose: Hashable, Sendable {
        case hook(HookID)
        case probe(ProbeID)

        var container: Int {
            switch self {
            case .hook(let id): id.container
            case .probe(let id): id.container
            }
        }
    }

    /// What is kept of the output.
    private static let outputLimit = 10 << 10

    let purpose: Purpose
    let handler: HandlerPlan
    /// When it is ended; nil: it may take any time.
    private(set) var deadline: Int64?
    let timeoutSeconds: Int64
    private let process: (any HandlerProcess)?
    private let output: Held?
    private var text: [UInt8] = []
    private var isLate = false
    /// Its end has been seen.
    private var isReaped = false

    init(
        _ purpose: Purpose, _ handler: HandlerPlan, deadline: Int64?, timeoutSeconds: Int64,
        _ process: (any HandlerProcess)? = nil, output: consuming OwnedDescriptor? = nil
    ) {
        self.purpose = purpose
        self.handler = handler
        self.deadline = deadline
        self.timeoutSeconds = timeoutSeconds
        self.process = process
        self.output = if let output { Held(output) } else { nil }
    }

    /// Readable once its process has ended; nil without one.
    var end: CInt? { process?.descriptor }

    /// What it writes; nil without a process.
    var pipe: CInt? { output?.descriptor.rawValue }

    /// Takes in what has been written. Whoever writes more than is kept isn't made to wait.
    ///
    /// - Returns: false at the end, when nobody can write any more.
    func read(_ buffer: UnsafeMutableRawBufferPointer) throws(Errno) -> Bool {
        guard let output else { return false }
        // A few at a time: those who write without end don't keep us from other things.
        for _ in 0..<4 {
            guard let count = try output.descriptor.readAvailable(into: buffer) else { return true }
            if count == 0 { return false }
            let room = Self.outputLimit - text.count
            text += UnsafeRawBufferPointer(buffer)[..<min(count, room)]
        }
        return true
    }

    /// Its time is over: it ends now, and `poll` says so.
    func timeOut() throws(Errno) {
        isLate = true
        deadline = nil
        try kill()
    }

    private func kill() throws(Errno) {
        do throws(Errno) {
            try process?.kill()
        } catch {
            if error != ESRCH { throw error }
        }
    }

    /// Ends what still runs, and waits for that.
    func endNow() throws(Errno) {
        if isReaped { return }
        try kill()
        try process?.wait()
        isReaped = true
    }

    /// What came of it, if it has ended.
    func poll(_ buffer: UnsafeMutableRawBufferPointer) throws(Errno) -> HandlerOutcome? {
        guard let end = try process?.poll() else { return nil }
        isReaped = true
        _ = try read(buffer)
        if isLate { return .failure(handler.timeoutText(seconds: timeoutSeconds)) }
        switch end {
        case .command(let end): return outcome(end)
        case .probe(let status): return outcome(status)
        }
    }

    private var said: String {
        let text = String(decoding: text, as: UTF8.self)
        // The kubelet, too, takes away one line break at the end of a message.
        return text.utf8.last == 10 ? String(text.dropLast()) : text
    }

    private func outcome(_ end: ExecutedProcess.End) -> HandlerOutcome {
        switch end {
        case .ended(.exited(code: 0)): .success
        case .ended(let status):
            switch purpose {
            case .probe: .failure(said)
            case .hook: .failure("\(commandInQuotes) exited with \(status.exitCode): \(said)")
            }
        case .notStarted(let error): .error("failed to exec in container: \(error)")
        }
    }

    private var commandInQuotes: String {
        if case .exec(let command) = handler { "command '\(command.joined(separator: " "))'" } else { "command" }
    }

    /// Of `berth-probe`.
    private func outcome(_ status: Sandbox.ExitStatus) -> HandlerOutcome {
        switch status {
        case .exited(code: 0): .success
        case .exited(code: 1): .failure(said)
        case .exited(code: 2): .warning(said)
        default: .error("the probe itself ended with \(status.exitCode): \(said)")
        }
    }
}

extension Sandbox.ExitStatus {
    /// 0…255, 128 + n for a signal.
    fileprivate var exitCode: Int32 {
        switch self {
        case .exited(let code): code
        case .signaled(let signal): 128 + signal
        }
    }
}
