// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI

/// The contents of a pod's `/etc/resolv.conf`: what `dnsPolicy` gives, with `dnsConfig` merged into it, see the kubelet's
/// `GetPodDNS`.
///
/// There is no cluster DNS on one machine. The kubelet of a node without one gives a pod that asks for it the host's own
/// servers; so does this. Names of the pod's peers are in its `/etc/hosts`.
package struct ResolverFile: Hashable {
    var nameservers: [String] = []
    var searches: [String] = []
    var options: [String] = []

    init(_ spec: PodSpec, host: HostFacts) {
        if spec.dnsPolicy != "None" { self.init(parsing: host.names.resolverFile) } else { self.init() }
        if let config = spec.dnsConfig { merge(config) }
        keepWithinLimits()
    }

    private init() {}

    /// Reads a file in the form of `resolv.conf(5)`: of several `search` lines the last counts, comments don't.
    init(parsing text: String) {
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
            guard let first = words.first, !first.hasPrefix("#"), !first.hasPrefix(";") else { continue }
            switch first {
            case "nameserver" where words.count > 1: nameservers.append(words[1])
            case "search", "domain": searches = words.dropFirst().filter { $0 != "." }
            case "options": options += words.dropFirst()
            default: continue
            }
        }
    }

    /// Servers and searches are added, options of the same name are replaced.
    private mutating func merge(_ config: PodDNSConfig) {
        nameservers = unique(nameservers + config.nameservers)
        searches = unique(searches + config.searches)
        for option in config.options {
            let text = option.value.map { $0.isEmpty ? option.name : "\(option.name):\($0)" } ?? option.name
            if let place = options.firstIndex(where: { optionName($0) == option.name }) {
                options[place] = text
            } else {
                options.append(text)
            }
        }
    }

    private mutating func keepWithinLimits() {
        nameservers = Array(nameservers.prefix(PodDNSConfig.maximumNameservers))
        searches = Array(searches.prefix(PodDNSConfig.maximumSearches))
        while searches.joined(separator: " ").utf8.count > PodDNSConfig.maximumSearchBytes { searches.removeLast() }
    }

    var text: String {
        var lines: [String] = []
        if !searches.isEmpty { lines.append("search \(searches.joined(separator: " "))") }
        lines += nameservers.map { "nameserver \($0)" }
        if !options.isEmpty { lines.append("options \(options.joined(separator: " "))") }
        return lines.map { $0 + "\n" }.joined()
    }
}

extension ResolverFile {
    /// Whether all servers of this text are on the loopback interface of the machine it comes from, such as the stub of
    /// systemd-resolved (127.0.0.53).
    package static func asksOnlyLoopback(_ text: String) -> Bool {
        let servers = ResolverFile(parsing: text).nameservers
        return !servers.isEmpty && servers.allSatisfy { $0.hasPrefix("127.") || $0 == "::1" }
    }
}

private func optionName(_ option: String) -> Substring {
    option.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)[0]
}

private func unique(_ texts: [String]) -> [String] {
    var seen: Set<String> = []
    return texts.filter { seen.insert($0).inserted }
}
