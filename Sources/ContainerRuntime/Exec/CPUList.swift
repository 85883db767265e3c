// SPDX-License-Identifier: Apache-2.0

/// A list of CPUs such as `0-3,7`, as a mask for sched_setaffinity(2).
enum CPUList {
    private static let highest = 8191

    /// - Parameter what: the property, for the error.
    static func mask(_ text: String, _ what: String) throws(RuntimeError) -> [UInt8] {
        var mask: [UInt8] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false).map { number($0) }
            guard let first = ends[0], let last = ends[ends.count - 1], first <= last, last <= highest else {
                throw RuntimeError("\(what): `\(text)` is no list of CPUs like 0-3,7")
            }
            // The kernel takes whole words.
            let size = (last / 64 + 1) * 8
            if mask.count < size { mask += [UInt8](repeating: 0, count: size - mask.count) }
            for cpu in first...last { mask[cpu / 8] |= 1 << UInt8(cpu % 8) }
        }
        return mask
    }

    private static func number(_ text: Substring) -> Int? {
        let digits = text.utf8.drop { $0 == UInt8(ascii: " ") }
        guard !digits.isEmpty, digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            return nil
        }
        return Int(String(Substring(digits)))
    }
}
