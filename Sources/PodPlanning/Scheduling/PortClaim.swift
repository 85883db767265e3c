// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI

/// A port of the node that one pod at a time can have. See `HostPortInfo` in Kubernetes's `pkg/scheduler/framework`.
package struct PortClaim: Hashable, Sendable {
    package var number: Int32
    package var `protocol`: String
    /// Empty: all addresses of the node.
    package var address: String

    /// The words of the scheduler's filter.
    static let misfit = "node(s) didn't have free ports for the requested pod ports"

    /// Those of a pod, with its own address or the host's.
    static func all(of spec: PodSpec) -> [PortClaim] {
        let sidecars = spec.initContainers.lazy.filter { $0.restartPolicy == .always }
        var claims: [PortClaim] = []
        for container in sidecars { claims += ports(of: container) }
        for container in spec.containers { claims += ports(of: container) }
        return claims
    }

    private static func ports(of container: Container) -> [PortClaim] {
        container.ports.compactMap { port in
            if port.hostPort == 0 { return nil }
            let isAny = ["", "0.0.0.0", "::"].contains(port.hostIP)
            return PortClaim(
                number: port.hostPort, protocol: port.protocol ?? "TCP", address: isAny ? "" : port.hostIP)
        }
    }

    func conflicts(with other: PortClaim) -> Bool {
        number == other.number && self.protocol == other.protocol
            && (address.isEmpty || other.address.isEmpty || address == other.address)
    }
}
