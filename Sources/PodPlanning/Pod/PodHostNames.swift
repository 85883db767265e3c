// SPDX-License-Identifier: Apache-2.0

package import KubernetesAPI

/// The names by which a pod is known, as the kubelet makes them (`GeneratePodHostNameAndDomain`).
package struct PodHostNames: Hashable, Sendable {
    /// The domain of a cluster where nothing else is configured.
    package static let clusterDomain = "cluster.local"

    /// The first part: `spec.hostname`, else the pod's name cut to 63 bytes without trailing `-` and `.`.
    package var hostname: String
    /// `<subdomain>.<namespace>.svc.cluster.local`; "" without a subdomain.
    package var domain = ""
    package var subdomain = ""
    /// What `uname` gives.
    var kernelName: String

    /// In the host's network a pod has the host's name: there both share one uts namespace, as with other runtimes.
    package init(_ pod: Pod, host: HostFacts) {
        if let name = pod.spec.hostnameOverride, !name.isEmpty {
            (hostname, kernelName) = (name, name)
            return
        }
        hostname = podHostname(pod)
        kernelName = hostname
        if let subdomain = pod.spec.subdomain, !subdomain.isEmpty {
            self.subdomain = subdomain
            domain = "\(subdomain).\(pod.metadata.namespace).svc.\(PodHostNames.clusterDomain)"
            if pod.spec.setHostnameAsFQDN == true { kernelName = qualified }
        }
        if pod.spec.hostNetwork { kernelName = host.names.hostname }
    }

    /// With the domain, where there is one.
    package var qualified: String { domain.isEmpty ? hostname : "\(hostname).\(domain)" }

    /// Why the kernel cannot take the name, in the kubelet's words.
    var problem: String? {
        let length = kernelName.utf8.count
        guard length > 64 else { return nil }
        return "failed to construct FQDN from pod hostname and cluster domain, FQDN \(kernelName) is too long "
            + "(64 characters is the max, \(length) characters requested)"
    }
}

private func podHostname(_ pod: Pod) -> String {
    if let hostname = pod.spec.hostname, !hostname.isEmpty { return hostname }
    var name = Substring(String(decoding: pod.metadata.name.utf8.prefix(63), as: UTF8.self))
    while let last = name.last, last == "-" || last == "." { name.removeLast() }
    return String(name)
}

/// How the kubelet names a pod in messages: `"<name>_<namespace>(<uid>)"`, quotes included.
func podWords(_ pod: Pod) -> String {
    "\"\(pod.metadata.name)_\(pod.metadata.namespace)(\(pod.metadata.uid))\""
}
