// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import PodPlan
import Sandbox

/// The standard streams of one attempt of a container, while it is being launched.
///
/// Nobody attaches to a container here: `stdin: true` is an input that never says anything and never ends, `tty: true` a
/// terminal at which nobody sits.
final class ContainerStreams {
    private var output: Pipe?
    private var error: Pipe?
    private var input: Pipe?
    /// Over it the terminal's controlling end comes.
    private var terminal: SocketPair?

    /// Our ends.
    struct Ends: ~Copyable {
        var output: OwnedDescriptor
        /// nil: a terminal has one stream for both.
        var error: OwnedDescriptor?
        /// Kept open as long as the container runs.
        var input: OwnedDescriptor?
    }

    init(_ container: ContainerPlan) throws(Errno) {
        if container.terminal {
            terminal = try SocketPair(.stream, nonBlocking: false)
            return
        }
        output = try Pipe()
        error = try Pipe()
        if container.openInput { input = try Pipe(nonBlocking: false) }
    }

    /// Gives the container its ends; they must live until it has been launched.
    func connect(_ spec: inout ContainerSpec) {
        if let socket = terminal?.theirs.rawValue { spec.terminalSocket = socket }
        if let number = input?.reading.rawValue { spec.standardInput = number }
        if let number = output?.writing.rawValue { spec.standardOutput = number }
        if let number = error?.writing.rawValue { spec.standardError = number }
    }

    /// Our ends, the container's closed; once, after it has been launched.
    func take() throws(Errno) -> Ends {
        if let pair = terminal.take() {
            var room: UInt8 = 0
            let message = try withUnsafeMutableBytes(of: &room) { buffer throws(Errno) in
                try pair.ours.receive(into: buffer)
            }
            guard let controller = message.takeDescriptor() else { throw Errno(ENOTTY) }
            return Ends(output: controller)
        }
        guard let output = output.take(), let error = error.take() else { throw Errno(EBADF) }
        return Ends(output: output.takeReading(), error: error.takeReading(), input: input.take()?.takeWriting())
    }
}
