// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// What carries the pods' packets beyond the bridge, and nothing else: one nftables table of Berth's own.
///
/// `nft` loads it in one transaction, and no other table is touched. It is there before the host forwards anything, and it
/// is looked for before each pod: a `flush ruleset` of somebody else's takes it away.
struct PodFirewall: ~Copyable {
    let socket: NetlinkSocket
    private let bridge: String
    private let ranges: [IPNetwork]
    private var text = ""
    /// Named after the rules, so that other rules are not taken for these.
    private var chain = ""

    /// - Parameters:
    ///   - bridge: the name of the bridge, which need not be there yet.
    ///   - ranges: those of the pods, one of each family at most.
    init(bridge: String, ranges: [IPNetwork]) throws(RunError) {
        do throws(Errno) {
            socket = try NetlinkSocket(family: NETLINK_NETFILTER)
        } catch {
            throw .network(problem: "cannot set up NAT for pods: the kernel has no nftables: \(error)")
        }
        (self.bridge, self.ranges) = (bridge, ranges)
    }

    /// From now on, nothing but the pods' packets is to be forwarded of these families.
    mutating func isolate(_ families: [HostForwarding.Family]) {
        let body = Self.rules(bridge, ranges, families)
        chain = "forward-" + digest(body)
        text =
            "table inet berth\ndelete table inet berth\n"
            + "table inet berth {\n" + body.replacing("chain forward ", with: "chain \(chain) ") + "}\n"
    }

    /// Removes the table, if it is there.
    static func remove() throws(NetlinkError) {
        do throws(Errno) {
            let socket = try NetlinkSocket(family: NETLINK_NETFILTER)
            var message = NetlinkMessage(nftables: NFT_MSG_DELTABLE, family: UInt8(NFPROTO_INET))
            message.attribute(NFTA_TABLE_NAME.rawValue, text: "berth")
            do throws(NetlinkError) {
                try socket.commit([message])
            } catch {
                guard error.errno == ENOENT else { throw error.errno }
            }
        } catch {
            throw NetlinkError(error)
        }
    }

    /// Loads the rules unless they are there.
    ///
    /// - Returns: they were loaded, and no port of the host leads to a pod any more.
    borrowing func ensure() throws(RunError) -> Bool {
        if isLoaded { return false }
        guard let program = Self.program else {
            throw .network(
                problem: "cannot set up NAT for pods: no nft in \(Self.programs.joined(separator: ", ")); "
                    + "install Debian's package nftables")
        }
        let rules = text
        let status = try attempt("run", program) { () throws(Errno) -> CInt in
            let pipe = try Pipe(nonBlocking: false)
            // Less than a pipe holds.
            try pipe.writing.write(rules)
            let reading = pipe.takeReading()
            let child = try ChildProcess.start(
                program, arguments: ["nft", "-f", "/dev/fd/3"], descriptors: [reading.rawValue])
            return try child.reap(wait: true) ?? 0
        }
        guard status == 0 else {
            throw .network(problem: "cannot set up NAT for pods: nft ended with status \(status), see above")
        }
        guard isLoaded else {
            throw .network(problem: "cannot set up NAT for pods: nft loaded the table inet berth, but it isn't there")
        }
        return true
    }

    /// nil: it is not installed.
    static var program: String? { programs.first { access($0, X_OK) == 0 } }

    private static let programs = ["/usr/sbin/nft", "/sbin/nft", "/usr/bin/nft"]

    /// One question to the kernel: the chain is there, and has rules. Without a clear yes they are loaded again.
    var isLoaded: Bool {
        var question = NetlinkMessage(nftables: NFT_MSG_GETCHAIN, family: UInt8(NFPROTO_INET))
        question.attribute(NFTA_CHAIN_TABLE.rawValue, text: "berth")
        question.attribute(NFTA_CHAIN_NAME.rawValue, text: chain)
        guard let answer = try? socket.ask(question),
            let use = answer.dropFirst(4).netlinkAttributes.first(where: { $0.type == NFTA_CHAIN_USE.rawValue })
        else { return false }
        return use.value.contains { $0 != 0 }
    }

    private static func rules(
        _ bridge: String, _ ranges: [IPNetwork], _ isolated: [HostForwarding.Family]
    ) -> String {
        var masquerade = ""
        var spoofed = ""
        for range in ranges {
            let (family, also) = range.address.count == 4 ? ("ip", "") : ("ip6", ", fe80::/10, ::/128")
            let network = "\(IPNetwork.text(range.host(0)))/\(range.prefix)"
            masquerade += "    \(family) saddr \(network) oifname != \"\(bridge)\" masquerade\n"
            // A pod that reaches another by a port of the host's: the answer must come back this way.
            masquerade += "    \(family) saddr \(network) oifname \"\(bridge)\" ct status dnat masquerade\n"
            spoofed += "    iifname \"\(bridge)\" \(family) saddr != { \(network)\(also) } drop\n"
        }
        let closed = isolated.map { "    meta nfproto \($0.rawValue) drop\n" }.joined()
        return PortTranslation.maps + """
              chain to-pods {
                ip daddr 127.0.0.0/8 return
                ip6 daddr ::1 return
                meta nfproto ipv4 dnat ip to ip daddr . meta l4proto . th dport map @own4
                meta nfproto ipv4 dnat ip to meta l4proto . th dport map @ports4
                meta nfproto ipv6 dnat ip6 to ip6 daddr . meta l4proto . th dport map @own6
                meta nfproto ipv6 dnat ip6 to meta l4proto . th dport map @ports6
              }
              chain prerouting {
                type nat hook prerouting priority dstnat
                fib daddr type local jump to-pods
              }
              chain output {
                type nat hook output priority -100
                fib daddr type local jump to-pods
              }
              chain postrouting {
                type nat hook postrouting priority srcnat
            \(masquerade)  }
              chain forward {
                type filter hook forward priority filter
                ct state established,related accept
                iifname "\(bridge)" accept
                oifname "\(bridge)" ct status dnat accept
                oifname "\(bridge)" drop
            \(closed)  }
              chain spoofed {
                type filter hook prerouting priority raw
            \(spoofed)    iifname "\(bridge)" icmpv6 type { nd-router-advert, nd-redirect } drop
              }

            """
    }
}

/// Tells texts apart: 64-bit FNV-1a, in hexadecimal digits.
private func digest(_ text: String) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    return String(hash, radix: 16)
}
