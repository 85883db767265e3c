// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import PodPlan
import Testing

@testable import PodPlanning

/// `/etc/hosts`, `/etc/resolv.conf` and the names of a pod, as the kubelet makes them.
struct NameFileTests {
    private static var host: HostFacts {
        var host = testHost
        host.names.hostname = "machine"
        host.names.hostsFile = "127.0.0.1 localhost\n10.0.0.9 machine\n"
        host.names.resolverFile =
            "# made by hand\nnameserver 10.0.0.1\nnameserver 10.0.0.2\nsearch a.test b.test\noptions ndots:2 rotate\n"
        return host
    }

    private func hosts(
        addresses: [String] = ["10.88.0.7"], peers: [HostsFile.Peer] = [], _ change: (inout Pod) -> Void = { _ in }
    ) -> String {
        let pod = testPod(change)
        let names = PodHostNames(pod, host: Self.host)
        return HostsFile(pod, names, addresses: addresses, host: Self.host).text(peers: peers)
    }

    private static let head = """
        # Kubernetes-managed hosts file.
        127.0.0.1\tlocalhost
        ::1\tlocalhost ip6-localhost ip6-loopback
        fe00::0\tip6-localnet
        fe00::0\tip6-mcastprefix
        fe00::1\tip6-allnodes
        fe00::2\tip6-allrouters

        """

    @Test("/etc/hosts has the pod's addresses with its name")
    func plainHosts() {
        #expect(hosts() == Self.head + "10.88.0.7\tpod-x\n")
        #expect(hosts(addresses: ["10.88.0.7", "fd00::7"]) == Self.head + "10.88.0.7\tpod-x\nfd00::7\tpod-x\n")
    }

    @Test("With a subdomain the qualified name stands first")
    func qualifiedHosts() {
        let text = hosts {
            $0.spec.hostname = "w-0"
            $0.spec.subdomain = "workers"
        }
        #expect(text == Self.head + "10.88.0.7\tw-0.workers.default.svc.cluster.local\tw-0\n")
    }

    @Test("hostAliases come behind, each on its line")
    func aliases() {
        let text = hosts {
            $0.spec.hostAliases = [alias("1.2.3.4", "one", "two"), alias("::5")]
        }
        #expect(text == Self.head + "10.88.0.7\tpod-x\n\n# Entries added by HostAliases.\n1.2.3.4\tone\ttwo\n::5\t\n")
    }

