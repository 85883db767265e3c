// SPDX-License-Identifier: Apache-2.0

import CLinux

/// Two connected unix sockets, close-on-exec. See `socketpair(2)`.
public struct SocketPair: ~Copyable, Sendable {
    public enum Kind: Sendable {
        /// Bytes without borders.
        case stream
        /// Whole messages, in order.
        case messages
    }

    public let ours: OwnedDescriptor
    public let theirs: OwnedDescriptor

    /// - Parameter nonBlocking: of our end; theirs blocks.
    public init(_ kind: Kind, nonBlocking: Bool) throws(Errno) {
        var descriptors: [CInt] = [-1, -1]
        let type = CInt(kind == .stream ? SOCK_STREAM.rawValue : SOCK_SEQPACKET.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        try retrying { socketpair(AF_UNIX, type, 0, &descriptors) }
        let one = OwnedDescriptor(adopting: descriptors[0])
        let other = OwnedDescriptor(adopting: descriptors[1])
        if nonBlocking { try one.makeNonBlocking() }
        ours = one
        theirs = other
    }

    /// Closes their end and gives ours.
    public consuming func takeOurs() -> OwnedDescriptor { ours }
}

extension OwnedDescriptor {
    /// Sets `O_NONBLOCK` on the open file. See `F_SETFL` in `fcntl(2)`.
    public borrowing func makeNonBlocking() throws(Errno) {
        let descriptor = rawValue
        let flags = try retrying { clinux_fcntl(descriptor, F_GETFL, 0) }
        try retrying { clinux_fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) }
    }
}

extension OwnedDescriptor {
    /// Sends what the socket takes at once. Never raises SIGPIPE. See `send(2)`.
    ///
    /// - Returns: how many bytes it took; 0 when it is full.
    /// - Throws: `EPIPE` or `ECONNRESET` when the other end is gone.
    public borrowing func sendNow(_ bytes: UnsafeRawBufferPointer) throws(Errno) -> Int {
        let socket = rawValue
        do throws(Errno) {
            return try retrying {
                CLinux.send(socket, bytes.baseAddress, bytes.count, CInt(MSG_DONTWAIT | MSG_NOSIGNAL))
            }
        } catch {
            if error == EAGAIN { return 0 }
            throw error
        }
    }

    /// Reads what has arrived on the socket. See `recv(2)`.
    ///
    /// - Returns: how many bytes; 0 at the end; nil when there is nothing now.
    public borrowing func receiveNow(into buffer: UnsafeMutableRawBufferPointer) throws(Errno) -> Int? {
        let socket = rawValue
        do throws(Errno) {
            return try retrying { recv(socket, buffer.baseAddress, buffer.count, CInt(MSG_DONTWAIT)) }
        } catch {
            if error == EAGAIN { return nil }
            throw error
        }
    }
}
