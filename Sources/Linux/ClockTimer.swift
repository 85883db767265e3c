// SPDX-License-Identifier: Apache-2.0

import CLinux

/// A timer on one of the kernel's clocks that makes its descriptor readable. See `timerfd_create(2)`.
public struct ClockTimer: ~Copyable, Sendable {
    public enum Clock: Sendable {
        /// `CLOCK_BOOTTIME`.
        case boot
        /// `CLOCK_REALTIME`. When it is set, the timer goes with it: one whose time has passed goes off at once.
        case wall
    }

    public let descriptor: OwnedDescriptor

    public init(_ clock: Clock) throws(Errno) {
        let number = clock == .boot ? CLOCK_BOOTTIME : CLOCK_REALTIME
        descriptor = OwnedDescriptor(
            adopting: try retrying { timerfd_create(number, CInt(TFD_CLOEXEC | TFD_NONBLOCK)) })
    }

    /// Sets when it goes off, once; a time that has passed: at once. nil: never.
    ///
    /// - Parameter time: nanoseconds of its clock.
    public borrowing func set(_ time: Int64?) throws(Errno) {
        var setting = itimerspec()
        if let time {
            let time = max(1, time)
            setting.it_value = timespec(tv_sec: Int(time / 1_000_000_000), tv_nsec: Int(time % 1_000_000_000))
        }
        let timer = descriptor.rawValue
        try retrying { timerfd_settime(timer, CInt(TFD_TIMER_ABSTIME), &setting, nil) }
    }

    /// Takes note that it went off, so that its descriptor is no longer readable.
    public borrowing func acknowledge() throws(Errno) {
        do throws(Errno) {
            var expirations: UInt64 = 0
            _ = try withUnsafeMutableBytes(of: &expirations) { bytes throws(Errno) in try descriptor.read(into: bytes) }
        } catch {
            if error != EAGAIN { throw error }
        }
    }
}
