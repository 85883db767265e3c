// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// The bridge of the pods as it is found on the host.
struct HostBridge {
    let name: String
    let index: UInt32
    /// Its own addresses with the ranges of the pods, IPv4 first.
    let ranges: [IPNetwork]
    /// One of Berth's without address or port: whoever made it was ended before it was done.
    let isUnfinished: Bool

    /// Locally administered, and known again by the second byte.
    private static let hardwarePrefix: [UInt8] = [0x02, 0x62]

    /// nil: there is no interface of that name in the caller's network namespace.
    static func find(_ name: String) throws(NetlinkError) -> HostBridge? {
        guard let index = interfaceIndex(name) else { return nil }
        let socket = try NetlinkSocket.route()
        // Not the address that the kernel gives every interface.
        let ranges = try socket.addresses().filter { $0.index == index }.map(\.network)
            .filter { !$0.isLinkLocal }.sorted { $0.address.count < $1.address.count }
        let links = try socket.links()
        let ours = links.contains {
            $0.index == index && $0.kind == "bridge" && $0.hardwareAddress.prefix(2) == hardwarePrefix[...]
        }
        let isEmpty = !links.contains { $0.bridge == index }
        return HostBridge(
            name: name, index: index, ranges: ranges, isUnfinished: ours && ranges.isEmpty && isEmpty)
    }

    /// Makes it.
    ///
    /// - Parameter ranges: its own addresses, IPv4 first.
    /// - Returns: its index.
    static func make(_ name: String, _ ranges: [IPNetwork]) throws(NetlinkError) -> UInt32 {
        var random = SystemRandomNumberGenerator()
        // Of one interface. One of its own keeps the bridge from taking each new pod's.
        let hardware = hardwarePrefix + (0..<4).map { _ in UInt8.random(in: 0...255, using: &random) }
        let socket = try NetlinkSocket.route()
        try socket.makeBridge(name, hardwareAddress: hardware)
        guard let index = interfaceIndex(name) else { throw NetlinkError(Errno(ENODEV)) }
        do throws(NetlinkError) {
            try configure(socket, name, index, ranges)
        } catch {
            try socket.removeLink(name)
            throw error
        }
        return index
    }

    static func remove(_ name: String) throws(NetlinkError) { try NetlinkSocket.route().removeLink(name) }

    /// Gives an unfinished one its addresses.
    ///
    /// - Returns: its index.
    func finish(_ ranges: [IPNetwork]) throws(NetlinkError) -> UInt32 {
        if isUnfinished { try Self.configure(NetlinkSocket.route(), name, index, ranges) }
        return index
    }

    private static func configure(
        _ socket: borrowing NetlinkSocket, _ name: String, _ index: UInt32, _ ranges: [IPNetwork]
    ) throws(NetlinkError) {
        try refuseRouterAdvertisements(name)
        try socket.configure(index: index, addresses: ranges, gateways: [])
    }

    /// A range of each family that the host has, which none of its routes and addresses touches, with the first address
    /// in it.
    static func freeRanges() throws(NetlinkError) -> [IPNetwork] {
        let socket = try NetlinkSocket.route()
        let taken = try socket.routes() + socket.addresses().map(\.network)
        func isFree(_ range: IPNetwork) -> Bool { !taken.contains { $0.overlaps(range) } }
        guard let range = candidates.first(where: isFree) else {
            throw NetlinkError(Errno(EADDRNOTAVAIL), text: "the host's routes cover every range that is tried")
        }
        guard access("/proc/net/if_inet6", F_OK) == 0 else { return [range.first] }
        var local = localRange()
        while !isFree(local) { local = localRange() }
        return [range.first, local.first]
    }

    /// Whether an interface other than the bridge has an IPv6 address that others than its neighbours can answer to.
    static func reachesIPv6(besides name: String) throws(NetlinkError) -> Bool {
        let (bridge, loopback) = (interfaceIndex(name) ?? 0, interfaceIndex("lo") ?? 0)
        return try NetlinkSocket.route().addresses().contains {
            $0.index != bridge && $0.index != loopback && $0.network.address.count == 16 && !$0.network.isLinkLocal
        }
    }

    /// Tried in this order: private ranges that neither other container engines nor home routers use by default.
    private static let candidates: [IPNetwork] = [[10, 86], [10, 186], [172, 28], [172, 29], [10, 226]].map {
        IPNetwork(address: $0 + [0, 0], prefix: 16)
    }

    /// A unique local range with 40 random bits, so that two hosts that come to be joined have not the same. See RFC 4193.
    private static func localRange() -> IPNetwork {
        var random = SystemRandomNumberGenerator()
        let identifier = (0..<5).map { _ in UInt8.random(in: 0...255, using: &random) }
        return IPNetwork(address: [0xfd] + identifier + [UInt8](repeating: 0, count: 10), prefix: 64)
    }
}

extension IPNetwork {
    /// `fe80::/10`.
    fileprivate var isLinkLocal: Bool { address.count == 16 && address[0] == 0xfe && address[1] & 0xc0 == 0x80 }

    fileprivate var first: IPNetwork { IPNetwork(address: host(1), prefix: prefix) }

    /// The address of a number in this network.
    func host(_ number: Int) -> [UInt8] {
        var result = address
        for bit in Int(prefix)..<(address.count * 8) { result[bit / 8] &= ~(0x80 >> UInt8(bit % 8)) }
        result[result.count - 1] |= UInt8(number & 0xff)
        result[result.count - 2] |= UInt8(number >> 8 & 0xff)
        return result
    }

    func overlaps(_ other: IPNetwork) -> Bool {
        prefix <= other.prefix ? contains(other.address) : other.contains(address)
    }
}

extension NetlinkSocket {
    /// A socket for interfaces and routes.
    fileprivate static func route() throws(NetlinkError) -> NetlinkSocket {
        do throws(Errno) {
            return try NetlinkSocket()
        } catch {
            throw NetlinkError(error)
        }
    }
}
