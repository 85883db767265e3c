// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import PodPlan

/// The interface of a pod: one of a pair, whose other one is in the host's bridge.
enum PodInterface {
    /// The name that containers see.
    static let name = "eth0"

    /// Makes the pair and gives the pod its addresses.
    ///
    /// - Parameters:
    ///   - host: a descriptor of the host's network namespace.
    ///   - pod: a descriptor of the pod's; nil: the one that this process is in.
    static func make(_ plan: NetworkPlan, host: CInt, pod: CInt? = nil) throws(NetlinkError) {
        let own = try ownNamespace()
        let pod = pod ?? own.rawValue
        let outside = try socket(in: host, backTo: own.rawValue)
        let addresses = plan.addresses.map { IPNetwork(address: $0.address, prefix: $0.prefix) }
        do throws(NetlinkError) {
            try outside.makePair(plan.interface, inBridge: plan.bridge, peer: name, in: pod)
        } catch {
            // Of a pod that had this address before, and whose namespace the kernel has not taken down yet.
            guard error.errno == EEXIST else { throw error }
            try outside.removeLink(plan.interface)
            try outside.makePair(plan.interface, inBridge: plan.bridge, peer: name, in: pod)
        }
        if pod != own.rawValue { try attempt { () throws(Errno) in try enter(pod) } }
        defer { if pod != own.rawValue { leave(to: own.rawValue) } }
        let inside = try attempt { () throws(Errno) in try NetlinkSocket() }
        guard let index = interfaceIndex(name) else { throw NetlinkError(Errno(ENODEV)) }
        try refuseRouterAdvertisements(name)
        try inside.configure(index: index, addresses: addresses, gateways: plan.gateways)
    }

    /// Removes the pair from the network namespace that this process is in; one that is not there is left so.
    static func remove() throws(NetlinkError) {
        let socket = try attempt { () throws(Errno) in try NetlinkSocket() }
        do throws(NetlinkError) {
            try socket.removeLink(name)
        } catch {
            if error.errno != ENODEV { throw error }
        }
    }

    /// The network namespace that this process is in.
    private static func ownNamespace() throws(NetlinkError) -> OwnedDescriptor {
        try attempt { () throws(Errno) in try OwnedDescriptor.open("/proc/self/ns/net", O_RDONLY) }
    }

    /// Closes ports of the host that lead to the pod.
    ///
    /// - Parameter host: a descriptor of the host's network namespace.
    static func close(_ ports: [HostPortPlan], host: CInt) throws(NetlinkError) {
        if ports.isEmpty { return }
        let own = try ownNamespace()
        let outside = try socket(in: host, backTo: own.rawValue, family: NETLINK_NETFILTER)
        try outside.close(
            ports.map {
                PortTranslation(
                    hostAddress: $0.hostAddress, protocol: $0.protocol, hostPort: $0.hostPort, address: $0.address,
                    port: $0.port)
            })
    }

    private static func socket(
        in namespace: CInt, backTo own: CInt, family: CInt = NETLINK_ROUTE
    ) throws(NetlinkError) -> NetlinkSocket {
        try attempt { () throws(Errno) in try enter(namespace) }
        defer { leave(to: own) }
        return try attempt { () throws(Errno) in try NetlinkSocket(family: family) }
    }

    private static func enter(_ namespace: CInt) throws(Errno) { try retrying { setns(namespace, CLONE_NEWNET) } }

    /// In a namespace that is not ours we would do harm: better no pod.
    private static func leave(to own: CInt) {
        guard setns(own, CLONE_NEWNET) == 0 else { fatalError("cannot return to the pod's network: \(Errno.current)") }
    }

    private static func attempt<Result: ~Copyable>(
        _ body: () throws(Errno) -> Result
    ) throws(NetlinkError) -> Result {
        do throws(Errno) {
            return try body()
        } catch {
            throw NetlinkError(error)
        }
    }
}
