// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// The signals that a runtime in the foreground gets in place of its container.
enum ForwardedSignals {
    /// All that can be caught but those that a fault in ourselves raises, the end of a child, and two of the C library's.
    static let all: [CInt] = (1...64).filter { !ours.contains($0) && $0 != 32 && $0 != 33 }

    private static let ours: Set<CInt> = [
        SIGKILL, SIGSTOP, SIGCHLD, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT, SIGSYS,
    ]
}
