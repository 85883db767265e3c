// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import Testing

/// What pods share with the host and with each other, and by which names they know themselves.
@Suite(.enabled(if: isRoot, "needs root: runs real pods"), .serialized)
struct SurroundingsTests {
    /// A Job whose pod has these fields; its container runs `script`.
    private func job(_ script: String, pod: String) -> String {
        manifest("surroundings", script).replacing(
            "      restartPolicy: Never\n",
            with: "      restartPolicy: Never\n" + pod.split(separator: "\n").map { "      \($0)\n" }.joined())
    }

    private func run(_ script: String, pod: String) throws -> Workplace.Result {
        let place = try Workplace()
        let result = try place.berth("run", try place.file("job.yaml", job(script, pod: pod)))
        #expect(try place.leftovers() == [])
        return result
    }

    @Test("Host names, aliases and servers are the manifest's")
    func names() throws {
        let result = try run(
            "hostname; cat /etc/hostname; tail -n 5 /etc/hosts; cat /etc/resolv.conf",
            pod: """
                hostname: one
                subdomain: sub
                setHostnameAsFQDN: true
                hostAliases: [{ip: 192.0.2.1, hostnames: [far, away]}]
                dnsPolicy: None
                dnsConfig: {nameservers: [192.0.2.53], searches: [x.test], options: [{name: ndots, value: "1"}]}
                """)
        #expect(result.status == 0)
        let name = "one.sub.default.svc.cluster.local"
        #expect(result.output.hasPrefix("\(name)\n\(name)\nfe00::2\tip6-allrouters\n"))
        #expect(
            result.output.hasSuffix(
                "\t\(name)\tone\n\n# Entries added by HostAliases.\n192.0.2.1\tfar\taway\nsearch x.test\nnameserver 192.0.2.53\noptions ndots:1\n"
            ), "\(result.output)")
    }

    @Test("An Indexed Job runs beside the headless Service that its subdomain names; other Services are refused")
    func service() throws {
        let service = "apiVersion: v1\nkind: Service\nmetadata: {name: sub}\nspec: {clusterIP: None}\n---\n"
        let text = job("hostname; grep -c $(hostname).sub.default.svc.cluster.local /etc/hosts", pod: "subdomain: sub")
            .replacing("  backoffLimit: 0\n", with: "  backoffLimit: 0\n  completionMode: Indexed\n  completions: 1\n")
        let place = try Workplace()
        let result = try place.berth("run", try place.file("job.yaml", service + text))
        #expect(result.status == 0)
        #expect(result.output.hasPrefix("surroundings-0\n") && !result.output.hasSuffix("\n0\n"))
        let other = service.replacing("clusterIP: None", with: "type: NodePort")
        let refused = try place.berth("run", try place.file("job.yaml", other + text))
        #expect(refused.status == 2)
        #expect(refused.errors.contains("spec.type: not supported by Berth"))
    }

    @Test("A name that is too long for the kernel keeps the pod from starting, in the kubelet's words")
    func tooLong() throws {
        let result = try run(
            "true",
            pod: "hostname: \(String(repeating: "h", count: 40))\nsubdomain: sub\nsetHostnameAsFQDN: true")
        #expect(result.status == 1)
        #expect(result.errors.contains("is too long (64 characters is the max, 70 characters requested)"))
    }

    @Test("A pod in the host's namespaces sees the host's name, processes and addresses")
    func hostNamespaces() throws {
        let result = try run(
            "readlink /proc/self/ns/net; readlink /proc/self/ns/pid; readlink /proc/self/ns/ipc; head -n 1 /etc/hosts; test -d /proc/\(getpid()) && echo seen",
            pod: "hostNetwork: true\nhostPID: true\nhostIPC: true")
        #expect(result.status == 0)
        let ours = ["net", "pid", "ipc"].map { namespace($0) + "\n" }.joined()
        #expect(result.output == ours + "# Kubernetes-managed hosts file (host network).\nseen\n", "\(result.errors)")
    }

    private func namespace(_ name: String) -> String {
        var target = [UInt8](repeating: 0, count: 64)
        let count = readlink("/proc/self/ns/\(name)", &target, target.count)
        return String(decoding: target[..<max(0, count)], as: UTF8.self)
    }

    @Test("Containers with one process namespace have a PID 1 of their own kind, with a user namespace as well")
    func sharedProcesses() throws {
        for pod in ["shareProcessNamespace: true", "shareProcessNamespace: true\nhostUsers: false"] {
            let result = try run("tr '\\0' ' ' </proc/1/cmdline; [ $$ != 1 ] && echo behind", pod: pod)
            #expect(result.status == 0)
            #expect(result.output == "pause behind\n")
        }
    }

    @Test("A safe kernel parameter is set for the pod alone")
    func sysctl() throws {
        let result = try run(
            "cat /proc/sys/net/ipv4/ip_local_port_range",
            pod: "securityContext: {sysctls: [{name: net.ipv4.ip_local_port_range, value: \"20001 20002\"}]}")
        #expect(result.output == "20001\t20002\n")
    }

    @Test("Another kernel parameter fails the pod with the reason SysctlForbidden, which the Job counts")
    func forbiddenSysctl() throws {
        let place = try Workplace()
        let text = job("true", pod: "securityContext: {sysctls: [{name: kernel.msgmax, value: \"1\"}]}")
        let result = try place.berth("run", "-o", "yaml", try place.file("job.yaml", text))
        #expect(result.status == 1)
        #expect(result.output.contains("reason: SysctlForbidden"))
        #expect(result.output.contains("forbidden sysctl: \"kernel.msgmax\" not allowlisted"))
        #expect(result.output.contains("BackoffLimitExceeded"))
    }

    @Test("A value that the kernel does not take ends the run and says which parameter it was")
    func refusedSysctl() throws {
        let result = try run(
            "true", pod: "securityContext: {sysctls: [{name: net.ipv4.ip_local_port_range, value: \"none\"}]}")
        #expect(result.status == 1)
        #expect(
            result.errors.contains("net/ipv4/ip_local_port_range") && result.errors.contains("FailedCreatePodSandBox"))
    }
}
