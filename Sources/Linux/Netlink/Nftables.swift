// SPDX-License-Identifier: Apache-2.0

package import CLinux

/// A chain of nftables that packets come through by themselves, or by a jump.
package struct NftablesChain: Hashable, Sendable, CustomStringConvertible {
    /// Such as `NFPROTO_INET`.
    package var family: UInt8
    package var table = ""
    package var name = ""
    /// Such as `NF_INET_FORWARD`; nil: only by a jump.
    package var hook: UInt32?
    /// What becomes of packets that no rule decides on, such as `NF_DROP`; nil: it has no hook.
    package var policy: UInt32?

    /// As `nft` names it.
    package var description: String {
        let families = [1: "inet", 2: "ip", 3: "arp", 5: "netdev", 7: "bridge", 10: "ip6"]
        return "\(families[Int(family)] ?? "\(family)") \(table) \(name)"
    }
}

/// Of a socket of the family `NETLINK_NETFILTER`.
extension NetlinkSocket {
    /// All chains of the socket's network namespace.
    package borrowing func chains() throws(NetlinkError) -> [NftablesChain] {
        try dump(NetlinkMessage(nftables: NFT_MSG_GETCHAIN, family: UInt8(NFPROTO_UNSPEC))).map { payload in
            var chain = NftablesChain(family: payload.number(at: 0))
            let attributes = payload.dropFirst(4)
            chain.table = attributes.attribute(NFTA_CHAIN_TABLE.rawValue).text
            chain.name = attributes.attribute(NFTA_CHAIN_NAME.rawValue).text
            let hook = attributes.attribute(NFTA_CHAIN_HOOK.rawValue)
            if !hook.isEmpty {
                chain.hook = (hook.attribute(NFTA_HOOK_HOOKNUM.rawValue).number(at: 0) as UInt32).bigEndian
                chain.policy = (attributes.attribute(NFTA_CHAIN_POLICY.rawValue).number(at: 0) as UInt32).bigEndian
            }
            return chain
        }
    }
}

extension NetlinkMessage {
    /// - Parameter family: whose tables, such as `NFPROTO_INET`.
    package init(nftables type: nf_tables_msg_types, family: UInt8, flags: CInt = 0) {
        self.init(type: UInt16(NFNL_SUBSYS_NFTABLES) << 8 | UInt16(type.rawValue), flags: flags)
        number(family)
        number(UInt8(NFNETLINK_V0))
        number(UInt16(0))
    }
}

extension ArraySlice<UInt8> {
    /// What an attribute among these holds; empty when there is none of that type.
    func attribute(_ type: some BinaryInteger) -> ArraySlice<UInt8> {
        netlinkAttributes.first { $0.type == UInt16(type) }?.value ?? []
    }

    /// Up to the NUL behind it.
    var text: String { String(decoding: prefix { $0 != 0 }, as: UTF8.self) }
}
