// SPDX-License-Identifier: Apache-2.0

import CLinux

/// An IP address with the length of its network's prefix.
package struct IPNetwork: Hashable, Sendable {
    /// 4 or 16 bytes, in network order.
    package var address: [UInt8]
    /// In bits.
    package var prefix: UInt8

    package init(address: [UInt8], prefix: UInt8) {
        self.address = address
        self.prefix = prefix
    }

    package var family: UInt8 { UInt8(address.count == 4 ? AF_INET : AF_INET6) }

    /// Whether an address of the same family is in this network.
    package func contains(_ other: [UInt8]) -> Bool {
        guard other.count == address.count else { return false }
        for bit in 0..<Int(prefix) where (address[bit / 8] ^ other[bit / 8]) & (0x80 >> UInt8(bit % 8)) != 0 {
            return false
        }
        return true
    }

    /// The bytes of an address; nil when `text` is none.
    package static func bytes(_ text: String) -> [UInt8]? {
        for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: count)
            if inet_pton(family, text, &bytes) == 1 { return bytes }
        }
        return nil
    }

    /// The text of an address: `10.0.0.1`, `fd00::1`. See `inet_ntop(3)`.
    package static func text(_ address: [UInt8]) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
            let family = address.count == 4 ? AF_INET : AF_INET6
            guard inet_ntop(family, address, buffer.baseAddress!, socklen_t(buffer.count)) != nil else { return "" }
            return String(cString: buffer.baseAddress!)
        }
    }
}

/// An interface of a network namespace.
package struct NetworkLink: Hashable, Sendable {
    package var index: UInt32
    package var name = ""
    /// Such as `bridge` or `veth`; empty for hardware.
    package var kind = ""
    package var hardwareAddress: [UInt8] = []
    /// The index of the bridge that it is a port of; 0: of none.
    package var bridge: UInt32 = 0
}

/// Interfaces, addresses and routes of the socket's network namespace. See `rtnetlink(7)`.
extension NetlinkSocket {
    /// Makes a bridge and brings it up.
    ///
    /// - Throws: `EEXIST` when there is an interface of that name; `EOPNOTSUPP` on a kernel without bridges.
    package borrowing func makeBridge(_ name: String, hardwareAddress: [UInt8]) throws(NetlinkError) {
        var message = link(UInt16(RTM_NEWLINK), flags: NLM_F_CREATE | NLM_F_EXCL, up: true)
        message.attribute(IFLA_IFNAME, text: name)
        message.attribute(IFLA_ADDRESS, hardwareAddress)
        message.nested(IFLA_LINKINFO) { $0.attribute(IFLA_INFO_KIND, text: "bridge") }
        try request([message])
    }

    /// Makes a pair of interfaces: one here, up and in a bridge, the other in another namespace, down.
    ///
    /// - Parameters:
    ///   - bridge: the index of the bridge.
    ///   - peer: the other one's name.
    ///   - namespace: a descriptor of the other one's network namespace.
    package borrowing func makePair(
        _ name: String, inBridge bridge: UInt32, peer: String, in namespace: CInt
    ) throws(NetlinkError) {
        var message = link(UInt16(RTM_NEWLINK), flags: NLM_F_CREATE | NLM_F_EXCL, up: true)
        message.attribute(IFLA_IFNAME, text: name)
        message.attribute(IFLA_MASTER, bridge)
        message.nested(IFLA_LINKINFO) { info in
            info.attribute(IFLA_INFO_KIND, text: "veth")
            info.nested(IFLA_INFO_DATA) { data in
                data.nested(VETH_INFO_PEER) { other in
                    other.linkHeader(index: 0, up: false)
                    other.attribute(IFLA_IFNAME, text: peer)
                    other.attribute(IFLA_NET_NS_FD, UInt32(namespace))
                }
            }
        }
        try request([message])
    }

    /// - Throws: `ENODEV` when there is none of that name.
    package borrowing func removeLink(_ name: String) throws(NetlinkError) {
        var message = link(UInt16(RTM_DELLINK), up: false)
        message.attribute(IFLA_IFNAME, text: name)
        try request([message])
    }

