// SPDX-License-Identifier: Apache-2.0

import CLinux
package import ImageStore
package import KubernetesAPI
import Linux
import Manifest

/// `/etc/berth/registries.yaml`: where images are pulled from.
///
///     search: [docker.io]                  # where names without a registry are looked for, in this order
///     aliases:
///       perl: docker.io/library/perl       # what a name without a registry means, whatever the search says
///     registries:
///       docker.io:
///         mirrors:                         # asked first, in this order
///         - url: http://127.0.0.1:5000/hub
///       registry.example.com:
///         ca: /etc/berth/example.pem       # trusted there, beside the machine's own
///       old.example.com:
///         insecure: true                   # any certificate will do, and plain HTTP where no TLS is spoken
package struct RegistriesFile {
    package static let path = "/etc/berth/registries.yaml"

    private var search: [String]?
    private var aliases: [String: String] = [:]
    private var registries: [String: RegistryEntry] = [:]

    package init() {}

    /// Why a file can't be used: all that is wrong with it.
    package struct Refusal: Error, CustomStringConvertible {
        package let faults: [Fault]

        /// One line for each.
        package var description: String { faults.map(\.description).joined(separator: "\n") }
    }

    /// Reads the file at `path`; nil: the usual one, if it is there.
    package static func settings(at path: String?) throws(Refusal) -> RegistrySettings {
        let place = path ?? Self.path
        let bytes: [UInt8]
        do throws(Errno) {
            bytes = try OwnedDescriptor.open(place, O_RDONLY).readAll(limit: 1 << 20)
        } catch {
            if path == nil, error == ENOENT { return RegistrySettings() }
            var fault = Fault(.syntax, "cannot be read: \(error)")
            fault.file = place
            throw Refusal(faults: [fault])
        }
        return try settings(of: bytes, fileName: place)
    }

    /// What a text says. One without anything in it says nothing.
    ///
    /// - Parameter fileName: for the faults.
    package static func settings(of text: [UInt8], fileName: String) throws(Refusal) -> RegistrySettings {
        let list = FaultList()
        var document: Value?
        do throws(Fault) {
            guard let text = String(validating: text, as: UTF8.self) else { throw Fault(.syntax, "is not UTF-8") }
            let documents = try readDocuments(text)
            guard documents.count < 2 else { throw Fault(.syntax, "has more than one document") }
            document = documents.first
        } catch {
            list.faults.append(error)
        }
        let file = document.flatMap { RegistriesFile.read($0, list) } ?? RegistriesFile()
        let settings = file.settings(list)
        guard list.faults.isEmpty else {
            throw Refusal(
                faults: list.faults.map { fault in
                    var placed = fault
                    placed.file = fileName
                    if placed.line == 0 { placed.line = document?.line(of: fault.path) ?? 0 }
                    return placed
                })
        }
        return settings
    }

    private func settings(_ faults: FaultList) -> RegistrySettings {
        var settings = RegistrySettings()
        if let search {
            settings.search = []
            for (index, name) in search.enumerated() {
                let registry = faults.at("search") { faults.at(.index(index)) { Self.registry(name, faults) } }
                if let registry { settings.search.append(registry) }
            }
        }
        for (name, whole) in aliases.sorted(by: { $0.key < $1.key }) {
            faults.at("aliases") { faults.at(.key(name)) { Self.checkAlias(name, whole, faults) } }
        }
        settings.aliases = aliases
        for (name, entry) in registries.sorted(by: { $0.key < $1.key }) {
            faults.at("registries") {
                faults.at(.key(name)) {
                    guard let registry = Self.registry(name, faults) else { return }
                    settings.registries[registry] = entry.settings(faults)
                }
            }
        }
        return settings
    }

    /// The name of a registry as references have it.
    private static func registry(_ name: String, _ faults: FaultList) -> String? {
        let reference = try? ImageReference("\(name)/library/x")
        guard let reference, reference.path == "library/x", name.lowercased() == name else {
            faults.add(
                .invalid(value: Fault.quoted(name)),
                detail: "must be the name of a registry, as docker.io or localhost:5000")
            return nil
        }
        return reference.registry
    }

    private static func checkAlias(_ name: String, _ whole: String, _ faults: FaultList) {
        guard let short = try? ImageReference(name), short.registry == "docker.io", short.digest == nil,
            short.familiar == "\(name):latest"
        else {
            faults.add(
                .invalid(value: Fault.quoted(name)), detail: "must be a name without registry, tag and digest")
            return
        }
        guard let long = try? ImageReference(whole), long.digest == nil, "\(long)" == "\(whole):latest" else {
            faults.add(
                .invalid(value: Fault.quoted(whole)),
                detail: "must be a whole name without tag and digest, as docker.io/library/perl")
            return
        }
    }
}

extension RegistriesFile: APIObject {
    package mutating func fields(_ f: inout Fields) {
        f.field("search", &search)
        f.field("aliases", &aliases)
        f.field("registries", &registries)
    }
}

/// One member of `registries`.
private struct RegistryEntry: APIObject, EmptyConstructible {
    var mirrors: [MirrorEntry] = []
    var insecure = false
    var ca = ""

    mutating func fields(_ f: inout Fields) {
        f.field("mirrors", &mirrors)
        f.field("insecure", &insecure)
        f.field("ca", &ca)
    }

    func settings(_ faults: FaultList) -> RegistrySettings.Registry {
        var registry = RegistrySettings.Registry(isInsecure: insecure, authorities: authorities(ca, faults))
        for (index, mirror) in mirrors.enumerated() {
            let endpoint = faults.at("mirrors") { faults.at(.index(index)) { mirror.endpoint(faults) } }
            if let endpoint { registry.mirrors.append(endpoint) }
        }
        return registry
    }
}

/// One element of `mirrors`.
private struct MirrorEntry: APIObject, EmptyConstructible {
    var url = ""
    var insecure = false
    var ca = ""

    mutating func fields(_ f: inout Fields) {
        f.field("url", &url)
        f.field("insecure", &insecure)
        f.field("ca", &ca)
    }

    func endpoint(_ faults: FaultList) -> RegistryEndpoint? {
        let authorities = authorities(ca, faults)
        guard let endpoint = RegistryEndpoint(url: url, isInsecure: insecure, authorities: authorities) else {
            faults.add(
                .invalid(value: Fault.quoted(url)), at: .field("url"),
                detail: "must be an address, as https://mirror.example.com or http://127.0.0.1:5000/prefix")
            return nil
        }
        return endpoint
    }
}

private func authorities(_ path: String, _ faults: FaultList) -> String? {
    if path.isEmpty { return nil }
    guard path.isAbsolutePath else {
        faults.add(.invalid(value: Fault.quoted(path)), at: .field("ca"), detail: "must be an absolute path")
        return nil
    }
    return path
}
