// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import Manifest
import Testing

/// What the API server says of names, DNS, namespaces and kernel parameters.
struct SurroundingsTests {
    @Test(
        "What is right is accepted",
        arguments: [
            "hostNetwork: true", "hostPID: true", "hostIPC: true", "shareProcessNamespace: true",
            "{hostNetwork: true, hostPID: true, hostIPC: true}", "setHostnameAsFQDN: true", "hostnameOverride: a.b",
            "hostAliases: [{ip: 1.2.3.4, hostnames: [a, b.c]}, {ip: 'fe80::1'}]",
            "{dnsPolicy: None, dnsConfig: {nameservers: [1.1.1.1, '2001:db8::1'], searches: [a.b., _x._tcp.c, .], options: [{name: ndots, value: '2'}, {name: edns0}]}}",
            "securityContext: {sysctls: [{name: net.ipv4.tcp_syncookies, value: '1'}, {name: kernel/shm_rmid_forced, value: '1'}]}",
            "{hostNetwork: true, securityContext: {sysctls: [{name: kernel.shm_rmid_forced, value: '1'}]}}",
            "{hostUsers: false, shareProcessNamespace: true}",
        ])
    func accepts(pod: String) {
        #expect(faults(in: jobText(pod: flat(pod))) == [])
    }

    /// Several fields at the place of one.
    private func flat(_ pod: String) -> String {
        guard pod.hasPrefix("{") else { return pod }
        var (depth, parts, part) = (0, [String](), "")
        for character in pod.dropFirst().dropLast() {
            depth += "{[".contains(character) ? 1 : "}]".contains(character) ? -1 : 0
            if character == ",", depth == 0 {
                parts.append(part)
                part = ""
            } else {
                part.append(character)
            }
        }
        return (parts + [part]).map { $0.drop { $0 == " " } }.joined(separator: "\n      ")
    }

    @Test(
        "What is wrong is named as the API server names it",
        arguments: [
            (
                "{hostPID: true, shareProcessNamespace: true}",
                "securityContext.shareProcessNamespace: Invalid value: true: ShareProcessNamespace and HostPID cannot both be enabled"
            ),
            ("{hostUsers: false, hostNetwork: true}", "hostNetwork: Forbidden: when `hostUsers` is false"),
            ("{hostUsers: false, hostPID: true}", "hostPID: Forbidden: when `hostUsers` is false"),
            ("{hostUsers: false, hostIPC: true}", "hostIPC: Forbidden: when `hostUsers` is false"),
            (
                "hostAliases: [{ip: 1.2.3, hostnames: [a]}]",
                "hostAliases[0].ip: Invalid value: \"1.2.3\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
            ),
            ("dnsPolicy: None", "dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None"),
            (
                "{dnsPolicy: None, dnsConfig: {searches: [a]}}",
                "dnsConfig.nameservers: Required value: must provide at least one DNS nameserver when `dnsPolicy` is None"
            ),
            (
                "dnsConfig: {nameservers: [1.1.1.1, 1.1.1.2, 1.1.1.3, 1.1.1.4]}",
                "dnsConfig.nameservers: Invalid value: [\"1.1.1.1\",\"1.1.1.2\",\"1.1.1.3\",\"1.1.1.4\"]: must not have more than 3 nameservers"
            ),
            (
                "dnsConfig: {nameservers: [here]}",
                "dnsConfig.nameservers[0]: Invalid value: \"here\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
            ),
            ("dnsConfig: {options: [{value: x}]}", "dnsConfig.options[0]: Required value: must not be empty"),
            (
                "dnsConfig: {options: [{name: \"a\\nnameserver 6.6.6.6\"}]}",
                "dnsConfig.options[0]: Invalid value: \"a\\nnameserver 6.6.6.6:\": must not contain spaces or control characters"
            ),
            (
                "securityContext: {sysctls: [{name: '', value: a}]}",
                "securityContext.sysctls[0].name: Required value"
            ),
            (
                "securityContext: {sysctls: [{name: a.b, value: a}, {name: a/b, value: c}]}",
                "securityContext.sysctls[1].name: Duplicate value: \"a/b\""
            ),
            (
                "securityContext: {sysctls: [{name: A, value: a}]}",
                "securityContext.sysctls[0].name: Invalid value: \"A\": must have at most 253 characters and match regex ([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
            ),
            (
                "securityContext: {sysctls: [{name: ../core, value: a}]}",
                "securityContext.sysctls[0].name: Invalid value: \"../core\": must have at most 253 characters and match regex ([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
            ),
            (
                "securityContext: {sysctls: [{name: net.a, value: \"1\\n2\"}]}",
                "securityContext.sysctls[0].value: Invalid value: \"1\\n2\": must not contain control characters"
            ),
            (
                "{hostNetwork: true, securityContext: {sysctls: [{name: net/ipv4/tcp_syncookies, value: '1'}]}}",
                "securityContext.sysctls[0].name: Invalid value: \"net/ipv4/tcp_syncookies\": may not be specified when 'hostNetwork' is true"
            ),
            (
                "{hostIPC: true, securityContext: {sysctls: [{name: kernel.shm_rmid_forced, value: '1'}]}}",
                "securityContext.sysctls[0].name: Invalid value: \"kernel.shm_rmid_forced\": may not be specified when 'hostIPC' is true"
            ),
            (
                "{hostnameOverride: a, hostNetwork: true}",
                "hostNetwork: Forbidden: may not be true when `hostnameOverride` is set"
            ),
            (
                "{hostnameOverride: a, setHostnameAsFQDN: true}",
                "setHostnameAsFQDN: Forbidden: may not be true when `hostnameOverride` is set"
            ),
        ])
    func refuses(pod: String, fault: String) {
        #expect(faults(in: jobText(pod: flat(pod))) == ["spec.template.spec.\(fault)"])
    }

