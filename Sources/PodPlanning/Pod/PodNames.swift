// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import PodPlan

/// The pod's host name: `spec.hostname`, else its name cut to 63 bytes without trailing `-` and `.`.
func podHostname(_ pod: Pod) -> String {
    if let hostname = pod.spec.hostname, !hostname.isEmpty { return hostname }
    var name = Substring(String(decoding: pod.metadata.name.utf8.prefix(63), as: UTF8.self))
    while let last = name.last, last == "-" || last == "." { name.removeLast() }
    return String(name)
}

/// `/etc/hosts` as the kubelet writes it, and `/etc/hostname`.
func nameFiles(_ pod: Pod, hostname: String) -> [FilePlan] {
    var names = hostname
    if let subdomain = pod.spec.subdomain, !subdomain.isEmpty {
        names = "\(hostname).\(subdomain).\(pod.metadata.namespace).svc.cluster.local\t\(hostname)"
    }
    let hosts = """
        # Kubernetes-managed hosts file.
        127.0.0.1\tlocalhost
        ::1\tlocalhost ip6-localhost ip6-loopback
        fe00::0\tip6-localnet
        fe00::0\tip6-mcastprefix
        fe00::1\tip6-allnodes
        fe00::2\tip6-allrouters
        \(HostFacts.address)\t\(names)

        """
    return [FilePlan(path: "/etc/hosts", contents: hosts), FilePlan(path: "/etc/hostname", contents: hostname + "\n")]
}

/// How the kubelet names a pod in messages: `"<name>_<namespace>(<uid>)"`, quotes included.
func podWords(_ pod: Pod) -> String {
    "\"\(pod.metadata.name)_\(pod.metadata.namespace)(\(pod.metadata.uid))\""
}
