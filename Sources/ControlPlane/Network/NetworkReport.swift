// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// What this host has for the network of the pods. Looking changes nothing.
package struct NetworkReport: Sendable {
    /// nil: NAT can't be set up.
    package var nft: String?
    package var hasBridge = false
    /// Berth turned forwarding on, of IPv4 or IPv6.
    package var forwardsForBerth = false
    /// Chains of others that drop what they don't know when it is forwarded: `ip filter FORWARD`.
    package var dropping: [String] = []

    package init() throws(RunError) {
        nft = PodFirewall.program
        hasBridge = interfaceIndex(PodNetwork.bridgeName) != nil
        for family in HostForwarding.Family.allCases {
            if try HostForwarding(family, directory: PodNetwork.directory).isOurs { forwardsForBerth = true }
        }
        do throws(NetlinkError) {
            dropping = try Self.droppingChains()
        } catch {
            // A kernel without nftables has no such chains; the missing nft, or its error, is told elsewhere.
            guard [EINVAL, EOPNOTSUPP, EPROTONOSUPPORT, EPERM].contains(error.errno.rawValue) else {
                throw .network(problem: "cannot look at the host's nftables: \(error)")
            }
        }
    }

    private static func droppingChains() throws(NetlinkError) -> [String] {
        let socket: NetlinkSocket
        do throws(Errno) {
            socket = try NetlinkSocket(family: NETLINK_NETFILTER)
        } catch {
            throw NetlinkError(error)
        }
        return try socket.chains().filter { chain in
            chain.hook == UInt32(NF_INET_FORWARD.rawValue) && chain.policy == UInt32(NF_DROP) && chain.table != "berth"
        }.map(\.description)
    }
}
