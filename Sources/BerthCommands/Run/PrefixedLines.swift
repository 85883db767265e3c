// SPDX-License-Identifier: Apache-2.0

import PodPlan

/// Cuts what many containers write at the same time into whole lines, each with its pod's name in front.
struct PrefixedLines {
    private struct Source: Hashable {
        var label: String
        var stream: OutputStream
    }

    /// A line that grows longer than this is given out in parts, so that a container cannot fill our memory.
    private static let longest = 64 << 10

    private let color: Bool
    private var unfinished: [Source: [UInt8]] = [:]

    init(color: Bool) { self.color = color }

    /// - Parameter label: `pod` or `pod/container`.
    /// - Returns: the lines that are whole now, prefixed.
    mutating func add(_ bytes: [UInt8], of label: String, stream: OutputStream) -> [UInt8] {
        let source = Source(label: label, stream: stream)
        var rest = unfinished.removeValue(forKey: source) ?? []
        rest += bytes
        var result: [UInt8] = []
        var start = rest.startIndex
        while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
            result += prefix(label) + rest[start...end]
            start = end + 1
        }
        if rest.count - start > Self.longest {
            result += prefix(label) + rest[start...] + [UInt8(ascii: "\n")]
            start = rest.endIndex
        }
        if start < rest.endIndex { unfinished[source] = Array(rest[start...]) }
        return result
    }

    /// What is left without an end of line: of this pod, or of all.
    mutating func finish(pod: String?) -> [(OutputStream, [UInt8])] {
        let ended = unfinished.keys.filter { source in
            guard let pod else { return true }
            return source.label == pod || source.label.hasPrefix(pod + "/")
        }
        return ended.sorted { ($0.label, $0.stream.rawValue) < ($1.label, $1.stream.rawValue) }.compactMap { source in
            unfinished.removeValue(forKey: source).map {
                (source.stream, prefix(source.label) + $0 + [UInt8(ascii: "\n")])
            }
        }
    }

    private func prefix(_ label: String) -> [UInt8] { Array(Color.dim("[\(label)] ", color).utf8) }
}
