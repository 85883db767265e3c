// SPDX-License-Identifier: Apache-2.0

public import CLinux

/// A process, held by a descriptor so that its number cannot come to mean another one. See `pidfd_open(2)`.
public struct PidFD: ~Copyable, Sendable {
    public let descriptor: OwnedDescriptor
    /// The number it has in our pid namespace. For messages and files; never for signals.
    public let pid: pid_t

    public init(adopting descriptor: consuming OwnedDescriptor, pid: pid_t) {
        self.descriptor = descriptor
        self.pid = pid
    }

    /// Sends a signal. See `pidfd_send_signal(2)`.
    ///
    /// - Throws: `ESRCH` when the process has been reaped.
    public borrowing func send(signal: CInt) throws(Errno) {
        let descriptor = self.descriptor.rawValue
        try retrying { clinux_pidfd_send_signal(descriptor, signal) }
    }

    /// Another descriptor of the same process.
    public borrowing func duplicate() throws(Errno) -> PidFD {
        PidFD(adopting: try descriptor.duplicate(), pid: pid)
    }

    /// Waits until it has ended, and reaps it when it is a child of ours.
    public borrowing func awaitEnd() {
        let descriptor = self.descriptor.rawValue
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        while poll(&entry, 1, -1) < 0, Errno.current == EINTR {}
        var (code, status) = (CInt(0), CInt(0))
        var usage = rusage()
        _ = clinux_waitid_pidfd(descriptor, WEXITED | WNOHANG, &code, &status, &usage)
    }
}
