// SPDX-License-Identifier: Apache-2.0

import CLinux

/// A process of our own that we started and must reap.
public struct ChildProcess: ~Copyable, Sendable {
    public let process: PidFD

    /// Starts `path` in a process group of its own, with no signal blocked and an empty environment.
    ///
    /// - Parameters:
    ///   - arguments: all of them, the name first.
    ///   - descriptors: the child's 3, 4, …; its 0 and 1 are the null device, its 2 is ours.
    /// - Throws: what `posix_spawn(3)` answers; `ENOENT` when there is no such file.
    public static func start(_ path: String, arguments: [String], descriptors: [CInt]) throws(Errno) -> ChildProcess {
        var argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
        argv.append(nil)
        defer { for argument in argv { free(argument) } }
        var environment: [UnsafeMutablePointer<CChar>?] = [nil]
        var pid: pid_t = 0
        let error = clinux_spawn(path, argv, &environment, descriptors, CInt(descriptors.count), &pid)
        if error != 0 { throw Errno(error) }
        // It is ours and not reaped, so the number cannot have come to mean another process.
        let descriptor = try retrying { clinux_pidfd_open(pid, 0) }
        return ChildProcess(process: PidFD(adopting: OwnedDescriptor(adopting: descriptor), pid: pid))
    }

    /// Reaps it. See `waitpid(2)`.
    ///
    /// - Parameter wait: false: don't wait for its end.
    /// - Returns: 0…255, 128 + the signal that ended it, or nil while it runs.
    public borrowing func reap(wait: Bool) throws(Errno) -> CInt? {
        var status: CInt = 0
        let pid = process.pid
        let reaped = try retrying { waitpid(pid, &status, wait ? 0 : WNOHANG) }
        return reaped == 0 ? nil : clinux_exit_code(status)
    }
}

extension OwnedDescriptor {
    /// Sends one message with one descriptor over this unix socket. See `SCM_RIGHTS` in `unix(7)`.
    ///
    /// - Throws: `EPIPE` or `ECONNRESET` when the other end is gone; `EAGAIN` when it is full and doesn't block.
    public borrowing func send(_ message: [UInt8], descriptor: CInt) throws(Errno) {
        let socket = rawValue
        try retrying { clinux_send_descriptor(socket, message, message.count, descriptor) }
    }
}
