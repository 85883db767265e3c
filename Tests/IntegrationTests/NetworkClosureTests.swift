// SPDX-License-Identifier: Apache-2.0

import Testing

/// What the host forwards because of Berth: the pods' packets, and nobody else's.
@Suite(
    .enabled(
        if: canMakeNetworks,
        "needs root, a kernel with bridges, veth and NAT, and the programs ip and nft; runs natively"),
    .serialized)
struct NetworkClosureTests {
    /// `a` and `b` are strangers in networks of their own, of each of which the host is a member.
    private let ground =
        strangers + """
            routes() { # whether a's packets reach b
              for to in 198.51.100.2 2001:db8:b::2; do
                nsenter --net --target $a busybox ping -c 1 -W 1 $to >/dev/null && echo routes || echo closed
              done
            }
            beyond 192.0.2 2001:db8:a; a=$stranger
            beyond 198.51.100 2001:db8:b; b=$stranger

            """

    private func onHost(_ script: String, pod: String = "true", capabilities: String = "") throws -> Workplace.Result {
        let place = try Workplace()
        var text = manifest("pod", pod)
        if !capabilities.isEmpty {
            text += "\n        securityContext: {capabilities: {add: [\(capabilities)]}}\n"
        }
        _ = try place.file("job.yaml", text)
        return try IntegrationTests.onHost(place, ground + script)
    }

    struct Case: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var script: String
        var output: String
    }

    @Test(
        "A host that did not forward before forwards nothing but the pods' packets, whatever was taken away meanwhile",
        arguments: [
            Case(
                testDescription: "a run",
                script: "routes; $berth run $place/job.yaml; cat /proc/sys/net/ipv4/ip_forward; routes",
                output: "closed\nclosed\n1\nclosed\nclosed\n"),
            Case(
                testDescription: "the bridge, between two runs",
                script: "$berth run $place/job.yaml; ip link del berth0; $berth run $place/job.yaml; routes",
                output: "closed\nclosed\n"),
            Case(
                testDescription: "all rules, between two runs",
                script: "$berth run $place/job.yaml; nft flush ruleset; $berth run $place/job.yaml; routes",
                output: "closed\nclosed\n"),
            Case(
                testDescription: "the rules of the table",
                script: "$berth run $place/job.yaml; nft flush table inet berth; $berth run $place/job.yaml; routes",
                output: "closed\nclosed\n"),
            Case(
                testDescription: "a program nft that fails",
                script: """
                    mount --bind /bin/false /usr/sbin/nft
                    $berth run $place/job.yaml || echo $?
                    cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding; routes
                    """,
                output: "125\n0\n0\nclosed\nclosed\n"),
            Case(
                testDescription: "who made the bridge, before it had an address",
                script: """
                    ip link add berth0 address 02:62:00:00:00:01 type bridge
                    $berth run $place/job.yaml; routes
                    """,
                output: "closed\nclosed\n"),
        ])
    func closed(_ one: Case) throws {
        let result = try onHost(one.script)
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output == one.output)
    }

    @Test("What a host forwarded before is still forwarded, and strangers reach no pod")
    func router() throws {
        let result = try onHost(
            """
            echo 1 >/proc/sys/net/ipv4/ip_forward
            echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
            routes; $berth run $place/job.yaml; routes
            """)
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output == "routes\nroutes\nroutes\nroutes\n")
    }

    @Test("berth doctor tells of the bridge, and of rules of others that drop what is forwarded")
    func doctor() throws {
        let result = try onHost(
            """
            line() { $berth doctor | grep -A 1 ' network ' || true; }
            line; $berth run $place/job.yaml; line
            nft add table ip filter; nft add chain ip filter FORWARD '{ type filter hook forward priority 0; policy drop; }'
            line
            """)
        #expect(result.status == 0, "\(result.errors)")
        for part in ["berth0 is made by the first run", "berth0, forwarding turned on by Berth", "ip filter FORWARD"] {
            #expect(result.output.contains(part), "\(result.output)")
        }
    }

    @Test("berth network rm leaves the host as it was, but not while a pod has an address")
    func removed() throws {
        let result = try onHost(
            """
            $berth network rm
            $berth run $place/job.yaml & run=$!
            until grep -q 'berth[0-9a-f]\\{4\\}:' /proc/net/dev; do sleep 0.05; done
            $berth network rm || echo $?
            wait $run
            $berth network rm
            cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding
            nft list tables; ls /run/berth; ip link show berth0 2>/dev/null || echo gone
            """, pod: "sleep 1")
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output == "1\n0\n0\naddresses\nnetwork.lock\ngone\n")
    }

    @Test("A run that is killed at any instant leaves a host that is closed, and the next run has its network")
    func killed() throws {
        let result = try onHost(
            """
            for milliseconds in 001 004 006 008 010 012 014 016 018 020 023 026 030 040; do
              timeout -s KILL 0.$milliseconds $berth run $place/job.yaml 2>/dev/null || true
              [ $(cat /proc/sys/net/ipv4/ip_forward) = 0 ] || routes
              $berth run $place/job.yaml
              ip link del berth0
              nft delete table inet berth
              echo 0 >/proc/sys/net/ipv4/ip_forward
              echo 0 >/proc/sys/net/ipv6/conf/all/forwarding
              rm /run/berth/forwarding-*
            done
            """)
        #expect(result.status == 0, "\(result.errors)")
        #expect(!result.output.contains("routes"))
    }

    @Test("Once the rules are back, pods reach the outside again, by IPv6 as well")
    func pods() throws {
        let result = try onHost(
            """
            [ $(cat /proc/sys/net/ipv6/conf/up$b/accept_ra) = 1 ]
            $berth run $place/job.yaml; nft flush ruleset; $berth run $place/job.yaml
            cat /proc/sys/net/ipv6/conf/up$b/accept_ra /proc/sys/net/ipv6/conf/berth0/accept_ra
            """,
            // No way leads back to the pods' addresses: an answer says that the host's was seen.
            pod: "for to in 198.51.100.2 2001:db8:b::2; do ping -c 1 -w 5 $to >/dev/null && echo answered; done")
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output == "answered\nanswered\nanswered\nanswered\n2\n0\n")
    }

    @Test("What comes from a pod with an address that is no pod's goes nowhere")
    func spoofed() throws {
        let result = try onHost(
            """
            nsenter --net --target $b sh -euc '
              nft add table inet seen
              nft add chain inet seen input "{ type filter hook input priority 0; }"
              nft add rule inet seen input ip saddr 203.0.113.9 counter
              nft add rule inet seen input ip saddr 198.51.100.1 counter'
            $berth run $place/job.yaml
            nsenter --net --target $b nft list table inet seen | sed -n 's/.*counter packets \\([0-9]*\\) .*/\\1/p'
            """,
            pod: """
                ip addr add 203.0.113.9/32 dev eth0
                ping -c 1 -W 1 -I 203.0.113.9 198.51.100.2 >/dev/null && echo answered
                ping -c 1 -w 5 198.51.100.2 >/dev/null && echo answered
                """, capabilities: "NET_ADMIN")
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output == "answered\n0\n1\n")
    }
}
