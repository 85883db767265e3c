// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import Sandbox

/// What a handler has started.
protocol HandlerProcess: AnyObject {
    /// Readable once it has ended.
    var descriptor: CInt { get }
    /// - Throws: `ESRCH` when it has been reaped.
    func kill() throws(Errno)
    func wait() throws(Errno)
    /// nil while it runs.
    func poll() throws(Errno) -> HandlerEnd?
}

enum HandlerEnd {
    case command(ExecutedProcess.End)
    case probe(Sandbox.ExitStatus)
}

/// A command in the container.
final class CommandProcess: HandlerProcess {
    private let process: ExecutedProcess

    init(_ process: consuming ExecutedProcess) { self.process = process }

    var descriptor: CInt { process.descriptor }
    func kill() throws(Errno) { try process.send(signal: SIGKILL) }
    func wait() throws(Errno) { _ = try process.wait() }

    func poll() throws(Errno) -> HandlerEnd? {
        guard let end = try process.poll() else { return nil }
        return .command(end)
    }
}

/// `berth-probe`, in the container's network.
final class ProbeProcess: HandlerProcess {
    private let process: RunningContainer

    init(_ process: consuming RunningContainer) { self.process = process }

    var descriptor: CInt { process.process.descriptor.rawValue }
    func kill() throws(Errno) { try process.send(signal: SIGKILL) }
    func wait() throws(Errno) { _ = try process.wait() }

    func poll() throws(Errno) -> HandlerEnd? {
        guard let end = try process.poll() else { return nil }
        return .probe(end.status)
    }
}
