// SPDX-License-Identifier: Apache-2.0

// Ports of the host: `validateContainerPorts`, `validateHostNetwork` and `checkHostPortConflicts` of
// `pkg/apis/core/validation`.

extension PodSpec {
    func validateHostPorts(_ faults: FaultList) {
        // Init containers run one after the other: each may have a port that another has.
        for (index, container) in initContainers.enumerated() {
            var taken: Set<String> = []
            validateHostPorts(of: container, at: index, of: "initContainers", &taken, faults)
        }
        var taken: Set<String> = []
        for (index, container) in containers.enumerated() {
            validateHostPorts(of: container, at: index, of: "containers", &taken, faults)
        }
    }

    private func validateHostPorts(
        of container: Container, at index: Int, of list: String, _ taken: inout Set<String>, _ faults: FaultList
    ) {
        for (place, port) in container.ports.enumerated() {
            faults.at(list) {
                faults.at(.index(index)) {
                    faults.at("ports") { faults.at(.index(place)) { validate(port, &taken, faults) } }
                }
            }
        }
    }

    private func validate(_ port: ContainerPort, _ taken: inout Set<String>, _ faults: FaultList) {
        if !port.hostIP.isEmpty { faults.invalid(port.hostIP, at: "hostIP", addressFaults(port.hostIP)) }
        // 0 is none; in the host's network it is filled in when the pod is made from its template.
        guard port.hostPort != 0 else { return }
        faults.inRange(port.hostPort, 1...65535, at: "hostPort")
        if hostNetwork, port.hostPort != port.containerPort {
            faults.add(
                .invalid(value: "\(port.hostPort)"), at: .field("hostPort"),
                detail: "must match `containerPort` when `hostNetwork` is true")
        }
        let name = "\(port.protocol ?? "TCP")/\(port.hostIP)/\(port.hostPort)"
        if !taken.insert(name).inserted {
            faults.add(.duplicate(value: Fault.quoted(name)), at: .field("hostPort"))
        }
    }
}
