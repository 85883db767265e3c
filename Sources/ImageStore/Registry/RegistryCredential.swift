// SPDX-License-Identifier: Apache-2.0

/// What shows a registry who we are.
public enum RegistryCredential: Hashable, Sendable {
    case password(user: String, password: String)
    /// A token that the registry's token server changes for others. See "oauth2" in the distribution project's documents.
    case identityToken(String)
    /// A token for the registry itself.
    case registryToken(String)

    /// `Basic` as RFC 7617 has it.
    static func basic(user: String, password: String) -> String {
        "Basic " + Base64.encode(Array("\(user):\(password)".utf8))
    }
}

/// Base64 of RFC 4648 with padding, as the credential files and HTTP use it.
enum Base64 {
    private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var bits = UInt32(0)
            for offset in 0..<3 { bits = bits << 8 | (offset < group.count ? UInt32(group[start + offset]) : 0) }
            for place in 0..<4 {
                let letter = letters[Int(bits >> UInt32(18 - 6 * place) & 63)]
                text.append(place > group.count ? UInt8(ascii: "=") : letter)
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// - Returns: nil for what is no base64, or has bits beyond its last byte.
    static func decode(_ text: String) -> [UInt8]? {
        let letters = text.utf8.filter { $0 != 10 && $0 != 13 }
        let content = letters.prefix { $0 != UInt8(ascii: "=") }
        guard letters.count % 4 == 0, letters.count - content.count <= 2, content.count % 4 != 1,
            letters[content.count...].allSatisfy({ $0 == UInt8(ascii: "=") })
        else { return nil }
        var bytes: [UInt8] = []
        var (bits, count) = (UInt32(0), 0)
        for letter in content {
            guard let value = Self.letters.firstIndex(of: letter) else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 6
            guard count >= 8 else { continue }
            count -= 8
            bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            bits &= (1 << UInt32(count)) - 1
        }
        return bits == 0 ? bytes : nil
    }
}
