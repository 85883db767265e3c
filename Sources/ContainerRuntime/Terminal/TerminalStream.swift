// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// The bytes between our standard streams and a process's terminal. Neither side is read while the other is behind.
struct TerminalStream {
    /// Its controlling end, non-blocking; −1: there is none.
    let terminal: CInt
    private var typed: ArraySlice<UInt8> = []
    private var written: ArraySlice<UInt8> = []
    private var isInputOpen = true
    private var isOutputOpen = true
    /// Nobody has the terminal open: somebody may again.
    private var isIdle = false

    init(terminal: CInt) { self.terminal = terminal }

    /// How long to wait for events at most.
    var milliseconds: CInt { isIdle ? 100 : -1 }

    /// Adds its three entries: our input, the terminal, our output.
    func add(to entries: inout [pollfd]) {
        let watches = terminal >= 0
        let reads = watches && isInputOpen && typed.isEmpty
        var events: Int32 = 0
        if written.isEmpty { events |= POLLIN }
        if !typed.isEmpty { events |= POLLOUT }
        entries += [
            pollfd(fd: reads ? 0 : -1, events: Int16(POLLIN), revents: 0),
            pollfd(fd: watches && !isIdle && events != 0 ? terminal : -1, events: Int16(events), revents: 0),
            pollfd(fd: watches && !written.isEmpty ? 1 : -1, events: Int16(POLLOUT), revents: 0),
        ]
    }

    /// Moves what can be moved now.
    mutating func move(_ entries: ArraySlice<pollfd>) {
        guard terminal >= 0 else { return }
        let ready = entries.map { $0.revents != 0 }
        if ready[0] { readInput() }
        if ready[1] || isIdle {
            isIdle = false
            if !typed.isEmpty { writeTyped() }
            if written.isEmpty { _ = readTerminal() }
        }
        if ready[2] { writeOutput() }
    }

    /// What the process had written when it ended still comes out. What it left running may go on writing: not to us.
    mutating func drain() {
        guard terminal >= 0 else { return }
        var rounds = 0
        repeat {
            while !written.isEmpty { writeOutput() }
            rounds += 1
        } while rounds < 1024 && readTerminal()
        while !written.isEmpty { writeOutput() }
    }

    private mutating func readInput() {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = read(0, &buffer, buffer.count)
        if count > 0 {
            typed = buffer[..<count]
        } else if count == 0 || Errno.current != EINTR && Errno.current != EAGAIN {
            isInputOpen = false
        }
    }

    private mutating func writeTyped() {
        let count = typed.withUnsafeBytes { write(terminal, $0.baseAddress, $0.count) }
        if count > 0 { typed = typed.dropFirst(count) }
    }

    /// - Returns: whether there was something.
    private mutating func readTerminal() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = read(terminal, &buffer, buffer.count)
        if count > 0 {
            if isOutputOpen { written = buffer[..<count] }
            return true
        }
        // EIO: the last one who had it open has closed it.
        if count < 0, Errno.current == EIO { isIdle = true }
        return false
    }

    /// At most a page: a pipe that is ready takes that without blocking.
    private mutating func writeOutput() {
        let count = written.withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
        if count > 0 {
            written = written.dropFirst(count)
        } else if Errno.current == EAGAIN {
            var entry = pollfd(fd: 1, events: Int16(POLLOUT), revents: 0)
            _ = poll(&entry, 1, 100)
        } else if Errno.current != EINTR {
            // Nobody reads any more; the process goes on.
            isOutputOpen = false
            written = []
        }
    }
}