    @Test("In the host's network it is the host's file under a line of its own")
    func hostsOfTheHost() {
        let text = hosts {
            $0.spec.hostNetwork = true
            $0.spec.hostAliases = [alias("1.2.3.4", "one")]
        }
        #expect(
            text == """
                # Kubernetes-managed hosts file (host network).
                127.0.0.1 localhost
                10.0.0.9 machine

                # Entries added by HostAliases.
                1.2.3.4\tone

                """)
    }

    @Test("Peers come last, by their qualified and their short name")
    func peers() {
        let peer = testPod {
            $0.spec.hostname = "w-1"
            $0.spec.subdomain = "workers"
        }
        let text = hosts(peers: [
            .init(addresses: ["10.88.0.8"], names: PodHostNames(peer, host: Self.host))
        ])
        #expect(
            text == Self.head
                + "10.88.0.7\tpod-x\n\n# Pods of the same subdomain.\n10.88.0.8\tw-1.workers.default.svc.cluster.local\tw-1.workers\tworkers.default.svc.cluster.local\tworkers\n"
        )
    }

    @Test("Files are shared when a pod has several containers, or finds others by name")
    func sharing() {
        var planner = planner()
        func shares(_ addresses: [String] = [], _ change: (inout Pod) -> Void) -> Bool {
            planner.plan(testPod(change), qosClass: .bestEffort, idRange: nil, addresses: addresses).sharesFiles
        }
        #expect(!shares { _ in })
        #expect(!shares { $0.spec.subdomain = "sub" })
        #expect(!shares(["10.0.0.1"]) { _ in })
        #expect(shares(["10.0.0.1"]) { $0.spec.subdomain = "sub" })
        #expect(shares { $0.spec.initContainers = $0.spec.containers })
        let pod = testPod { $0.spec.subdomain = "sub" }
        let plan = planner.plan(pod, qosClass: .bestEffort, idRange: nil, addresses: ["10.0.0.1"])
        #expect(
            plan.files[0].contents.hasSuffix(
                "# Pods of the same subdomain.\n10.0.0.1\tpod-x.sub.default.svc.cluster.local\tpod-x.sub\tsub.default.svc.cluster.local\tsub\n"
            ))
    }

    private func alias(_ ip: String, _ names: String...) -> HostAlias {
        var alias = HostAlias()
        alias.ip = ip
        alias.hostnames = names
        return alias
    }

    @Test(
        "The kernel's name",
        arguments: [
            (nil, nil, nil, nil, false, "pod-x"), ("own", nil, true, nil, false, "own"),
            ("own", "sub", nil, nil, false, "own"),
            ("own", "sub", true, nil, false, "own.sub.default.svc.cluster.local"),
            ("own", "sub", nil, "over.ride", false, "over.ride"), ("own", "sub", true, nil, true, "machine"),
        ] as [(String?, String?, Bool?, String?, Bool, String)])
    func names(
        hostname: String?, subdomain: String?, asFQDN: Bool?, override: String?, hostNetwork: Bool, expected: String
    ) throws {
        var planner = planner(host: Self.host)
        let pod = testPod {
            $0.spec.hostname = hostname
            $0.spec.subdomain = subdomain
            $0.spec.setHostnameAsFQDN = asFQDN
            $0.spec.hostnameOverride = override
            $0.spec.hostNetwork = hostNetwork
        }
        let plan = planner.plan(pod, qosClass: .bestEffort, idRange: nil)
        #expect(plan.hostname == expected && plan.obstacle == nil)
        #expect(plan.files.last == FilePlan(path: "/etc/hostname", contents: expected + "\n"))
        #expect(plan.containers[0].environment.contains("HOSTNAME=\(expected)"))
        #expect(plan.sharesHost.network == hostNetwork)
    }

    @Test("A qualified name of more than 64 bytes keeps the pod waiting, in the kubelet's words")
    func tooLong() {
        var planner = planner()
        let pod = testPod {
            $0.spec.hostname = String(repeating: "h", count: 40)
            $0.spec.subdomain = "sub"
            $0.spec.setHostnameAsFQDN = true
        }
        let name = String(repeating: "h", count: 40) + ".sub.default.svc.cluster.local"
        #expect(
            planner.plan(pod, qosClass: .bestEffort, idRange: nil).obstacle
                == .waiting(
                    reason: "FailedCreatePodSandBox",
                    message:
                        "Failed to create pod sandbox: failed to construct FQDN from pod hostname and cluster domain, FQDN \(name) is too long (64 characters is the max, 70 characters requested)"
                ))
    }

    private func config(_ servers: [String], _ searches: [String], _ options: [(String, String?)]) -> PodDNSConfig {
        var config = PodDNSConfig()
        config.nameservers = servers
        config.searches = searches
        config.options = options.map { name, value in
            var option = PodDNSConfigOption()
            option.name = name
            option.value = value
            return option
        }
        return config
    }

    private func resolver(_ policy: String?, _ config: PodDNSConfig? = nil) -> String {
        var spec = PodSpec()
        spec.dnsPolicy = policy
        spec.dnsConfig = config
        return ResolverFile(spec, host: Self.host).text
    }

    private static let ofHost =
        "search a.test b.test\nnameserver 10.0.0.1\nnameserver 10.0.0.2\noptions ndots:2 rotate\n"

    @Test(
        "Without a cluster's DNS every policy but None gives the host's servers",
        arguments: ["ClusterFirst", "ClusterFirstWithHostNet", "Default", nil])
    func policies(policy: String?) {
        #expect(resolver(policy) == Self.ofHost)
    }

    @Test("None gives what dnsConfig says")
    func none() {
        #expect(
            resolver("None", config(["1.1.1.1"], ["x.test"], [("ndots", "1"), ("edns0", nil)]))
                == "search x.test\nnameserver 1.1.1.1\noptions ndots:1 edns0\n")
    }

    @Test("dnsConfig adds servers and searches once, replaces options by name, and stays within what libraries take")
    func merges() {
        #expect(
            resolver(
                "Default",
                config(["10.0.0.2", "1.1.1.1", "2.2.2.2"], ["b.test", "c.test"], [("ndots", "5"), ("use-vc", "")]))
                == "search a.test b.test c.test\nnameserver 10.0.0.1\nnameserver 10.0.0.2\nnameserver 1.1.1.1\noptions ndots:5 rotate use-vc\n"
        )
        let many = (0..<40).map { "s\($0).test" }
        #expect(
            resolver("None", config(["1.1.1.1"], many, [])).split(separator: "\n")[0].split(separator: " ").count == 33)
        let long = (0..<20).map { String(repeating: "a", count: 200) + "\($0)" }
        #expect(resolver("None", config(["1.1.1.1"], long, [])).split(separator: "\n")[0].utf8.count <= 2048 + 7)
    }

    @Test(
        "A file is a stub's when all its servers are on the loopback",
        arguments: [
            ("nameserver 127.0.0.53\noptions edns0 trust-ad\nsearch .\n", true), ("nameserver ::1", true),
            ("nameserver 127.0.0.53\nnameserver 10.0.0.1", false), ("", false), ("# nameserver 127.0.0.1", false),
            ("; nameserver 127.0.0.1\nnameserver 8.8.8.8", false),
        ])
    func stubs(text: String, isStub: Bool) {
        #expect(ResolverFile.asksOnlyLoopback(text) == isStub)
    }
}

/// Which kernel parameters a pod may set, as on a node with the kubelet's defaults.
struct SysctlPlanTests {
    private func plan(_ names: String...) -> PodPlan {
        var planner = planner()
        let pod = testPod {
            $0.spec.securityContext = PodSecurityContext()
            $0.spec.securityContext?.sysctls = names.map { name in
                var sysctl = Sysctl()
                sysctl.name = name
                sysctl.value = "1"
                return sysctl
            }
        }
        return planner.plan(pod, qosClass: .bestEffort, idRange: nil)
    }

    @Test("Safe ones become files below /proc/sys, by either separator")
    func safe() {
        let plan = plan("net.ipv4.tcp_syncookies", "kernel/shm_rmid_forced")
        #expect(plan.obstacle == nil)
        #expect(plan.sysctls.map(\.path) == ["net/ipv4/tcp_syncookies", "kernel/shm_rmid_forced"])
    }

    @Test(
        "Others fail the pod",
        arguments: ["net.core.somaxconn", "kernel.msgmax", "vm.swappiness", "kernel/core_pattern", "net.ipv4.tcp-x"])
    func unsafe(name: String) {
        #expect(
            plan("net.ipv4.tcp_syncookies", name).obstacle
                == .rejected(reason: "SysctlForbidden", message: "forbidden sysctl: \"\(name)\" not allowlisted"))
    }
}
