// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import Testing

/// Whether this kernel has what the network of the pods is made of, and this machine what the tests use.
let canMakeNetworks: Bool = {
    guard isRoot, let place = try? Workplace() else { return false }
    let script = """
        ip link add bridge0 type bridge && ip link add pair0 type veth peer name pair1 && \
          nft add table inet x && nft add chain inet x c '{ type nat hook postrouting priority srcnat; }' && \
          nft add rule inet x c masquerade
        """
    guard let started = try? place.start("/usr/bin/unshare", ["unshare", "--net", "sh", "-c", script]),
        let result = try? place.finish(started)
    else { return false }
    return result.status == 0
}()

/// Runs commands of a shell on a host of their own, with nothing but its loopback and an empty /run; `$berth` is the
/// command.
///
/// A new network namespace forwards IPv4 when this machine does.
func onHost(_ place: Workplace, _ script: String) throws -> Workplace.Result {
    let host = "mount -t tmpfs tmpfs /run; echo 0 >/proc/sys/net/ipv4/ip_forward\n"
    return try place.finish(
        try place.start(
            "/usr/bin/unshare",
            ["unshare", "--net", "--mount", "sh", "-euc", host + script],
            ["berth=\(berthExecutable)", "BERTH_NETWORK=bridge", "place=\(place.directory)"]))
}

/// A function of the shell: makes a stranger, process `$stranger`, in a network beyond the host, of which the host is a
/// member by its first addresses.
let strangers = """
    strangers=
    beyond() { # NETWORK, OF IPv6
      unshare --net sleep 120 & stranger=$!
      strangers="$strangers $stranger"
      trap "kill $strangers" EXIT
      until [ "$(readlink /proc/$stranger/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.05; done
      ip link add up$stranger type veth peer name far0 netns $stranger
      ip addr add $1.1/24 dev up$stranger
      ip addr add $2::1/64 dev up$stranger nodad
      ip link set up$stranger up
      nsenter --net --target $stranger sh -euc "
        ip addr add $1.2/24 dev far0
        ip addr add $2::2/64 dev far0 nodad
        ip link set far0 up
        ip route add default via $1.1
        ip route add default via $2::1"
      # The kernel takes up to a second to see that both ends are up.
      until busybox ping -c 1 -W 1 $1.2 && busybox ping -c 1 -W 1 $2::2; do sleep 0.1; done >/dev/null
    }

    """

/// The network of the pods. Each test's "host" is a network namespace of its own: nothing is made in this machine's.
@Suite(
    .enabled(
        if: canMakeNetworks,
        "needs root, a kernel with bridges, veth and NAT, and the programs ip and nft; runs natively"),
    .serialized)
