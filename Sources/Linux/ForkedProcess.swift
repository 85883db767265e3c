// SPDX-License-Identifier: Apache-2.0

public import CLinux

/// Which of the two a process is after `fork(2)`.
public enum Fork: Sendable {
    case parent(child: pid_t)
    case child
}

/// The calling process's own attributes.
public enum OwnProcess {
    /// Forks. The caller must have one thread only: no lock can then be held by a thread that the child lacks.
    public static func fork() throws(Errno) -> Fork {
        let pid = try retrying { clinux_fork() }
        return pid == 0 ? .child : .parent(child: pid)
    }

    /// Runs `body` in a child and waits for its end: what it does to its own process stays there. The caller must have one
    /// thread only.
    ///
    /// - Throws: what `body` throws; `ECHILD` when the child was killed.
    public static func inChild(_ body: () throws(Errno) -> Void) throws(Errno) {
        guard case .parent(let child) = try fork() else {
            do throws(Errno) {
                try body()
                _exit(0)
            } catch {
                _exit(error.rawValue)
            }
        }
        var status: CInt = 0
        try retrying { waitpid(child, &status, 0) }
        let code = clinux_exit_code(status)
        if code != 0 { throw code < 128 ? Errno(code) : Errno(ECHILD) }
    }

    /// Becomes user and group 0 of the user namespace that it is in, without other groups.
    public static func becomeRoot() throws(Errno) {
        try retrying { setgroups(0, nil) }
        try retrying { setresgid(0, 0, 0) }
        try retrying { setresuid(0, 0, 0) }
    }

    /// The name in `/proc/PID/comm`, 15 bytes at most. See `PR_SET_NAME`.
    public static func setName(_ name: String) throws(Errno) { try retrying { clinux_set_name(name) } }

    /// SIGKILL when the parent dies, or no longer. See `PR_SET_PDEATHSIG`; a parent that is dead already sends nothing.
    public static func endWithParent(_ ends: Bool) throws(Errno) {
        try retrying { clinux_set_parent_death_signal(ends ? SIGKILL : 0) }
    }

    /// Nobody but root looks into it from /proc or by ptrace. See `PR_SET_DUMPABLE`.
    public static func forbidDumping() throws(Errno) { try retrying { clinux_set_undumpable() } }

    /// Closes every descriptor from `first` up. See `close_range(2)`.
    public static func closeDescriptors(from first: CInt) throws(Errno) {
        try retrying { clinux_close_from(UInt32(first)) }
    }

    /// Holds signals back from the calling thread and those that it starts from now on. See `pthread_sigmask(3)`.
    public static func block(signals: [CInt]) throws(Errno) {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal) }
        let error = pthread_sigmask(SIG_BLOCK, &set, nil)
        if error != 0 { throw Errno(error) }
    }

    /// What comes of a signal that nobody waits for. Ignoring SIGCHLD makes the kernel reap our children.
    public static func ignore(signal: CInt) throws(Errno) { try retrying { clinux_ignore_signal(signal) } }

    /// See `SIG_DFL` in `signal(7)`.
    public static func restore(signal: CInt) throws(Errno) { try retrying { clinux_default_signal(signal) } }

    /// Raises the soft limit of open files to the hard one. See `RLIMIT_NOFILE`.
    public static func raiseOpenFileLimit() throws(Errno) {
        var limit = rlimit()
        try retrying { getrlimit(RLIMIT_NOFILE, &limit) }
        limit.rlim_cur = limit.rlim_max
        try retrying { setrlimit(RLIMIT_NOFILE, &limit) }
    }
}

extension OwnedDescriptor {
    /// A message and the descriptor that came with it.
    public struct Received: ~Copyable {
        public let count: Int
        fileprivate let descriptor: OwnedDescriptor?

        /// The descriptor, if one came.
        public consuming func takeDescriptor() -> OwnedDescriptor? { descriptor }
    }

