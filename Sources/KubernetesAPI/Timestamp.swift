// SPDX-License-Identifier: Apache-2.0

/// An instant of the API (`metav1.Time`): nanoseconds since 1970-01-01T00:00:00Z. Passed in, never asked of a clock here.
package struct Timestamp: Hashable, Comparable, Sendable {
    package var nanoseconds: Int64

    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }
    package init(seconds: Int64) { self.nanoseconds = seconds * 1_000_000_000 }

    package static func < (left: Timestamp, right: Timestamp) -> Bool { left.nanoseconds < right.nanoseconds }
    package static func + (left: Timestamp, right: Duration) -> Timestamp {
        let (sum, overflows) = left.nanoseconds.addingReportingOverflow(right.wholeNanoseconds)
        return overflows ? (right < .zero ? Timestamp(nanoseconds: .min) : .distantFuture) : Timestamp(nanoseconds: sum)
    }
    /// The latest time there is: what a sum beyond it comes to.
    package static let distantFuture = Timestamp(nanoseconds: .max)

    package static func - (left: Timestamp, right: Timestamp) -> Duration {
        .nanoseconds(left.nanoseconds - right.nanoseconds)
    }
}

extension Duration {
    /// The duration in nanoseconds; what is finer is cut. One that is too long is the longest there is.
    package var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, isTooLong) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, isTooLongNow) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        return isTooLong || isTooLongNow ? (seconds < 0 ? .min : .max) : sum
    }
}
