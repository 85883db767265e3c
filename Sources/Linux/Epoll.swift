// SPDX-License-Identifier: Apache-2.0

import CLinux

/// A set of descriptors to wait for. See `epoll(7)`.
public struct Epoll: ~Copyable, Sendable {
    public let descriptor: OwnedDescriptor

    public init() throws(Errno) {
        descriptor = OwnedDescriptor(adopting: try retrying { epoll_create1(CInt(EPOLL_CLOEXEC)) })
    }

    /// What a descriptor is ready for, with the word that it was added with.
    public struct Event: Sendable {
        public let token: UInt64
        public let events: UInt32

        public var isReadable: Bool { events & Epoll.readable != 0 }
        public var isWritable: Bool { events & Epoll.writable != 0 }
        /// The other end is gone, or something is wrong with the descriptor. Comes unasked.
        public var isHangUp: Bool { events & (EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0 }
    }

    public static let readable = EPOLLIN.rawValue
    public static let writable = EPOLLOUT.rawValue

    /// - Throws: `EEXIST` when it is in the set already.
    public borrowing func add(_ descriptor: CInt, _ events: UInt32, token: UInt64) throws(Errno) {
        try control(EPOLL_CTL_ADD, descriptor, events, token)
    }

    /// - Throws: `ENOENT` when it isn't in the set.
    public borrowing func modify(_ descriptor: CInt, _ events: UInt32, token: UInt64) throws(Errno) {
        try control(EPOLL_CTL_MOD, descriptor, events, token)
    }

    /// - Throws: `ENOENT` when it isn't in the set.
    public borrowing func remove(_ descriptor: CInt) throws(Errno) {
        try control(EPOLL_CTL_DEL, descriptor, 0, 0)
    }

    private borrowing func control(_ operation: CInt, _ target: CInt, _ events: UInt32, _ token: UInt64) throws(Errno) {
        var event = epoll_event()
        event.events = events
        event.data.u64 = token
        let epoll = descriptor.rawValue
        try retrying { epoll_ctl(epoll, operation, target, &event) }
    }

    /// Waits until something is ready.
    ///
    /// - Parameters:
    ///   - milliseconds: how long at most; −1: for ever.
    ///   - body: called once for each that is ready, 64 at most.
    /// - Returns: how many were ready; 0 when the time is over.
    @discardableResult
    public borrowing func wait(milliseconds: CInt, _ body: (Event) -> Void) throws(Errno) -> Int {
        var ready = InlineArray<64, epoll_event>(repeating: epoll_event())
        let epoll = descriptor.rawValue
        var span = ready.mutableSpan
        let count = try span.withUnsafeMutableBufferPointer { buffer throws(Errno) in
            try retrying { epoll_wait(epoll, buffer.baseAddress, CInt(buffer.count), milliseconds) }
        }
        for index in 0..<Int(count) {
            body(Event(token: ready[index].data.u64, events: ready[index].events))
        }
        return Int(count)
    }
}
