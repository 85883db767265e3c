// SPDX-License-Identifier: Apache-2.0

import ImageStore

/// The bytes are taken for each of the things that come from a registry, or from a file about one.
func brokenByRegistry(_ bytes: [UInt8]) -> String? {
    if let sentence = brokenByHead(bytes) { return sentence }
    if let words = RegistryComplaint.words(bytes, mediaType: "text/plain") {
        let isPlain = words.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
        guard isPlain, words.count <= 1000 else { return "its complaint is no plain words" }
    }
    do throws(RegistryError) {
        _ = try CredentialFile(bytes, name: "fuzz")
    } catch {
        if error.problem.isEmpty { return "an error without a word" }
    }
    guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
    _ = AuthChallenge.parse(text)
    _ = RetryAfter.seconds(text, now: 0)
    return brokenByAddress(text)
}

/// However a head is cut into pieces, it is the same head.
private func brokenByHead(_ bytes: [UInt8]) -> String? {
    guard bytes.count < 4096 else { return nil }
    var whole = HTTPHead.Reader()
    let step = bytes.withUnsafeBytes { whole.take($0) }
    guard case .done(let head, let rest) = step else { return nil }
    _ = (head.length, head.mediaType, head.range)
    var pieces = HTTPHead.Reader()
    for (index, byte) in bytes.enumerated() {
        guard case .done(let same, _) = withUnsafeBytes(of: byte, { pieces.take($0) }) else { continue }
        return same == head && index + 1 == bytes.count - rest.count ? nil : "byte by byte it is another head"
    }
    return "byte by byte it is no head"
}

/// An address prints as itself, a redirection leads to one, and both are one line of curl's configuration.
private func brokenByAddress(_ text: String) -> String? {
    guard let start = HTTPAddress("https://registry.example/v2/x?y") else { return "no address to start from" }
    for address in [HTTPAddress(text), start.following(text)] {
        guard let address else { continue }
        if HTTPAddress(address.description) != address { return "\(address) is another address" }
        guard let lines = HTTPRequest(address).curlConfiguration?.utf8.count(where: { $0 == 10 }) else {
            return "\(address) can't be given to curl"
        }
        if lines != HTTPRequest(start).curlConfiguration?.utf8.count(where: { $0 == 10 }) {
            return "\(address) is more than one line"
        }
    }
    var request = HTTPRequest(start)
    request.headers = [.init(name: "Authorization", value: text)]
    guard let configuration = request.curlConfiguration else { return nil }
    let plain = HTTPRequest(start).curlConfiguration?.utf8.count { $0 == 10 } ?? 0
    return configuration.utf8.count { $0 == 10 } == plain + 1 ? nil : "a header is more than one line"
}
