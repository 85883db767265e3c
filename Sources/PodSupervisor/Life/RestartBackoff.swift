// SPDX-License-Identifier: Apache-2.0

/// How long a container waits before it is started again, as the kubelet counts it.
///
/// The first restart is at once; each later one waits twice as long as the one before, from the base up to the cap,
/// counted from the end. A container that ends more than twice the cap after its delay was last raised starts afresh.
struct RestartBackoff: Hashable, Sendable {
    let base: Int64
    let cap: Int64
    private var delay: Int64 = 0
    private var raisedAt: Int64?

    /// - Parameters: nanoseconds.
    init(base: Int64, cap: Int64) {
        self.cap = max(0, cap)
        self.base = min(max(0, base), self.cap)
    }

    /// The delay of the restart that follows an end at this time.
    func delay(endedAt: Int64) -> Int64 { isExpired(endedAt) ? 0 : delay }

    /// Takes note that a container which ended at `endedAt` has been started again at `now`.
    mutating func restarted(endedAt: Int64, now: Int64) {
        let doubled = delay.multipliedReportingOverflow(by: 2)
        delay = isExpired(endedAt) || delay == 0 ? base : min(cap, doubled.overflow ? cap : doubled.partialValue)
        raisedAt = now
    }

    private func isExpired(_ endedAt: Int64) -> Bool {
        guard let raisedAt else { return true }
        let (span, overflow) = cap.multipliedReportingOverflow(by: 2)
        return !overflow && endedAt - raisedAt > span
    }
}

/// Nanoseconds as Go prints a duration: "10s", "1m20s", "40ms".
func goDuration(_ nanoseconds: Int64) -> String {
    if nanoseconds < 1_000_000_000 { return "\(fraction(nanoseconds, of: 1_000_000))ms" }
    let (minutes, rest) = nanoseconds.quotientAndRemainder(dividingBy: 60_000_000_000)
    let seconds = "\(fraction(rest, of: 1_000_000_000))s"
    if minutes == 0 { return seconds }
    let (hours, minute) = minutes.quotientAndRemainder(dividingBy: 60)
    return hours == 0 ? "\(minute)m\(seconds)" : "\(hours)h\(minute)m\(seconds)"
}

/// `value / unit` in decimals, without zeros at the end. `unit` is a power of ten.
private func fraction(_ value: Int64, of unit: Int64) -> String {
    let (whole, rest) = value.quotientAndRemainder(dividingBy: unit)
    if rest == 0 { return "\(whole)" }
    var digits = String(String(unit + rest).dropFirst())
    while digits.hasSuffix("0") { digits.removeLast() }
    return "\(whole).\(digits)"
}