struct NetworkTests {
    @Test("A pod has an address of each family, reaches the host by them, and knows them itself")
    func addresses() throws {
        let place = try Workplace()
        let script = """
            ip -4 -o addr show eth0 | grep -c 'inet 10.86.'
            [ "$(cat /proc/sys/net/ipv6/conf/eth0/accept_ra)" = 0 ]
            grep -c "^$POD_IP" /etc/hosts
            local=$(ip -6 -o addr show eth0 | sed -n 's/.*inet6 \\(fd[0-9a-f:]*\\)::.*/\\1/p')
            ping -c 1 -w 5 10.86.0.1 >/dev/null && ping -c 1 -w 5 $local::1 >/dev/null && echo reached
            """
        var text = manifest("net", "set -e\n" + script)
        text += "\n        env: [{name: POD_IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}]\n"
        _ = try place.file("job.yaml", text)
        let result = try onHost(place, "$berth run $place/job.yaml")
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output == "1\n1\nreached\n")
    }

    @Test("Pods of an Indexed Job reach each other by name, also from a user namespace", arguments: [true, false])
    func peers(hostUsers: Bool) throws {
        let place = try Workplace()
        let script = """
            if [ $JOB_COMPLETION_INDEX = 0 ]; then
              mkdir /www && echo found >/www/index.html && httpd -h /www && sleep 3
            else
              # Debian's static wget cannot look names up itself.
              until wget -q -O - "http://$(sed -n 's/\\tpair-0.sub.default.*//p' /etc/hosts | head -n 1)/"; do sleep 0.1; done
            fi
            """
        let fields = "completionMode: Indexed\n  completions: 2\n  parallelism: 2\n  activeDeadlineSeconds: 20"
        let text = manifest("pair", script, fields).replacing(
            "      restartPolicy: Never\n",
            with: "      restartPolicy: Never\n      subdomain: sub\n      hostUsers: \(hostUsers)\n")
        _ = try place.file("job.yaml", text)
        let result = try onHost(place, "$berth run --logs raw $place/job.yaml")
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output == "found\n")
    }

    @Test(
        "Pods that come one after the other have their own addresses, whoever came before them",
        arguments: ["hostUsers: true", "hostUsers: false", "hostNetwork: true"])
    func oneByOne(field: String) throws {
        let place = try Workplace()
        let own = """
            [ "$(ip -4 -o addr show eth0 | sed 's/.*inet \\([0-9.]*\\).*/\\1/')" = "$POD_IP" ] && [ "$(ip -o link | wc -l)" = 2 ]
            ping -c 1 -w 5 10.86.0.1 >/dev/null && echo $POD_IP
            """
        let script = field == "hostNetwork: true" ? "[ -e /sys/class/net/berth0 ] && echo host" : own
        let address = "\n        env: [{name: POD_IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}]\n"
        let others = manifest("others", script, "completions: 3").replacing(
            "      restartPolicy: Never\n", with: "      restartPolicy: Never\n      \(field)\n")
        _ = try place.file("job.yaml", others + address + "---\n" + manifest("some", own, "completions: 3") + address)
        let result = try onHost(
            place,
            """
            ip link set lo up
            $berth run --logs raw $place/job.yaml | sort
            i=0
            while grep -q 'berth[0-9a-f]\\{4\\}' /proc/net/dev && [ $i -lt 50 ]; do sleep 0.1; i=$((i + 1)); done
            grep -c 'berth[0-9a-f]\\{4\\}' /proc/net/dev || true
            """)
        #expect(result.status == 0, "\(result.errors)")
        var lines = result.output.split(separator: "\n")
        #expect(lines.popLast() == "0", "an interface is left")
        #expect(lines.count == 6, "\(result.output) \(result.errors)")
        #expect(Set(lines).count == (field == "hostNetwork: true" ? 4 : 6), "\(result.output)")
    }

    @Test("What a run made goes with its pods; the bridge stays for the next run, and is found again")
    func leavesNothing() throws {
        let place = try Workplace()
        _ = try place.file("job.yaml", manifest("one", "true"))
        let result = try onHost(
            place,
            """
            $berth run $place/job.yaml && $berth run $place/job.yaml
            i=0
            while grep -q 'berth[0-9a-f]\\{4\\}' /proc/net/dev && [ $i -lt 50 ]; do sleep 0.1; i=$((i + 1)); done
            sed -n 's/^ *\\(berth[^:]*\\):.*/\\1/p' /proc/net/dev
            """)
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output == "berth0\n")
    }

    @Test("Pods reach what is beyond the host in the host's name, and the host's own rules stay as they are")
    func translates() throws {
        let place = try Workplace()
        // No way leads back to the pods' addresses: an answer says that the host's was seen.
        _ = try place.file(
            "job.yaml", manifest("out", "ping -c 1 -w 5 198.51.100.2 >/dev/null && echo answered"))
        let result = try onHost(
            place,
            strangers + """
                nft add table inet foreign
                nft add chain inet foreign input '{ type filter hook input priority 0; }'
                nft list ruleset >$place/before
                beyond 198.51.100 2001:db8:b
                $berth run $place/job.yaml
                cat /proc/sys/net/ipv4/ip_forward
                nft list table inet foreign | cmp - $place/before && echo untouched
                """)
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output == "answered\n1\nuntouched\n")
    }

    @Test("With --network none a pod has its loopback alone, and the host gets no bridge")
    func none() throws {
        let place = try Workplace()
        _ = try place.file("job.yaml", manifest("lonely", "ls /sys/class/net"))
        let result = try onHost(place, "$berth run --network none $place/job.yaml; grep -c berth /proc/net/dev || true")
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output == "lo\n0\n")
    }
}

@Suite(.enabled(if: isRoot, "needs root: runs real pods"))
struct NetworkFailureTests {
    @Test("A host on which the network can't be had is told at once, with what to do, and no pod is made")
    func refuses() throws {
        let place = try Workplace()
        _ = try place.file("job.yaml", manifest("net", "true"))
        // An interface of that name that is no bridge of ours, without a range for pods.
        let script = "ip link add berth0 type veth peer name other 2>/dev/null || true; exec $berth run $place/job.yaml"
        let result = try place.finish(
            try place.start(
                "/usr/bin/unshare", ["unshare", "--net", "sh", "-euc", script],
                ["berth=\(berthExecutable)", "BERTH_NETWORK=bridge", "place=\(place.directory)"]))
        #expect(result.status != 0)
        #expect(result.errors.contains("with --network none pods have their loopback alone"), "\(result.errors)")
        #expect(!result.errors.contains("Created pod"))
        #expect(try place.leftovers() == [])
    }
}
