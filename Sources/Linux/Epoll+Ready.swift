// SPDX-License-Identifier: Apache-2.0

import CLinux

extension Epoll {
    /// Waits until something is ready, however long that takes.
    ///
    /// - Returns: what is ready, 16 at most; the others come with the next call.
    public borrowing func ready(milliseconds: CInt = -1) throws(Errno) -> [Event] {
        var room = InlineArray<16, epoll_event>(repeating: epoll_event())
        let epoll = descriptor.rawValue
        var span = room.mutableSpan
        let count = try span.withUnsafeMutableBufferPointer { buffer throws(Errno) in
            try retrying { epoll_wait(epoll, buffer.baseAddress, CInt(buffer.count), milliseconds) }
        }
        return (0..<Int(count)).map { Event(token: room[$0].data.u64, events: room[$0].events) }
    }
}
