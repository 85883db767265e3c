// SPDX-License-Identifier: Apache-2.0

import CLaunch
import CLinux
import Linux
import Sandbox

/// Where a created container waits to be started: a socket in its state directory. While its file is there the container is
/// `created`. Whoever connects is told when a step after that fails; the connection closes when the program is executed.
enum StartSocket {
    static let name = "start"

    /// - Parameter directory: the container's state directory.
    static func make(in directory: borrowing OwnedDescriptor) throws(RuntimeError) -> OwnedDescriptor {
        let socket = try open()
        let (number, place) = (socket.rawValue, path(directory))
        try failing("cannot make the socket that the container waits at") { () throws(Errno) in
            try retrying { clinux_bind_unix(number, place) }
            try retrying { chmod(place, 0o600) }
            try retrying { listen(number, 1) }
        }
        return socket
    }

    /// Lets the container go on, and waits until its program runs.
    static func release(_ process: ProcessIdentity?, in directory: borrowing OwnedDescriptor) throws(RuntimeError) {
        let socket = try open()
        let (number, place) = (socket.rawValue, path(directory))
        do throws(Errno) {
            try retrying { clinux_connect_unix(number, place) }
        } catch {
            // Its file goes after the connection: nobody behind it means that another start was faster, or that it has ended.
            throw RuntimeError("cannot start a container in the stopped state: nobody waits for its start (\(error))")
        }
        let holder = directory.rawValue
        try failing("cannot remove the container's start socket") { () throws(Errno) in
            try retrying { unlinkat(holder, name, 0) }
        }
        do throws(RuntimeError) {
            try report(from: socket)
        } catch {
            // It is on its way out: whoever asks next finds it stopped.
            if let process = try process?.open() { try awaitEnd(of: process) }
            throw error
        }
    }

    private static func awaitEnd(of process: borrowing PidFD) throws(RuntimeError) {
        let (number, pid) = (process.descriptor.rawValue, process.pid)
        try failing("cannot wait for process \(pid), whose start failed") { () throws(Errno) in
            var entry = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
            if try retrying({ poll(&entry, 1, 10_000) }) == 0 { throw Errno(ETIMEDOUT) }
        }
    }

    /// The path through our descriptor: an address of a socket holds 107 bytes, and state directories can be longer.
    private static func path(_ directory: borrowing OwnedDescriptor) -> String {
        "/proc/self/fd/\(directory.rawValue)/\(name)"
    }

    private static func open() throws(RuntimeError) -> OwnedDescriptor {
        try failing("cannot make a socket") { () throws(Errno) in
            OwnedDescriptor(
                adopting: try retrying {
                    socket(AF_UNIX, CInt(SOCK_SEQPACKET.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
                })
        }
    }

    private static func report(from socket: borrowing OwnedDescriptor) throws(RuntimeError) {
        var bytes = [UInt8](repeating: 0, count: 8192)
        let (number, size) = (socket.rawValue, bytes.count)
        let count = try failing("cannot hear from the container") { () throws(Errno) in
            try retrying { recv(number, &bytes, size, 0) }
        }
        let head = MemoryLayout<launch_report>.size
        if count == 0 { return }
        guard count >= head else {
            throw RuntimeError("the container's first process sent something else than a report")
        }
        let report = bytes.withUnsafeBytes { $0.loadUnaligned(as: launch_report.self) }
        throw RuntimeError(
            LaunchError(report, object: String(decoding: bytes[head..<count], as: UTF8.self)).description)
    }
}
