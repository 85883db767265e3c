// SPDX-License-Identifier: Apache-2.0

import CLinux
import KubernetesAPI
import Linux
import PodPlan

extension PodSpec {
    /// It has ports of the host that lead to its own address.
    var hasHostPorts: Bool {
        !hostNetwork && containersWithPorts.contains { $0.ports.contains { $0.hostPort != 0 } }
    }

    /// The ports of the host that lead to a pod's.
    ///
    /// - Parameter addresses: the pod's, in text.
    func hostPorts(to addresses: [String]) -> [PortTranslation] {
        guard hasHostPorts else { return [] }
        let pod = addresses.compactMap { IPNetwork.bytes($0) }
        return containersWithPorts.flatMap(\.ports).filter { $0.hostPort != 0 }.flatMap { port in
            let host = IPNetwork.bytes(port.hostIP) ?? []
            // Without an address they are of both families, with one of its family.
            return pod.filter { host.isEmpty || $0.count == host.count }.map { address in
                PortTranslation(
                    hostAddress: host.allSatisfy { $0 == 0 } ? [] : host, protocol: port.protocolNumber,
                    hostPort: UInt16(truncatingIfNeeded: port.hostPort), address: address,
                    port: UInt16(truncatingIfNeeded: port.containerPort))
            }
        }
    }

    /// Other init containers have ended when anybody could ask for theirs.
    private var containersWithPorts: [Container] { initContainers.filter { $0.restartPolicy == .always } + containers }
}

extension ContainerPort {
    fileprivate var protocolNumber: UInt8 {
        switch self.protocol {
        case "UDP": UInt8(IPPROTO_UDP)
        case "SCTP": UInt8(IPPROTO_SCTP)
        default: UInt8(IPPROTO_TCP)
        }
    }
}

extension HostPortPlan {
    init(_ translation: PortTranslation) {
        self.init()
        hostAddress = translation.hostAddress
        self.protocol = translation.protocol
        hostPort = translation.hostPort
        address = translation.address
        port = translation.port
    }
}
