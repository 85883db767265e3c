// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// All that we may show to registries: what the caller gives (pull secrets), then the user's own files.
public struct RegistryCredentials: Hashable, Sendable {
    private let files: [CredentialFile]
    /// What credential helpers are started with: they find their own settings there.
    private let environment: [String: String]

    /// - Parameter files: in the order in which they are tried.
    public init(_ files: [CredentialFile] = [], environment: [String: String] = [:]) {
        self.files = files
        self.environment = environment
    }

    /// Pull secrets, and then the files that podman and docker write for this user, of those that are there:
    /// `REGISTRY_AUTH_FILE` alone; else `$XDG_RUNTIME_DIR/containers/auth.json` (root: `/run/containers/0/auth.json`),
    /// `~/.config/containers/auth.json`, and `config.json` in `$DOCKER_CONFIG` or `~/.docker`.
    ///
    /// - Throws: `configuration` when one can't be read.
    public static func ofUser(
        environment: [String: String], secrets: [CredentialFile] = []
    ) throws(RegistryError) -> RegistryCredentials {
        var files = secrets
        for path in paths(environment) {
            if let text = try read(path) { files.append(try CredentialFile(text, name: path)) }
        }
        return RegistryCredentials(files, environment: environment)
    }

    static func paths(_ environment: [String: String]) -> [String] {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        if let own = value("REGISTRY_AUTH_FILE") { return [own] }
        var paths: [String] = []
        if let run = value("XDG_RUNTIME_DIR") { paths.append("\(run)/containers/auth.json") }
        paths.append("/run/containers/\(geteuid())/auth.json")
        let home = value("HOME")
        if let config = value("XDG_CONFIG_HOME") ?? home.map({ "\($0)/.config" }) {
            paths.append("\(config)/containers/auth.json")
        }
        if let docker = value("DOCKER_CONFIG") ?? home.map({ "\($0)/.docker" }) {
            paths.append("\(docker)/config.json")
        }
        return paths
    }

    /// - Returns: nil when there is no such file.
    private static func read(_ path: String) throws(RegistryError) -> [UInt8]? {
        do throws(Errno) {
            return try OwnedDescriptor.open(path, O_RDONLY).readAll(limit: 1 << 20)
        } catch {
            if error == ENOENT || error == ENOTDIR { return nil }
            throw RegistryError(.configuration, path, "cannot be read: \(error)")
        }
    }

    /// What to try for a repository, in order: of each file the longest match first, each credential once.
    ///
    /// - Throws: `configuration` when a credential helper that is to be asked fails.
    func candidates(
        registry: String, path: String, cancellation: PullCancellation
    ) throws(RegistryError) -> [RegistryCredential] {
        var found: [RegistryCredential] = []
        for file in files {
            for credential in try Self.candidates(file, registry, path, environment, cancellation)
            where !found.contains(credential) {
                found.append(credential)
            }
        }
        return found
    }

    private static func candidates(
        _ file: CredentialFile, _ registry: String, _ path: String, _ environment: [String: String],
        _ cancellation: PullCancellation
    ) throws(RegistryError) -> [RegistryCredential] {
        let ranked = file.helpers.compactMap { helper in
            helper.pattern.rank(registry: registry, path: path).map { (rank: $0, helper: helper) }
        }
        if let helper = ranked.max(by: { $0.rank < $1.rank })?.helper {
            let answer = try CredentialHelper(program: helper.program, environment: environment, file: file.name)
                .credential(for: helper.key, cancellation: cancellation)
            if let answer { return [answer] }
        }
        let entries = file.entries.enumerated().compactMap { index, entry in
            entry.pattern.rank(registry: registry, path: path).map { (rank: $0, index: index, entry.credential) }
        }
        if !entries.isEmpty {
            return entries.sorted { ($1.rank, $0.index) < ($0.rank, $1.index) }.map(\.2)
        }
        guard let store = file.store else { return [] }
        let key = registry == "docker.io" ? "https://index.docker.io/v1/" : registry
        let answer = try CredentialHelper(program: store, environment: environment, file: file.name)
            .credential(for: key, cancellation: cancellation)
        return answer.map { [$0] } ?? []
    }
}
