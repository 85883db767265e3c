// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI

extension Duration {
    /// As `kubectl` prints ages: "850ms", "12s", "3m20s", "2h5m".
    var brief: String {
        let milliseconds = components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
        if milliseconds <= 0 { return "0s" }
        if milliseconds < 1000 { return "\(milliseconds)ms" }
        if milliseconds < 10_000 { return "\(milliseconds / 1000).\(milliseconds % 1000 / 100)s" }
        let seconds = milliseconds / 1000
        if seconds < 120 { return "\(seconds)s" }
        if seconds < 3600 { return seconds % 60 == 0 ? "\(seconds / 60)m" : "\(seconds / 60)m\(seconds % 60)s" }
        return "\(seconds / 3600)h\(seconds % 3600 / 60)m"
    }

    /// Seconds with three decimals, as JUnit wants them: "1.250".
    var decimalSeconds: String {
        let milliseconds = max(0, components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000)
        let fraction = String(milliseconds % 1000)
        return "\(milliseconds / 1000)." + String(repeating: "0", count: 3 - fraction.count) + fraction
    }
}

/// An amount of memory in binary units with one decimal: "12.3Mi".
func binarySize(_ bytes: Int64) -> String {
    let units = ["", "Ki", "Mi", "Gi", "Ti"]
    var tenths = bytes.multipliedReportingOverflow(by: 10).overflow ? Int64.max : bytes * 10
    var unit = 0
    while tenths >= 10_240, unit < units.count - 1 {
        tenths /= 1024
        unit += 1
    }
    return tenths % 10 == 0 || unit == 0
        ? "\(tenths / 10)\(units[unit])" : "\(tenths / 10).\(tenths % 10)\(units[unit])"
}

/// A duration as Go writes it: "1.5s", "100ms", "1m30s", "0".
///
/// - Returns: nil when it is not one, or is negative.
func parseDuration(_ text: String) -> Duration? {
    if text == "0" { return .zero }
    let units: [(String, Int64)] = [
        ("ns", 1), ("us", 1000), ("µs", 1000), ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000),
        ("h", 3_600_000_000_000),
    ]
    var rest = text[...]
    var total: Double = 0
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
        let number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        rest = rest.dropFirst(number.count)
        let name = rest.prefix { !$0.isNumber && $0 != "." }
        rest = rest.dropFirst(name.count)
        guard let value = Double(number), let unit = units.first(where: { $0.0 == name }) else { return nil }
        total += value * Double(unit.1)
    }
    return total < 9e18 ? .nanoseconds(Int64(total)) : nil
}
