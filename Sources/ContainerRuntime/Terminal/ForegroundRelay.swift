// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import Sandbox

/// What a runtime in the foreground does while its process runs: signals go to it, and with a terminal of its own, what is
/// typed and what it writes.
struct ForegroundRelay: ~Copyable {
    private let signals: SignalDescriptor
    /// Our end of the socket over which the terminal comes.
    private let socket: CInt?

    /// From here on signals wait for the process.
    ///
    /// - Parameter socket: from `sockets`; nil: the process has no terminal of its own.
    init(terminal socket: CInt?) throws(RuntimeError) {
        self.socket = socket
        do throws(Errno) {
            // A caller that ignores SIGCHLD hands that down; the kernel would then reap the process in our place.
            try retrying { clinux_default_signal(SIGCHLD) }
            signals = try SignalDescriptor(ForwardedSignals.all)
        } catch {
            throw RuntimeError("cannot watch signals: \(error)")
        }
    }

    /// A pair of sockets for `ProcessSettings.Terminal`, held by `held`: ours and the process's.
    static func sockets(_ held: HeldDescriptors) throws(RuntimeError) -> (ours: CInt, theirs: CInt) {
        var ends: [CInt] = [-1, -1]
        try failing("cannot make sockets for the terminal") { () throws(Errno) in
            try retrying { socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0, &ends) }
        }
        return (held.hold(OwnedDescriptor(adopting: ends[0])), held.hold(OwnedDescriptor(adopting: ends[1])))
    }

    /// Stays until the process has ended, and reaps it.
    ///
    /// - Returns: its exit status, or 128 + the signal that ended it.
    borrowing func run(_ launch: borrowing GatedLaunch) throws(RuntimeError) -> CInt {
        if let socket {
            let terminal = try Self.receive(from: socket)
            let own = try RawTerminal.make(of: 0)
            own?.resize(terminal.rawValue)
            var stream = TerminalStream(terminal: terminal.rawValue)
            try relay(launch, own, &stream)
        } else {
            let none: RawTerminal? = nil
            var stream = TerminalStream(terminal: -1)
            try relay(launch, none, &stream)
        }
        switch launch.wait() {
        case .exited(let code): return code
        case .signaled(let signal): return 128 + signal
        case nil: throw RuntimeError("somebody else has waited for the process \(launch.process.pid)")
        }
    }

    private static func receive(from socket: CInt) throws(RuntimeError) -> OwnedDescriptor {
        try failing("cannot get the terminal of the process") { () throws(Errno) in
            var text = [UInt8](repeating: 0, count: 64)
            var descriptor: CInt = -1
            try retrying { clinux_receive_descriptor(socket, &text, text.count, &descriptor) }
            guard descriptor >= 0 else { throw Errno(ECONNRESET) }
            let terminal = OwnedDescriptor(adopting: descriptor)
            try terminal.makeNonBlocking()
            return terminal
        }
    }

    private borrowing func relay(
        _ launch: borrowing GatedLaunch, _ own: borrowing RawTerminal?, _ stream: inout TerminalStream
    ) throws(RuntimeError) {
        while true {
            var entries = [
                pollfd(fd: launch.process.descriptor.rawValue, events: Int16(POLLIN), revents: 0),
                pollfd(fd: signals.descriptor.rawValue, events: Int16(POLLIN), revents: 0),
            ]
            stream.add(to: &entries)
            try failing("cannot wait for the process") { () throws(Errno) in
                try retrying { poll(&entries, nfds_t(entries.count), stream.milliseconds) }
            }
            try forwardSignals(launch, own, stream.terminal)
            stream.move(entries[2...])
            if entries[0].revents != 0 { return stream.drain() }
        }
    }

    private borrowing func forwardSignals(
        _ launch: borrowing GatedLaunch, _ own: borrowing RawTerminal?, _ terminal: CInt
    ) throws(RuntimeError) {
        do throws(Errno) {
            while let signal = try signals.next() {
                // What our own writes to nobody raise is ours.
                if signal == SIGPIPE { continue }
                if signal == SIGWINCH, terminal >= 0 {
                    own?.resize(terminal)
                } else {
                    try launch.process.send(signal: signal)
                }
            }
        } catch {
            if error != ESRCH { throw RuntimeError("cannot forward a signal: \(error)") }
        }
    }
}
