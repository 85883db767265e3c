// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import Testing

@testable import PodPlanning

struct PortClaimTests {
    private func demand(_ ports: (Int32, String, String)...) -> PodDemand {
        var container = Container()
        container.ports = ports.map { number, name, address in
            var port = ContainerPort()
            port.containerPort = 80
            (port.hostPort, port.protocol, port.hostIP) = (number, name, address)
            return port
        }
        var spec = PodSpec()
        spec.containers = [container]
        return PodDemand(spec)
    }

    @Test(
        "Of pods with the same port of the host one waits for the end of the other",
        arguments: [
            (Int32(8080), "TCP", "", true), (8080, "TCP", "127.0.0.1", true), (8080, "TCP", "::", true),
            (8080, "UDP", "", false), (8081, "TCP", "", false),
        ])
    func conflict(_ number: Int32, _ name: String, _ address: String, _ waits: Bool) {
        var node = SchedulingNode(allocatable: ResourceAmounts())
        let first = demand((8080, "TCP", "0.0.0.0"))
        node.take(first)
        let misfit = node.misfit(of: demand((9090, "TCP", ""), (number, name, address)))
        #expect(
            misfit?.message
                == (waits
                    ? "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports. "
                        + "preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod." : nil))
        node.giveBack(first)
        #expect(node.misfit(of: demand((number, name, address))) == nil)
    }

    @Test("Ports of different addresses of the host are different ports")
    func addresses() {
        var node = SchedulingNode(allocatable: ResourceAmounts())
        node.take(demand((8080, "TCP", "192.0.2.1")))
        #expect(node.misfit(of: demand((8080, "TCP", "192.0.2.2"))) == nil)
        #expect(node.misfit(of: demand((8080, "TCP", "192.0.2.1"))) != nil)
        #expect(node.misfit(of: demand((0, "TCP", ""))) == nil)
    }
}
