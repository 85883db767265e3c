// SPDX-License-Identifier: Apache-2.0

import Linux
import OCI

/// One `auth.json` or docker's `config.json`, or what an `imagePullSecret` holds: who we are, by registry.
///
/// See `containers-auth.json(5)`, and "Use images from private registries" in Kubernetes's documentation.
public struct CredentialFile: Hashable, Sendable {
    /// For messages: a path, or what the secret is called.
    let name: String
    private(set) var entries: [Entry] = []
    /// `credHelpers`: the program's name by registry.
    private(set) var helpers: [Helper] = []
    /// `credsStore`: the program that knows all that no other entry does.
    private(set) var store: String?

    struct Entry: Hashable, Sendable {
        let pattern: RegistryPattern
        let credential: RegistryCredential
    }

    struct Helper: Hashable, Sendable {
        let pattern: RegistryPattern
        /// As the file has it: the helper gets it.
        let key: String
        let program: String
    }

    /// - Parameters:
    ///   - name: for messages.
    ///   - isLegacy: the text is a `.dockercfg`: the entries without `auths` around.
    /// - Throws: `configuration`: which member is wrong. No message has a secret in it.
    public init(_ text: [UInt8], name: String, isLegacy: Bool = false) throws(RegistryError) {
        self.name = name
        do throws(JSONError) {
            let root = JSONNode(try JSONValue(parsing: text))
            if let auths = isLegacy ? root : try root.member("auths") {
                for (key, node) in try auths.members() {
                    guard let credential = try Self.credential(node) else { continue }
                    entries.append(Entry(pattern: RegistryPattern(key), credential: credential))
                }
            }
            guard !isLegacy else { return }
            for (key, node) in try root.member("credHelpers")?.members() ?? [] {
                helpers.append(Helper(pattern: RegistryPattern(key), key: key, program: try Self.program(node)))
            }
            if let node = try root.member("credsStore") {
                let program = try Self.program(node)
                store = program.isEmpty ? nil : program
            }
        } catch {
            throw RegistryError(.configuration, name, "\(error)")
        }
    }

    /// - Returns: nil for an entry that says nothing, as docker leaves them for its credential stores.
    private static func credential(_ node: JSONNode) throws(JSONError) -> RegistryCredential? {
        if let token = try node.optional("identitytoken", as: String.self), !token.isEmpty {
            return .identityToken(token)
        }
        if let token = try node.optional("registrytoken", as: String.self), !token.isEmpty {
            return .registryToken(token)
        }
        if let auth = try node.optional("auth", as: String.self), !auth.isEmpty {
            guard let bytes = Base64.decode(auth.trimmed), let text = String(validating: bytes, as: UTF8.self),
                let colon = text.utf8.firstIndex(of: UInt8(ascii: ":"))
            else { throw JSONError(path: "", "an `auth` in it is not the base64 of USER:PASSWORD") }
            // Docker pads with zero bytes.
            let password = text.utf8[text.utf8.index(after: colon)...]
            let end = password.lastIndex { $0 != 0 }.map { password.index(after: $0) } ?? password.startIndex
            return .password(user: String(text[..<colon]), password: String(password[..<end]) ?? "")
        }
        guard let user = try node.optional("username", as: String.self), !user.isEmpty else { return nil }
        return .password(user: user, password: try node.value("password", or: ""))
    }

    /// A name that becomes part of a program's: it leads nowhere else.
    private static func program(_ node: JSONNode) throws(JSONError) -> String {
        let name = try String(from: node)
        let isName = name.utf8.allSatisfy {
            (48...57).contains($0) || (97...122).contains($0) || (65...90).contains($0) || "-_.".utf8.contains($0)
        }
        guard isName else { throw node.error("`\(name)` is no name of a credential helper") }
        return name
    }
}

/// The key of an entry: `host[:port][/path]`, where the host's labels may be patterns, as in `*.example.com`.
struct RegistryPattern: Hashable, Sendable {
    private let host: String
    private let path: [Substring]

    /// Old files have addresses, as in `https://index.docker.io/v1/`.
    init(_ key: String) {
        var text = key[...]
        for scheme in ["https://", "http://"] where text.hasPrefix(scheme) { text = text.dropFirst(scheme.count) }
        var parts = String(text).pathParts.filter { !$0.isEmpty }
        if parts.count == 2, parts[1] == "v1" || parts[1] == "v2" { parts.removeLast() }
        let host = parts.first.map { $0.lowercased() } ?? ""
        self.host = Self.dockerHub.contains(host) ? "docker.io" : host
        path = Array(parts.dropFirst())
    }

    private static let dockerHub = ["index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"]

    /// How exactly it means this repository; nil: not at all. More parts of the path are more than an exact host.
    func rank(registry: String, path repository: String) -> Int? {
        let parts = repository.pathParts
        guard parts.starts(with: path), let exact = matches(host: registry.lowercased()) else { return nil }
        return path.count * 2 + (exact ? 1 : 0)
    }

    /// - Returns: whether it is that very host; nil: it is another.
    private func matches(host other: String) -> Bool? {
        if host == other { return true }
        guard host.utf8.contains(UInt8(ascii: "*")) || host.utf8.contains(UInt8(ascii: "?")) else { return nil }
        let mine = host.split(separator: ".", omittingEmptySubsequences: false)
        let theirs = other.split(separator: ".", omittingEmptySubsequences: false)
        guard mine.count == theirs.count else { return nil }
        return zip(mine, theirs).allSatisfy { Self.glob(Array($0.utf8)[...], Array($1.utf8)[...]) } ? false : nil
    }

    private static func glob(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
        guard let first = pattern.first else { return text.isEmpty }
        let rest = pattern.dropFirst()
        if first == UInt8(ascii: "*") {
            return glob(rest, text) || !text.isEmpty && glob(pattern, text.dropFirst())
        }
        guard let letter = text.first, first == letter || first == UInt8(ascii: "?") else { return false }
        return glob(rest, text.dropFirst())
    }
}