    /// Waits for one message with a descriptor on this unix socket; what is longer than the buffer is cut off.
    ///
    /// - Returns: a count of 0 when the other end is closed.
    public borrowing func receive(into buffer: UnsafeMutableRawBufferPointer) throws(Errno) -> Received {
        let socket = rawValue
        var number: CInt = -1
        let count = try retrying { clinux_receive_descriptor(socket, buffer.baseAddress, buffer.count, &number) }
        return Received(count: count, descriptor: number < 0 ? nil : OwnedDescriptor(adopting: number))
    }

    /// Sends once on this stream socket. Raises no SIGPIPE. See `send(2)`.
    ///
    /// - Returns: how much was taken; nil when a socket that doesn't block is full.
    public borrowing func send(_ bytes: UnsafeRawBufferPointer) throws(Errno) -> Int? {
        let socket = rawValue
        do throws(Errno) {
            return try retrying { clinux_send(socket, bytes.baseAddress, bytes.count) }
        } catch {
            if error == EAGAIN { return nil }
            throw error
        }
    }

    /// Reads once what is there.
    ///
    /// - Returns: 0 at the end; nil when nothing is there and this descriptor doesn't block.
    public borrowing func readAvailable(into buffer: UnsafeMutableRawBufferPointer) throws(Errno) -> Int? {
        do throws(Errno) {
            return try read(into: buffer)
        } catch {
            if error == EAGAIN { return nil }
            throw error
        }
    }

    /// Waits until it can be read, or is at its end. See `poll(2)`.
    public borrowing func waitUntilReadable() throws(Errno) {
        var entry = pollfd(fd: rawValue, events: Int16(POLLIN), revents: 0)
        try retrying { poll(&entry, 1, -1) }
    }

    /// Waits until the other end of this socket is closed, or one of `others` can be read (−1: none).
    ///
    /// - Returns: whether it is closed.
    public borrowing func waitUntilClosed(milliseconds: CInt, orReadable others: [CInt]) throws(Errno) -> Bool {
        // No events are asked for: messages are not ours to see, and the hang-up comes unasked.
        var entries = [pollfd(fd: rawValue, events: 0, revents: 0)]
        entries += others.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        let count = nfds_t(entries.count)
        try retrying { poll(&entries, count, milliseconds) }
        return entries[0].revents & Int16(POLLHUP | POLLERR) != 0
    }

    /// How many bytes could be read at once. See `FIONREAD`.
    public borrowing func readableBytes() throws(Errno) -> Int {
        let descriptor = rawValue
        var count: CInt = 0
        try retrying { clinux_readable_bytes(descriptor, &count) }
        return Int(count)
    }

    /// What `fstat(2)` tells.
    public borrowing func status() throws(Errno) -> stat {
        let descriptor = rawValue
        var result = stat()
        try retrying { fstat(descriptor, &result) }
        return result
    }
}

/// Two ends of a pipe, close-on-exec; writing blocks. See `pipe2(2)`.
public struct Pipe: ~Copyable, Sendable {
    public let reading: OwnedDescriptor
    public let writing: OwnedDescriptor

    /// - Parameter nonBlocking: of the reading end.
    public init(nonBlocking: Bool = true) throws(Errno) {
        var ends: [CInt] = [-1, -1]
        try retrying { pipe2(&ends, O_CLOEXEC) }
        let read = OwnedDescriptor(adopting: ends[0])
        let write = OwnedDescriptor(adopting: ends[1])
        if nonBlocking { try read.makeNonBlocking() }
        reading = read
        writing = write
    }

    /// Throws away what has been written.
    public borrowing func drain() throws(Errno) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64, alignment: 1)
        defer { buffer.deallocate() }
        while let count = try reading.readAvailable(into: buffer), count > 0 {}
    }

    /// Closes the writing end and gives the other.
    public consuming func takeReading() -> OwnedDescriptor { reading }

    /// Closes the reading end and gives the other.
    public consuming func takeWriting() -> OwnedDescriptor { writing }
}
