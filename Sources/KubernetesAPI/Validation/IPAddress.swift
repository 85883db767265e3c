// SPDX-License-Identifier: Apache-2.0

/// Whether a text is an IPv4 or IPv6 address, without a zone; no number of an IPv4 address begins with a needless 0.
package func isIPAddress(_ text: String) -> Bool { isIPv4(text[...]) || isIPv6(text) }

/// What is wrong with the text of an IP address, in the words of `k8s.io/apimachinery/pkg/util/validation`.
func addressFaults(_ text: String) -> [String] {
    isIPAddress(text) ? [] : ["must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"]
}

private func isIPv4(_ text: Substring) -> Bool {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts.allSatisfy(isIPv4Number)
}

private func isIPv4Number(_ text: Substring) -> Bool {
    guard (1...3).contains(text.utf8.count), text.utf8.allSatisfy(\.isDigit), UInt8(text) != nil else { return false }
    return text.utf8.count == 1 || text.utf8.first != UInt8(ascii: "0")
}

/// Eight groups of up to four hexadecimal digits. Once, "::" stands for one or more groups of zeros; the last two groups
/// may be an IPv4 address. See RFC 4291, 2.2.
private func isIPv6(_ text: String) -> Bool {
    var parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count > 2 else { return false }
    if parts.starts(with: ["", ""]) { parts.removeFirst() }
    if parts.suffix(2) == ["", ""] { parts.removeLast() }
    let gaps = parts.count { $0.isEmpty }
    guard gaps == (text.contains("::") ? 1 : 0) else { return false }
    var groups = 0
    for (index, part) in parts.enumerated() where !part.isEmpty {
        if index == parts.count - 1, isIPv4(part) {
            groups += 2
        } else if part.utf8.count <= 4, part.utf8.allSatisfy(\.isHexadecimalDigit) {
            groups += 1
        } else {
            return false
        }
    }
    return gaps == 0 ? groups == 8 : groups <= 7
}

extension UInt8 {
    fileprivate var isHexadecimalDigit: Bool {
        isDigit || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(self | 0x20)
    }
}