    /// Gives an interface its addresses, brings it up, and sends all else through these gateways.
    package borrowing func configure(
        index: UInt32, addresses: [IPNetwork], gateways: [[UInt8]]
    ) throws(NetlinkError) {
        var messages: [NetlinkMessage] = addresses.map { address in
            var message = NetlinkMessage(type: UInt16(RTM_NEWADDR), flags: NLM_F_CREATE | NLM_F_REPLACE)
            message.number(address.family)
            message.number(address.prefix)
            // Nobody else can have it: no waiting until that is found out.
            message.number(UInt8(IFA_F_NODAD))
            message.number(UInt8(RT_SCOPE_UNIVERSE.rawValue))
            message.number(index)
            message.attribute(IFA_LOCAL, address.address)
            message.attribute(IFA_ADDRESS, address.address)
            return message
        }
        messages.append(link(UInt16(RTM_NEWLINK), index: index, up: true))
        messages += gateways.map { gateway in
            var message = NetlinkMessage(type: UInt16(RTM_NEWROUTE), flags: NLM_F_CREATE | NLM_F_REPLACE)
            message.number(UInt8(gateway.count == 4 ? AF_INET : AF_INET6))
            for byte in [0, 0, 0] { message.number(UInt8(byte)) }
            message.number(UInt8(RT_TABLE_MAIN.rawValue))
            message.number(UInt8(RTPROT_STATIC))
            message.number(UInt8(RT_SCOPE_UNIVERSE.rawValue))
            message.number(UInt8(RTN_UNICAST))
            message.number(UInt32(0))
            message.attribute(RTA_GATEWAY.rawValue, gateway)
            message.attribute(RTA_OIF.rawValue, index)
            return message
        }
        try request(messages)
    }

    /// All interfaces.
    package borrowing func links() throws(NetlinkError) -> [NetworkLink] {
        try dump(link(UInt16(RTM_GETLINK), up: false)).map { payload in
            var found = NetworkLink(index: payload.number(at: 4))
            for attribute in payload.dropFirst(16).netlinkAttributes {
                switch Int(attribute.type) {
                case Int(IFLA_IFNAME): found.name = attribute.value.text
                case Int(IFLA_ADDRESS): found.hardwareAddress = Array(attribute.value)
                case Int(IFLA_MASTER): found.bridge = attribute.value.number(at: 0)
                case Int(IFLA_LINKINFO):
                    let kind = attribute.value.netlinkAttributes.first { $0.type == UInt16(IFLA_INFO_KIND) }
                    found.kind = kind?.value.text ?? ""
                default: break
                }
            }
            return found
        }
    }

    /// All addresses, each with the index of its interface.
    package borrowing func addresses() throws(NetlinkError) -> [(index: UInt32, network: IPNetwork)] {
        var message = NetlinkMessage(type: UInt16(RTM_GETADDR))
        message.number(UInt64(0))
        return try dump(message).compactMap { payload in
            let attributes = payload.dropFirst(8).netlinkAttributes
            let found =
                attributes.first { $0.type == UInt16(IFA_LOCAL) } ?? attributes.first { $0.type == UInt16(IFA_ADDRESS) }
            guard let found, found.value.count == 4 || found.value.count == 16 else { return nil }
            return (payload.number(at: 4), IPNetwork(address: Array(found.value), prefix: payload.number(at: 1)))
        }
    }

    /// Where the routes of the main table lead; a default route leads everywhere and is left out.
    package borrowing func routes() throws(NetlinkError) -> [IPNetwork] {
        var message = NetlinkMessage(type: UInt16(RTM_GETROUTE))
        message.number(UInt64(0))
        message.number(UInt32(0))
        return try dump(message).compactMap { payload in
            let prefix: UInt8 = payload.number(at: 1)
            let found = payload.dropFirst(12).netlinkAttributes.first { $0.type == UInt16(RTA_DST.rawValue) }
            guard let found, prefix > 0, found.value.count == 4 || found.value.count == 16 else { return nil }
            return IPNetwork(address: Array(found.value), prefix: prefix)
        }
    }

    private func link(_ type: UInt16, flags: CInt = 0, index: UInt32 = 0, up: Bool) -> NetlinkMessage {
        var message = NetlinkMessage(type: type, flags: flags)
        message.linkHeader(index: index, up: up)
        return message
    }
}

extension NetlinkMessage {
    /// `struct ifinfomsg`.
    fileprivate mutating func linkHeader(index: UInt32, up: Bool) {
        number(UInt32(0))
        number(index)
        number(UInt32(up ? IFF_UP : 0))
        number(UInt32(up ? IFF_UP : 0))
    }
}

/// Keeps an interface of the caller's network namespace from taking routes of whoever claims to be a router on its
/// segment. See CVE-2020-10749. A kernel without IPv6 hears none.
package func refuseRouterAdvertisements(_ name: String) throws(NetlinkError) {
    do throws(Errno) {
        try OwnedDescriptor.open("/proc/sys/net/ipv6/conf/\(name)/accept_ra", O_WRONLY).write("0")
    } catch {
        if error != ENOENT { throw NetlinkError(error, text: "accept_ra of \(name)") }
    }
}

/// The index of an interface in the caller's network namespace; nil when there is none of that name.
package func interfaceIndex(_ name: String) -> UInt32? {
    let index = if_nametoindex(name)
    return index == 0 ? nil : index
}
