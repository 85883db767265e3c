// SPDX-License-Identifier: Apache-2.0

import CLinux
public import Linux

/// A way to end a pull from another thread, or from what a signal wakes. Once given it stays.
public final class PullCancellation: Sendable {
    private let event: OwnedDescriptor
    /// That ends this one, too.
    private let parent: PullCancellation?

    /// - Throws: when there is no descriptor left. See `eventfd(2)`.
    public convenience init() throws(Errno) { try self.init(within: nil) }

    init(within parent: PullCancellation?) throws(Errno) {
        event = OwnedDescriptor(adopting: try retrying { eventfd(0, CInt(EFD_CLOEXEC | EFD_NONBLOCK)) })
        self.parent = parent
    }

    /// Ends the pull soon. What it has got of blobs is kept.
    public func cancel() {
        // That the counter is full means that it was given.
        var one: UInt64 = 1
        _ = CLinux.write(event.rawValue, &one, MemoryLayout<UInt64>.size)
    }

    public var isCancelled: Bool { !waits(for: -1, milliseconds: 0) }

    /// Waits until `descriptor` can be read (−1: none), the time is over (−1: never), or it is cancelled. A signal ends it
    /// early.
    ///
    /// - Returns: false when it is cancelled.
    func waits(for descriptor: CInt, milliseconds: CInt) -> Bool {
        let descriptors = [event.rawValue, parent?.event.rawValue ?? -1, descriptor]
        var entries = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        guard poll(&entries, nfds_t(entries.count), milliseconds) > 0 else { return true }
        return entries[0].revents == 0 && entries[1].revents == 0
    }
}
