// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// The end of a log in the CRI format (`<time> <stream> <P|F> <text>`).
enum LogTail {
    /// What is read from the end of the file at most, in bytes.
    private static let window = 64 << 10

    /// The last lines as the container wrote them; partial ones are joined. Empty when there is no log.
    static func read(_ path: String, lines wanted: Int) -> [String] {
        guard let file = try? OwnedDescriptor.open(path, O_RDONLY) else { return [] }
        let size = lseek(file.rawValue, 0, SEEK_END)
        let start = max(0, Int(size) - window)
        guard size > 0, lseek(file.rawValue, off_t(start), SEEK_SET) >= 0,
            let bytes = try? file.readAll(limit: window + 4096)
        else { return [] }
        // Bytes: to Swift a "\r\n" is one character.
        var raw = bytes.split(separator: UInt8(ascii: "\n")).map { Substring(decoding: $0, as: UTF8.self) }
        if start > 0, !raw.isEmpty { raw.removeFirst() }
        return Array(joined(raw).suffix(wanted))
    }

    private static func joined(_ raw: [Substring]) -> [String] {
        var result: [String] = []
        var partial: [Substring: String] = [:]
        for line in raw {
            let fields = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
            guard fields.count == 4 else { continue }
            let text = (partial.removeValue(forKey: fields[1]) ?? "") + fields[3]
            if fields[2].hasPrefix("P") { partial[fields[1]] = text } else { result.append(text) }
        }
        return result + partial.values
    }
}
