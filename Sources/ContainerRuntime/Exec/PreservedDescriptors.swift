// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// What a program keeps from 3 on: the sockets of `LISTEN_FDS` (sd_listen_fds(3)) and those of `--preserve-fds`.
struct PreservedDescriptors {
    let count: Int
    /// What tells the program of its sockets; none without any.
    let variables: [String]

    /// - Parameter asked: `--preserve-fds`.
    /// - Throws: when one of them isn't open. Ours are all marked to be closed by execve, those that were handed to us
    ///   are not: so none of ours is ever taken for one of them.
    init(asked: Int) throws(RuntimeError) {
        let sockets = Self.activationSockets
        count = sockets + asked
        variables = sockets > 0 ? ["LISTEN_FDS=\(sockets)", "LISTEN_PID=1"] : []
        for descriptor in 3..<(3 + count) {
            guard let number = CInt(exactly: descriptor), clinux_fcntl(number, F_GETFD, 0) == 0 else {
                let why = descriptor < 3 + sockets ? "LISTEN_FDS" : "--preserve-fds \(asked)"
                throw RuntimeError("\(why): descriptor \(descriptor) is not open")
            }
        }
    }

    private static var activationSockets: Int {
        guard let count = variable("LISTEN_FDS").flatMap({ Int($0) }), count > 0 else { return 0 }
        // Those of a process that forgot to take the variables away are nobody's.
        if let pid = variable("LISTEN_PID"), !pid.isEmpty, pid_t(pid) != getpid() { return 0 }
        return count
    }

    private static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}
