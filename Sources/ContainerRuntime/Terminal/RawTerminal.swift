// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import OCI
import Sandbox

/// The caller's terminal in raw mode: what is typed goes to the container as it is. Becomes what it was when this goes.
struct RawTerminal: ~Copyable {
    private let descriptor: CInt
    private let before: termios

    /// - Returns: nil when the descriptor is no terminal.
    static func make(of descriptor: CInt) throws(RuntimeError) -> RawTerminal? {
        guard isatty(descriptor) == 1 else { return nil }
        var before = termios()
        try failing("cannot put the terminal into raw mode") { () throws(Errno) in
            try retrying { clinux_raw_terminal(descriptor, &before) }
        }
        return RawTerminal(descriptor: descriptor, before: before)
    }

    private init(descriptor: CInt, before: termios) {
        self.descriptor = descriptor
        self.before = before
    }

    deinit {
        var before = before
        _ = clinux_restore_terminal(descriptor, &before)
    }

    /// Gives `other` the size that ours has now.
    borrowing func resize(_ other: CInt) {
        var size = winsize()
        // A size that can't be had is no reason to end a session.
        if clinux_ioctl_winsize(descriptor, &size) == 0, size.ws_col > 0 { _ = clinux_set_winsize(other, &size) }
    }
}

extension ProcessSettings.Terminal {
    /// - Parameters:
    ///   - socket: gets its other end.
    ///   - size: what the configuration says.
    ///   - isOwn: it will be shown on the caller's terminal, and is as large as that from the beginning.
    init(socket: CInt, size: ConsoleSize?, isOwn: Bool) {
        self.init(socket: socket)
        var own = winsize()
        if isOwn, clinux_ioctl_winsize(0, &own) == 0, own.ws_col > 0 {
            (rows, columns) = (own.ws_row, own.ws_col)
        } else if let size {
            (rows, columns) = (size.height, size.width)
        }
    }
}
