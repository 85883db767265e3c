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
}
