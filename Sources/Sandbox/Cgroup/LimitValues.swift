// SPDX-License-Identifier: Apache-2.0

import CLinux

/// A CPU limit as time in each period, the same on v1 and v2.
enum CPUQuota {
    static let periodMicroseconds: Int64 = 100_000

    /// The kernel takes no quota below 1 ms.
    static func microseconds(millicores: Int64) -> Int64 {
        max(1000, millicores.multipliedReportingOverflow(by: periodMicroseconds / 1000).partialValue)
    }
}

/// `cpu.shares` of v1 as `cpu.weight` of v2.
package enum CPUWeight {
    /// 2…262144 to 1…10000 along a curve on which 1024, one CPU's worth and v1's default, is 100, v2's default
    /// (KEP-2254, runc 1.3.2 and later; the straight line of earlier versions makes it 39).
    package static func weight(shares: UInt64) -> UInt64 {
        if shares <= 2 { return 1 }
        if shares >= 262_144 { return 10_000 }
        let exponent = log2(Double(shares))
        return UInt64(pow(10, (exponent * exponent + 125 * exponent) / 612 - 7.0 / 34).rounded(.up))
    }
}

/// The kernel keeps memory limits in whole pages.
enum PageRounding {
    static let pageSize = clinux_page_size()

    /// True when `held` is `bytes` but for less than a page, or "no limit" for a number that means it.
    static func matches(_ held: String, _ bytes: Int64) -> Bool {
        guard let number = Int64(held) else { return held == "max" && bytes > Int64.max - pageSize }
        return number <= bytes && bytes - number < pageSize
    }
}

/// A file of lines `key value`. See "Flat keyed" in the kernel's cgroup-v2 documentation.
enum KeyedFile {
    static func value(_ key: String, in text: String) -> Int64? {
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2 && words[0] == key { return Int64(words[1]) }
        }
        return nil
    }
}
