// SPDX-License-Identifier: Apache-2.0

import CLinux

/// Signals that arrive by a descriptor instead of by a handler. See `signalfd(2)`.
///
/// While it lives the signals are blocked in the calling thread; afterwards the mask is what it was.
public struct SignalDescriptor: ~Copyable, Sendable {
    public let descriptor: OwnedDescriptor
    private let before: sigset_t

    public init(_ signals: [CInt]) throws(Errno) {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal) }
        var before = sigset_t()
        let error = pthread_sigmask(SIG_BLOCK, &set, &before)
        if error != 0 { throw Errno(error) }
        let number = signalfd(-1, &set, CInt(SFD_CLOEXEC | SFD_NONBLOCK))
        guard number >= 0 else {
            let error = Errno.current
            _ = pthread_sigmask(SIG_SETMASK, &before, nil)
            throw error
        }
        self.before = before
        descriptor = OwnedDescriptor(adopting: number)
    }

    deinit {
        var before = before
        _ = pthread_sigmask(SIG_SETMASK, &before, nil)
    }

    /// The next signal that has arrived, or nil.
    public borrowing func next() throws(Errno) -> CInt? {
        var information = signalfd_siginfo()
        do throws(Errno) {
            let count = try withUnsafeMutableBytes(of: &information) { bytes throws(Errno) in
                try descriptor.read(into: bytes)
            }
            return count == MemoryLayout<signalfd_siginfo>.size ? CInt(information.ssi_signo) : nil
        } catch {
            if error == EAGAIN { return nil }
            throw error
        }
    }
}
