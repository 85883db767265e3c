// SPDX-License-Identifier: Apache-2.0

import CLinux
public import Linux

/// A container whose program has been executed. Its owner must `wait` for it: until then its PID stays taken.
public struct RunningContainer: ~Copyable, Sendable {
    /// PID 1 of the container. Readable once it has ended.
    public let process: PidFD

    init(process: consuming PidFD) { self.process = process }

    /// Sends a signal to PID 1; SIGKILL ends the whole container, since its pid namespace dies with PID 1.
    ///
    /// - Throws: `ESRCH` when it has been reaped.
    public borrowing func send(signal: CInt) throws(Errno) { try process.send(signal: signal) }

    /// Reaps PID 1 if it has ended. By then the kernel has ended every other process of the container.
    ///
    /// - Returns: nil while it runs.
    public borrowing func poll() throws(Errno) -> ContainerEnd? { try reap(options: WEXITED | WNOHANG) }

    /// Blocks until PID 1 has ended, and reaps it.
    public borrowing func wait() throws(Errno) -> ContainerEnd {
        while true { if let end = try reap(options: WEXITED) { return end } }
    }

    private borrowing func reap(options: CInt) throws(Errno) -> ContainerEnd? {
        var code: CInt = 0
        var status: CInt = 0
        var usage = rusage()
        let pidfd = process.descriptor.rawValue
        try retrying { clinux_waitid_pidfd(pidfd, options, &code, &status, &usage) }
        guard code != 0 else { return nil }
        let microseconds = [usage.ru_utime, usage.ru_stime].reduce(Int64(0)) {
            $0 + Int64($1.tv_sec) * 1_000_000 + Int64($1.tv_usec)
        }
        return ContainerEnd(
            status: code == CLD_EXITED ? .exited(code: status) : .signaled(signal: status),
            cpuMicroseconds: microseconds)
    }
}

/// How a container ended.
public struct ContainerEnd: Hashable, Sendable {
    public var status: ExitStatus
    /// CPU time of PID 1 and of the children that it waited for. See `getrusage(2)`; the cgroup knows of all.
    public var cpuMicroseconds: Int64
}
