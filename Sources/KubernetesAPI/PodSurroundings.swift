// SPDX-License-Identifier: Apache-2.0

/// `v1 HostAlias`: a line of `/etc/hosts`.
package struct HostAlias: Hashable, Sendable {
    package var ip = ""
    package var hostnames: [String] = []

    package init() {}
}

/// `v1 PodDNSConfig`: merged into what `dnsPolicy` gives.
package struct PodDNSConfig: Hashable, Sendable {
    package var nameservers: [String] = []
    package var searches: [String] = []
    package var options: [PodDNSConfigOption] = []

    package init() {}
}

/// `v1 PodDNSConfigOption`.
package struct PodDNSConfigOption: Hashable, Sendable {
    package var name = ""
    package var value: String?

    package init() {}
}

/// `v1 Sysctl`: a parameter of the kernel in the pod's namespaces.
package struct Sysctl: Hashable, Sendable {
    package var name = ""
    package var value = ""

    package init() {}
}

/// `v1 PodReadinessGate`.
package struct PodReadinessGate: Hashable, Sendable {
    package var conditionType = ""

    package init() {}
}

/// `v1 PodOS`.
package struct PodOS: Hashable, Sendable {
    package var name = ""

    package init() {}
}
