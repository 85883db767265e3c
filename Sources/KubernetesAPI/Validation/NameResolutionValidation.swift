// SPDX-License-Identifier: Apache-2.0

// A pod's own names, and how it finds those of others: `validatePodDNSConfig` and `ValidateHostAliases` of
// `pkg/apis/core/validation`.

extension PodSpec {
    func validateNames(_ faults: FaultList) {
        if let hostname, !hostname.isEmpty { faults.invalid(hostname, at: "hostname", labelNameFaults(hostname)) }
        if let subdomain, !subdomain.isEmpty { faults.invalid(subdomain, at: "subdomain", labelNameFaults(subdomain)) }
        validateHostnameOverride(faults)
        for (index, alias) in hostAliases.enumerated() {
            faults.at("hostAliases") { faults.at(.index(index)) { alias.validate(faults) } }
        }
        faults.isOneOf(["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"], dnsPolicy, at: "dnsPolicy")
        if dnsPolicy == "None", dnsConfig == nil {
            faults.add(.required, at: .field("dnsConfig"), detail: "must provide `dnsConfig` when `dnsPolicy` is None")
        }
        faults.at("dnsConfig") { dnsConfig?.validate(needsServers: dnsPolicy == "None", faults) }
    }

    /// The kernel has room for 64 bytes.
    private func validateHostnameOverride(_ faults: FaultList) {
        guard let name = hostnameOverride, !name.isEmpty else { return }
        faults.invalid(name, at: "hostnameOverride", subdomainFaults(name))
        if name.utf8.count > 64 { faults.add(.tooLong(maximum: 64), at: .field("hostnameOverride")) }
        if setHostnameAsFQDN == true {
            faults.add(
                .forbidden, at: .field("setHostnameAsFQDN"), detail: "may not be true when `hostnameOverride` is set")
        }
        if hostNetwork {
            faults.add(.forbidden, at: .field("hostNetwork"), detail: "may not be true when `hostnameOverride` is set")
        }
    }
}

extension HostAlias {
    fileprivate func validate(_ faults: FaultList) {
        faults.invalid(ip, at: "ip", addressFaults(ip))
        for (index, name) in hostnames.enumerated() {
            for detail in subdomainFaults(name) {
                faults.add(
                    .invalid(value: Fault.quoted(name)), at: .field("hostnames"), .index(index), detail: detail)
            }
        }
    }
}

extension PodDNSConfig {
    /// What the resolvers of Linux's C libraries can take.
    package static let maximumNameservers = 3
    package static let maximumSearches = 32
    /// With the spaces between them.
    package static let maximumSearchBytes = 2048

    fileprivate func validate(needsServers: Bool, _ faults: FaultList) {
        if needsServers, nameservers.isEmpty {
            return faults.add(
                .required, at: .field("nameservers"),
                detail: "must provide at least one DNS nameserver when `dnsPolicy` is None")
        }
        if nameservers.count > Self.maximumNameservers {
            faults.add(
                .invalid(value: shown(nameservers)), at: .field("nameservers"),
                detail: "must not have more than \(Self.maximumNameservers) nameservers")
        }
        for (index, server) in nameservers.enumerated() {
            for detail in addressFaults(server) {
                faults.add(
                    .invalid(value: Fault.quoted(server)), at: .field("nameservers"), .index(index), detail: detail)
            }
        }
        validateSearches(faults)
        for (index, option) in options.enumerated() {
            if option.name.isEmpty {
                faults.add(.required, at: .field("options"), .index(index), detail: "must not be empty")
            } else if !isOneWord(option.name) || !isOneWord(option.value ?? "") {
                // It would become another line of resolv.conf, or another option.
                faults.add(
                    .invalid(value: Fault.quoted("\(option.name):\(option.value ?? "")")), at: .field("options"),
                    .index(index), detail: "must not contain spaces or control characters")
            }
        }
    }

    private func validateSearches(_ faults: FaultList) {
        if searches.count > Self.maximumSearches {
            faults.add(
                .invalid(value: shown(searches)), at: .field("searches"),
                detail: "must not have more than \(Self.maximumSearches) search paths")
        }
        if searches.joined(separator: " ").utf8.count > Self.maximumSearchBytes {
            faults.add(
                .invalid(value: shown(searches)), at: .field("searches"),
                detail:
                    "must not have more than \(Self.maximumSearchBytes) characters (including spaces) in the search list"
            )
        }
        for (index, search) in searches.enumerated() where search != "." {
            // A dot at the end is fine, and so are underscores, which names of services may have in DNS.
            let name = search.hasSuffix(".") ? String(search.dropLast()) : search
            for detail in subdomainFaults(String(name.map { $0 == "_" ? "a" : $0 })) {
                faults.add(
                    .invalid(value: Fault.quoted(search)), at: .field("searches"), .index(index), detail: detail)
            }
        }
    }

    private func shown(_ texts: [String]) -> String { "[\(texts.map { Fault.quoted($0) }.joined(separator: ","))]" }

    private func isOneWord(_ text: String) -> Bool { text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7f } }
}
