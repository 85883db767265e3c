// SPDX-License-Identifier: Apache-2.0

import CLinux

/// A timer on `CLOCK_BOOTTIME` that makes its descriptor readable. See `timerfd_create(2)`.
public struct BootTimer: ~Copyable, Sendable {
    public let descriptor: OwnedDescriptor

    public init() throws(Errno) {
        descriptor = OwnedDescriptor(
            adopting: try retrying { timerfd_create(CLOCK_BOOTTIME, CInt(TFD_CLOEXEC | TFD_NONBLOCK)) })
    }

    /// Sets when it goes off, once; a time that has passed: at once. nil: never.
    ///
    /// - Parameter bootTime: nanoseconds of `CLOCK_BOOTTIME`.
    public borrowing func set(_ bootTime: Int64?) throws(Errno) {
        var setting = itimerspec()
        if let bootTime {
            let time = max(1, bootTime)
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
