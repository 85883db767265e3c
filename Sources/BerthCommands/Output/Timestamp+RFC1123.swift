// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI

extension Timestamp {
    /// As `kubectl describe` prints times: "Mon, 23 Nov 2026 15:04:05 +0000".
    var rfc1123: String {
        let text = Array(rfc3339)  // 2026-11-23T15:04:05Z
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]  // 1970-01-01 was a Thursday
        let day = Int((nanoseconds / 86_400_000_000_000) % 7)
        guard text.count >= 20, nanoseconds >= 0, let month = Int(String(text[5...6])) else { return rfc3339 }
        return
            "\(days[day]), \(String(text[8...9])) \(months[month - 1]) \(String(text[0...3])) \(String(text[11...18])) +0000"
    }
}
