// SPDX-License-Identifier: Apache-2.0

import CLinux

/// A port of the host that leads to one of a pod.
package struct PortTranslation: Hashable, Sendable {
    /// 4 or 16 bytes; empty: any address of the host's, of the pod's family.
    package var hostAddress: [UInt8]
    /// Such as `IPPROTO_TCP`.
    package var `protocol`: UInt8
    package var hostPort: UInt16
    /// The pod's, 4 or 16 bytes.
    package var address: [UInt8]
    package var port: UInt16

    package init(hostAddress: [UInt8], protocol: UInt8, hostPort: UInt16, address: [UInt8], port: UInt16) {
        self.hostAddress = hostAddress
        self.protocol = `protocol`
        self.hostPort = hostPort
        self.address = address
        self.port = port
    }

    /// The maps of the table `inet berth` that hold them, as `nft` declares them. Those named `own` are of one address of
    /// the host's.
    package static let maps = """
          map ports4 { type inet_proto . inet_service : ipv4_addr . inet_service; }
          map ports6 { type inet_proto . inet_service : ipv6_addr . inet_service; }
          map own4 { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service; }
          map own6 { type ipv6_addr . inet_proto . inet_service : ipv6_addr . inet_service; }

        """

    private static let widths = [("ports4", 0, 4), ("ports6", 0, 16), ("own4", 4, 4), ("own6", 16, 16)]
    fileprivate static let mapNames = widths.map { $0.0 }

    fileprivate var map: String { (hostAddress.isEmpty ? "ports" : "own") + (address.count == 4 ? "4" : "6") }

    /// Each part of a concatenation has a multiple of four bytes.
    fileprivate var key: [UInt8] { hostAddress + [self.protocol, 0, 0, 0] + Self.padded(hostPort) }
    fileprivate var data: [UInt8] { address + Self.padded(port) }

    private static func padded(_ port: UInt16) -> [UInt8] { [UInt8(port >> 8), UInt8(port & 0xff), 0, 0] }

    fileprivate init?(map: String, key: ArraySlice<UInt8>, data: ArraySlice<UInt8>) {
        guard let (_, host, pod) = Self.widths.first(where: { $0.0 == map }), key.count == host + 8,
            data.count == pod + 4
        else { return nil }
        func port(_ bytes: ArraySlice<UInt8>) -> UInt16 { UInt16(bytes.first!) << 8 | UInt16(bytes.dropFirst().first!) }
        self.init(
            hostAddress: Array(key.prefix(host)), protocol: key.dropFirst(host).first!,
            hostPort: port(key.dropFirst(host + 4)), address: Array(data.prefix(pod)), port: port(data.dropFirst(pod)))
    }
}

/// Of a socket of the family `NETLINK_NETFILTER`.
extension NetlinkSocket {
    /// Adds all or none of them.
    ///
    /// - Throws: `EEXIST`, of older kernels `EBUSY`, when one of these ports leads elsewhere; `ENOENT` when the table is not there.
    package borrowing func open(_ translations: [PortTranslation]) throws(NetlinkError) {
        try commit(translations.map { $0.message(NFT_MSG_NEWSETELEM, flags: NLM_F_CREATE, withData: true) })
    }

    /// Removes those that are there. A port that leads elsewhere by now stays.
    package borrowing func close(_ translations: [PortTranslation]) throws(NetlinkError) {
        let present = try self.translations()
        let found = translations.filter(present.contains)
        if found.isEmpty { return }
        do throws(NetlinkError) {
            try commit(found.map { $0.message(NFT_MSG_DELSETELEM, flags: 0, withData: false) })
        } catch {
            // Somebody else has taken the table away meanwhile.
            guard error.errno == ENOENT else { throw error }
        }
    }

    /// All that are there; none without the table.
    package borrowing func translations() throws(NetlinkError) -> Set<PortTranslation> {
        var result: Set<PortTranslation> = []
        for map in PortTranslation.mapNames {
            var question = NetlinkMessage(nftables: NFT_MSG_GETSETELEM, family: UInt8(NFPROTO_INET))
            question.attribute(NFTA_SET_ELEM_LIST_TABLE.rawValue, text: "berth")
            question.attribute(NFTA_SET_ELEM_LIST_SET.rawValue, text: map)
            do throws(NetlinkError) {
                for payload in try dump(question) {
                    for element in payload.dropFirst(4).attribute(NFTA_SET_ELEM_LIST_ELEMENTS.rawValue)
                        .netlinkAttributes
                    {
                        let key = element.value.attribute(NFTA_SET_ELEM_KEY.rawValue)
                            .attribute(NFTA_DATA_VALUE.rawValue)
                        let data = element.value.attribute(NFTA_SET_ELEM_DATA.rawValue)
                            .attribute(NFTA_DATA_VALUE.rawValue)
                        if let found = PortTranslation(map: map, key: key, data: data) { result.insert(found) }
                    }
                }
            } catch {
                guard error.errno == ENOENT else { throw error }
            }
        }
        return result
    }
}

extension PortTranslation {
    fileprivate func message(_ type: nf_tables_msg_types, flags: CInt, withData: Bool) -> NetlinkMessage {
        var message = NetlinkMessage(nftables: type, family: UInt8(NFPROTO_INET), flags: flags)
        message.attribute(NFTA_SET_ELEM_LIST_TABLE.rawValue, text: "berth")
        message.attribute(NFTA_SET_ELEM_LIST_SET.rawValue, text: map)
        message.nested(NFTA_SET_ELEM_LIST_ELEMENTS.rawValue) { list in
            list.nested(NFTA_LIST_ELEM.rawValue) { element in
                element.nested(NFTA_SET_ELEM_KEY.rawValue) { $0.attribute(NFTA_DATA_VALUE.rawValue, key) }
                if withData {
                    element.nested(NFTA_SET_ELEM_DATA.rawValue) { $0.attribute(NFTA_DATA_VALUE.rawValue, data) }
                }
            }
        }
        return message
    }
}