    @Test("A host name that overrides fits into the kernel's")
    func longOverride() {
        let name = String(repeating: "a", count: 63) + ".b"
        #expect(
            faults(in: jobText(pod: "hostnameOverride: \(name)")) == [
                "spec.template.spec.hostnameOverride: Too long: may not be more than 64 bytes"
            ])
    }

    @Test(
        "Texts of IP addresses",
        arguments: [
            ("0.0.0.0", true), ("255.255.255.255", true), ("256.0.0.1", false), ("01.2.3.4", false), ("1.2.3", false),
            ("1.2.3.4.5", false), ("1.2.3.+4", false), ("", false), ("::", true), ("::1", true), ("1::", true),
            ("1:2:3:4:5:6:7:8", true), ("1:2:3:4:5:6:7", false), ("1:2:3:4:5:6:7:8:9", false), ("1::3:4:5:6:7:8", true),
            ("1::2:3:4:5:6:7:8", false), ("1::2::3", false), (":::", false), (":1::2", false),
            ("1:2:3:4:5:6:7:", false),
            ("::ffff:1.2.3.4", true), ("1:2:3:4:5:6:1.2.3.4", true), ("1.2.3.4::", false), ("12345::", false),
            ("g::", false), ("fe80::1%eth0", false), ("2001:db8::ffff", true), (":", false), ("1:", false),
        ])
    func addresses(text: String, isAddress: Bool) {
        #expect(isIPAddress(text) == isAddress)
    }

    @Test(
        "Ports of the host",
        arguments: [
            ("[{containerPort: 80, hostPort: 80, hostIP: '::1'}, {containerPort: 80, protocol: UDP, name: u}]", []),
            (
                "[{containerPort: 80, hostPort: 81}]",
                ["hostPort: Invalid value: 81: must match `containerPort` when `hostNetwork` is true"]
            ),
            (
                "[{containerPort: 80, hostPort: 80, hostIP: here}]",
                ["hostIP: Invalid value: \"here\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"]
            ),
        ] as [(String, [String])])
    func portsOfTheHost(ports: String, expected: [String]) {
        let found = faults(in: jobText(pod: "hostNetwork: true", container: "ports: \(ports)"))
        #expect(found == expected.map { "spec.template.spec.containers[0].ports[0].\($0)" })
    }

    @Test(
        "Two containers cannot have one port of the host, two init containers can")
    func conflicts() throws {
        let port = "ports: [{containerPort: 80, hostPort: 80}]"
        let two = "ports: [{containerPort: 80, hostPort: 80}, {containerPort: 80, hostPort: 80, name: b}]"
        let path = "spec.template.spec.containers[0].ports"
        #expect(
            faults(in: jobText(pod: "hostNetwork: true", container: two)) == [
                "\(path)[1].hostPort: Duplicate value: \"TCP//80\""
            ])
        let inits = "initContainers: [{name: a, image: i, \(port)}, {name: b, image: i, \(port)}]"
        #expect(faults(in: jobText(pod: "hostNetwork: true\n      \(inits)", container: port)) == [])
        #expect(faults(in: jobText(container: port)) == [])
        let job = try readJob(jobText(pod: "hostNetwork: true", container: port))
        #expect(job.write().yaml.contains("hostPort: 80"))
    }

    @Test("In the host's network a port of a pod is the host's; one of a template may be left out, but not be another")
    func hostPorts() throws {
        let text = jobText(pod: "hostNetwork: true", container: "ports: [{containerPort: 80}]")
        let job = try readJob(text)
        #expect(job.spec.template.spec.containers[0].ports[0].hostPort == 0)
        var pod = Pod()
        pod.spec = job.spec.template.spec
        pod.applyDefaults()
        #expect(pod.spec.containers[0].ports[0].hostPort == 80)
        pod.spec.containers[0].ports[0].hostPort = 81
        let list = FaultList()
        pod.validate(list)
        #expect(
            list.faults.map(\.description).filter { $0.contains("ostPort") } == [
                "spec.containers[0].ports[0].hostPort: Invalid value: 81: must match `containerPort` when `hostNetwork` is true"
            ])
    }
}
