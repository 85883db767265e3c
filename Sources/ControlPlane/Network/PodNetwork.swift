// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import PodPlan

/// The network that pods have addresses in: one bridge for all runs in a network namespace of the host.
///
/// The bridge is made by the first run that needs it and stays: it carries the range that later runs go on with. What
/// belongs to a pod (its pair of interfaces, its addresses) goes with the pod's network namespace.
///
/// Whatever is cut off on the way, the host never forwards others' packets because of Berth: the rules are there first,
/// then the bridge, and forwarding is turned on last.
package final class PodNetwork {
    static let bridgeName = "berth0"
    /// Below the host's run-time directory: what all runs share, whatever their state directories.
    static let directory = "/run/berth"

    private let bridge: UInt32
    /// The bridge's own addresses, with the ranges of the pods.
    private let ranges: [IPNetwork]
    private var firewall: PodFirewall
    private var leases: AddressLeases
    /// Of this run's pods.
    private var ports: Set<PortTranslation> = []
    /// Of the next pod, whose supervisor waits with its interface made.
    private(set) var next: Lease?

    /// A pod's place in the network, until it is given back.
    struct Lease {
        fileprivate var number: Int
        var plan: NetworkPlan
        /// IPv4 first.
        var addresses: [String] { plan.addresses.map { IPNetwork.text($0.address) } }
    }

    /// Finds the bridge of the caller's network namespace, or makes it.
    init() throws(RunError) {
        let lock = try Self.lock()
        let found = try Self.asking { () throws(NetlinkError) in try HostBridge.find(Self.bridgeName) }
        let ranges =
            if let found, !found.isUnfinished { found.ranges } else {
                try Self.asking { () throws(NetlinkError) in try HostBridge.freeRanges() }
            }
        guard let first = ranges.first, first.address.count == 4, (8...24).contains(first.prefix) else {
            throw .network(problem: "the interface \(Self.bridgeName) has no IPv4 range for pods; remove it")
        }
        firewall = try PodFirewall(bridge: Self.bridgeName, ranges: ranges)
        let (forwarding, _) = try Self.close(&firewall, ranges)
        bridge = try Self.asking { () throws(NetlinkError) in
            if let found { return try found.finish(ranges) }
            return try HostBridge.make(Self.bridgeName, ranges)
        }
        for one in forwarding { try one.turnOn() }
        self.ranges = ranges
        leases = AddressLeases(path: Self.leases, count: min(1 << (32 - Int(first.prefix)), 1 << 16))
        _ = consume lock
    }

    private static let leases = directory + "/addresses"

    /// Loads the rules that keep others' packets from being forwarded because of Berth, unless they are there.
    ///
    /// - Returns: what can be turned on now, and whether the rules were loaded.
    private static func close(
        _ firewall: inout PodFirewall, _ ranges: [IPNetwork]
    ) throws(RunError) -> ([HostForwarding], Bool) {
        let forwarding = try forwarding(ranges)
        var isolated: [HostForwarding.Family] = []
        for one in forwarding {
            if !one.isOurs, try one.isOn { continue }
            isolated.append(one.family)
        }
        firewall.isolate(isolated)
        return (forwarding, try firewall.ensure())
    }

    /// Removes all that runs have left on the host for later ones: forwarding that Berth turned on, the bridge, the rules.
    ///
    /// - Throws: `RunError` while pods have addresses.
    package static func remove() throws(RunError) {
        let lock = try lock()
        let addresses = try attempt("open", leases) { () throws(Errno) in
            try OwnedDescriptor.open(leases, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
        }
        guard try attempt("lock", leases, { () throws(Errno) in try addresses.lockAll() }) else {
            throw .network(problem: "cannot remove the network: pods of a run have addresses in it")
        }
        for family in HostForwarding.Family.allCases { try HostForwarding(family, directory: directory).turnOff() }
        try asking("remove") { () throws(NetlinkError) in
            if interfaceIndex(bridgeName) != nil { try HostBridge.remove(bridgeName) }
            try PodFirewall.remove()
        }
        _ = consume addresses
        _ = consume lock
    }

    /// Two runs may start at once.
    private static func lock() throws(RunError) -> HeldLock {
        try attempt("make", directory) { () throws(Errno) in
            if mkdir(directory, 0o700) != 0, Errno.current != EEXIST { throw Errno.current }
        }
        let path = directory + "/network.lock"
        return try attempt("lock", path) { () throws(Errno) in
            try HeldLock(OwnedDescriptor.open(path, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600))
        }
    }

    /// What the pods need: of IPv6 only where the host has an address to speak with in their name.
    private static func forwarding(_ ranges: [IPNetwork]) throws(RunError) -> [HostForwarding] {
        let (four, six) = (
            try HostForwarding(.ipv4, directory: directory), try HostForwarding(.ipv6, directory: directory)
        )
        let speaks = try asking { () throws(NetlinkError) in try HostBridge.reachesIPv6(besides: bridgeName) }
        return six.isOurs || (ranges.count > 1 && speaks) ? [four, six] : [four]
    }

    /// Takes addresses that no other pod on this host has for the next pod, unless it has some.
    ///
    /// - Returns: those that were taken now; nil when there were some, or none are left.
    func prepareNext() throws(RunError) -> Lease? {
        guard next == nil else { return nil }
        let number = try attempt("take addresses in", Self.leases) { () throws(Errno) in try leases.take() }
        next = number.map(lease)
        return next
    }

    /// The next pod has a supervisor now: its addresses are its own.
    func takeNext() -> Lease? {
        defer { next = nil }
        return next
    }

    private func lease(_ number: Int) -> Lease {
        var plan = NetworkPlan()
        plan.bridge = bridge
        plan.interface = "berth" + String(0x10000 + number, radix: 16).dropFirst()
        plan.addresses = ranges.map { NetworkPlan.Address(address: $0.host(number), prefix: $0.prefix) }
        plan.gateways = ranges.map(\.address)
        return Lease(number: number, plan: plan)
    }

    /// The rules that the pods rely on are in force; loaded again where somebody has taken them away, or another run has
    /// found the host otherwise than this one did.
    func ensure() throws(RunError) {
        if firewall.isLoaded { return }
        let lock = try Self.lock()
        let (forwarding, areLoaded) = try Self.close(&firewall, ranges)
        if areLoaded { try open(Array(ports)) }
        for one in forwarding { try one.turnOn() }
        _ = consume lock
    }

    /// Has ports of the host lead to a pod's, in all that the host sends and gets.
    ///
    /// - Throws: `RunError` when one of them leads to another pod.
    func open(_ translations: [PortTranslation]) throws(RunError) {
        if translations.isEmpty { return }
        do throws(NetlinkError) {
            try closeLeftOver()
            try firewall.socket.open(translations)
            ports.formUnion(translations)
        } catch {
            let names = translations.map { "\($0.hostPort)" }.joined(separator: ", ")
            guard error.errno == EEXIST || error.errno == EBUSY else {
                throw .network(problem: "cannot open the host's ports \(names): \(error)")
            }
            throw .network(problem: "a pod of another run on this host has one of the host's ports \(names)")
        }
    }

    /// Does nothing for ports that are closed.
    func close(_ translations: [PortTranslation]) throws(NetlinkError) {
        if translations.isEmpty { return }
        ports.subtract(translations)
        try firewall.socket.close(translations)
    }

    /// Closes the ports of pods whose run was killed with their supervisors: nobody has their addresses any more.
    private func closeLeftOver() throws(NetlinkError) {
        let other = try firewall.socket.translations().subtracting(ports)
        var leftOver: [PortTranslation] = []
        for translation in other where ranges.contains(where: { $0.contains(translation.address) }) {
            let low = translation.address.suffix(2).reduce(0) { $0 << 8 | Int($1) }
            do throws(Errno) {
                if try leases.isFree(low) { leftOver.append(translation) }
            } catch {
                throw NetlinkError(error)
            }
        }
        try firewall.socket.close(leftOver)
    }

    func giveBack(_ lease: Lease) throws(Errno) { try leases.giveBack(lease.number) }

    private static func asking<Result>(
        _ verb: String = "make", _ body: () throws(NetlinkError) -> Result
    ) throws(RunError) -> Result {
        do throws(NetlinkError) {
            return try body()
        } catch {
            throw .network(problem: "cannot \(verb) the bridge \(bridgeName): \(error)")
        }
    }
}

/// Numbers of addresses, no two pods on this host the same: number n is a lock on byte n of one file, held by an open
/// file of this run, and free again when the run is gone, however it went.
private struct AddressLeases: ~Copyable {
    private let path: String
    private let count: Int
    private var file: OwnedDescriptor?
    private var used: Set<Int> = []
    private var next: Int

    init(path: String, count: Int) {
        self.path = path
        self.count = count
        // A pod that has just gone may still be spoken to: its address rests until all others had their turn.
        var random = SystemRandomNumberGenerator()
        next = Int.random(in: 2..<count - 1, using: &random)
    }

    mutating func take() throws(Errno) -> Int? {
        try open()
        for _ in 2..<count {
            let number = next
            // 0 is the network, 1 the bridge, the last one means all.
            next = next + 1 < count - 1 ? next + 1 : 2
            guard !used.contains(number), try file!.lockByte(Int64(number)) else { continue }
            used.insert(number)
            return number
        }
        return nil
    }

    /// Whether no pod on this host has that number, given by the last two bytes of its addresses.
    mutating func isFree(_ low: Int) throws(Errno) -> Bool {
        let number = low % count
        guard !used.contains(number) else { return false }
        try open()
        guard try file!.lockByte(Int64(number)) else { return false }
        try file!.unlockByte(Int64(number))
        return true
    }

    private mutating func open() throws(Errno) {
        if file == nil { file = try OwnedDescriptor.open(path, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600) }
    }

    mutating func giveBack(_ number: Int) throws(Errno) {
        used.remove(number)
        try file?.unlockByte(Int64(number))
    }
}
