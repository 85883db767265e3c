// SPDX-License-Identifier: Apache-2.0

import CLaunch

/// The filter of an OCI process's system calls.
package struct FilterSettings: Sendable {
    /// BPF, 8 bytes an instruction; empty: no filter.
    package var program: [UInt8]
    /// `SECCOMP_FILTER_FLAG_…` of seccomp(2).
    package var flags: UInt64
    package var listener: Listener?

    /// Where the descriptor goes through which the filter asks.
    package struct Listener: Sendable {
        /// A connected socket.
        package var socket: CInt
        /// Goes with it; the byte 1 stands for the pid of the process, as the runtime sees it.
        package var message: String

        package init(socket: CInt, message: String) {
            self.socket = socket
            self.message = message
        }
    }

    package init(program: [UInt8] = [], flags: UInt64 = 0) {
        self.program = program
        self.flags = flags
    }

    func addStep(to steps: inout LaunchSteps) {
        if program.isEmpty { return }
        steps.add(LAUNCH_SECCOMP, nil, listener?.message, descriptor: listener?.socket ?? -1, flags: flags)
    }
}
