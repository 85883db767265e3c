// SPDX-License-Identifier: Apache-2.0

import CLinux

/// The wall clock when it was made, and from then on `CLOCK_BOOTTIME`: it never jumps, and goes on during suspend.
public struct BootClock: Sendable {
    private let offset: Int64

    public init() { offset = read(CLOCK_REALTIME) - read(CLOCK_BOOTTIME) }

    /// Nanoseconds since 1970.
    public var now: Int64 { read(CLOCK_BOOTTIME) + offset }

    /// A time of this clock as one of `CLOCK_BOOTTIME`, which timers take.
    public func bootTime(_ time: Int64) -> Int64 { time &- offset }
}

/// The wall clock (`CLOCK_REALTIME`): it jumps when somebody sets it.
public struct WallClock: Sendable {
    public init() {}

    /// Nanoseconds since 1970.
    public var now: Int64 { read(CLOCK_REALTIME) }
}

private func read(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    precondition(clock_gettime(clock, &time) == 0, "a clock of the kernel is missing")
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}
