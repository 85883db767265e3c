// SPDX-License-Identifier: Apache-2.0

package import KubernetesAPI

/// The contents of a pod's `/etc/hosts`, line for line as the kubelet writes them, and then the pod's peers.
package struct HostsFile: Hashable, Sendable {
    /// A pod that others find by name.
    package struct Peer: Hashable, Sendable {
        var addresses: [String]
        var names: PodHostNames

        package init(addresses: [String], names: PodHostNames) {
            self.addresses = addresses
            self.names = names
        }
    }

    private let head: String

    /// - Parameter addresses: the pod's own. Without any its name is that of its loopback.
    package init(_ pod: Pod, _ names: PodHostNames, addresses: [String], host: HostFacts) {
        var lines = pod.spec.hostNetwork ? hostLines(host) : podLines(names, addresses)
        if !pod.spec.hostAliases.isEmpty {
            lines += ["", "# Entries added by HostAliases."]
            lines += pod.spec.hostAliases.map { "\($0.ip)\t\($0.hostnames.joined(separator: "\t"))" }
        }
        head = lines.joined(separator: "\n") + "\n"
    }

    /// With the pods that share the pod's subdomain, itself among them.
    package func text(peers: [Peer] = []) -> String { text(section: HostsFile.section(peers)) }

    /// The same with lines that `section` made: for files of many pods with the same peers.
    package func text(section: String) -> String { head + section }

    /// What a cluster's DNS would answer about these pods, and about the Service of their subdomain's name: each of its
    /// lines has that name, too.
    package static func section(_ peers: [Peer]) -> String {
        if peers.isEmpty { return "" }
        var text = "\n# Pods of the same subdomain.\n"
        for peer in peers {
            let names = peer.names
            for address in peer.addresses {
                text += "\(address)\t\(names.qualified)\t\(names.hostname).\(names.subdomain)\t"
                text += "\(names.domain)\t\(names.subdomain)\n"
            }
        }
        return text
    }
}

private func podLines(_ names: PodHostNames, _ addresses: [String]) -> [String] {
    let all = names.domain.isEmpty ? names.hostname : "\(names.qualified)\t\(names.hostname)"
    return [
        "# Kubernetes-managed hosts file.",
        "127.0.0.1\tlocalhost",
        "::1\tlocalhost ip6-localhost ip6-loopback",
        "fe00::0\tip6-localnet",
        "fe00::0\tip6-mcastprefix",
        "fe00::1\tip6-allnodes",
        "fe00::2\tip6-allrouters",
    ] + (addresses.isEmpty ? [HostFacts.loopback] : addresses).map { "\($0)\t\(all)" }
}

private func hostLines(_ host: HostFacts) -> [String] {
    let text = host.names.hostsFile.utf8
    var lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map {
        String(Substring($0))
    }
    if lines.last == "" { lines.removeLast() }
    return ["# Kubernetes-managed hosts file (host network)."] + lines
}
