// SPDX-License-Identifier: Apache-2.0

import Testing

/// Ports of the host that lead to pods.
@Suite(
    .enabled(
        if: canMakeNetworks,
        "needs root, a kernel with bridges, veth and NAT, and the programs ip and nft; runs natively"),
    .serialized)
struct HostPortTests {
    private static let ports = "{containerPort: 80, hostPort: 8080}, {containerPort: 81, hostPort: 8081}"

    /// A web server that ends when somebody has connected to its port 81.
    private func server(_ name: String, ports: String, completions: Int = 1) -> String {
        manifest(
            name, "mkdir /www && echo $NAME >/www/index.html && httpd -h /www; echo bye | nc -l -p 81; sleep 0.2",
            "completions: \(completions)\n  parallelism: \(completions)\n  activeDeadlineSeconds: 60") + """

                        env: [{name: NAME, value: \(name)}]
                        ports: [\(ports)]

                """
    }

    private let functions =
        strangers + #"""
            beyond 198.51.100 2001:db8:b; b=$stranger
            trap 'kill $strangers $run 2>/dev/null || true' EXIT
            # Debian's static wget ends with a fault when an address has a port.
            get="printf 'GET / HTTP/1.0\r\n\r\n' | busybox nc -w 2 \$1 \$2 2>/dev/null | sed '1,/^.\$/d' | grep ."
            get() { sh -c "$get" sh $*; }
            from_b() { nsenter --net --target $b sh -c "$get" sh $*; }
            end() { nsenter --net --target $b busybox nc -w 2 198.51.100.1 8081 </dev/null | grep bye; }
            eventually() { for i in 1 2 3 4 5 6 7 8 9 10; do "$@" && return; sleep 0.2; done; return 1; }

            """#

    @Test(
        "A port of the host leads to the pod, from beyond the host, from the host, and from pods; and only while it runs"
    )
    func leads() throws {
        let place = try Workplace()
        _ = try place.file("job.yaml", server("web", ports: Self.ports))
        _ = try place.file(
            "client.yaml",
            manifest("client", "printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 2 198.51.100.1 8080 | tail -n 1"))
        let result = try onHost(
            place,
            functions + """
                $berth run --logs none $place/job.yaml & run=$!
                eventually from_b 198.51.100.1 8080
                eventually from_b 2001:db8:b::1 8080
                get 198.51.100.1 8080
                $berth run --logs raw $place/client.yaml
                get 127.0.0.1 8080 || echo not by the loopback
                end
                wait $run
                from_b 198.51.100.1 8080 2>/dev/null || echo closed
                nft list map inet berth ports4 | grep -c elements || true
                """)
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output == "web\nweb\nweb\nweb\nnot by the loopback\nbye\nclosed\n0\n")
    }

    @Test("A port of one address of the host's is none of the others")
    func address() throws {
        let place = try Workplace()
        _ = try place.file(
            "job.yaml",
            server(
                "web",
                ports: "{containerPort: 80, hostPort: 8080, hostIP: 198.51.100.1}, {containerPort: 81, hostPort: 8081}")
        )
        let result = try onHost(
            place,
            functions + """
                beyond 192.0.2 2001:db8:a
                trap 'kill $strangers $run 2>/dev/null || true' EXIT
                $berth run --logs none $place/job.yaml & run=$!
                eventually from_b 198.51.100.1 8080
                from_b 192.0.2.1 8080 2>/dev/null || echo closed
                end; wait $run
                """)
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output == "web\nclosed\nbye\n")
    }

    @Test("Two pods with one port run one after the other, and the waiting one says why")
    func conflict() throws {
        let place = try Workplace()
        _ = try place.file("job.yaml", server("web", ports: Self.ports, completions: 2))
        let result = try onHost(
            place,
            functions + """
                $berth run --logs none $place/job.yaml & run=$!
                for i in 1 2; do eventually end; sleep 1; done
                wait $run
                """)
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output == "bye\nbye\n")
        #expect(result.errors.contains("1 node(s) didn't have free ports for the requested pod ports"))
    }

    @Test("A port that a pod of another run has is not taken from it")
    func taken() throws {
        let place = try Workplace()
        _ = try place.file("job.yaml", server("web", ports: Self.ports))
        let other = server("other", ports: "{containerPort: 80, hostPort: 8080}")
        _ = try place.file("other.yaml", other.replacing("DeadlineSeconds: 60", with: "DeadlineSeconds: 2"))
        let result = try onHost(
            place,
            functions + """
                $berth run --logs none $place/job.yaml & run=$!
                eventually from_b 198.51.100.1 8080
                $berth run --logs none $place/other.yaml >&2 || echo refused
                from_b 198.51.100.1 8080
                end; wait $run
                """)
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output == "web\nrefused\nweb\nbye\n")
        #expect(result.errors.contains("a pod of another run on this host has one of the host's ports 8080"))
    }

    @Test("When all of a run is killed, the port is there for the next one", arguments: ["berth", "everything"])
    func killed(what: String) throws {
        let place = try Workplace()
        _ = try place.file("job.yaml", server("web", ports: Self.ports))
        let result = try onHost(
            place,
            functions + """
                $berth run --logs none $place/job.yaml & run=$!
                eventually from_b 198.51.100.1 8080
                zygote=$(cat /proc/$run/task/$run/children | tr -d " ")
                supervisors=$(cat /proc/$zygote/task/$zygote/children)
                if [ \(what) = everything ]; then kill -KILL $run $zygote $supervisors; else kill -KILL $run; fi
                wait $run 2>/dev/null || echo killed
                while from_b 198.51.100.1 8080 >/dev/null; do sleep 0.1; done
                $berth run --logs none $place/job.yaml & run=$!
                eventually end
                wait $run
                """)
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output == "web\nkilled\nbye\n")
    }

    @Test("Ports that somebody flushed with all rules are open again when the next pod starts")
    func flushed() throws {
        let place = try Workplace()
        _ = try place.file(
            "jobs.yaml",
            server("web", ports: Self.ports) + "---\n" + manifest("next", "sleep 2", "completions: 2"))
        let result = try onHost(
            place,
            functions + """
                $berth run --logs none $place/jobs.yaml & run=$!
                eventually from_b 198.51.100.1 8080
                nft flush ruleset
                from_b 198.51.100.1 8080 2>/dev/null || echo closed
                sleep 2; eventually end; wait $run
                """)
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output == "web\nclosed\nbye\n")
    }

    @Test("With --network none there is no such port, which is said before any pod is made")
    func none() throws {
        let place = try Workplace()
        _ = try place.file("job.yaml", server("web", ports: Self.ports))
        let result = try onHost(place, "$berth run --network none $place/job.yaml || echo $?")
        #expect(result.output == "2\n")
        #expect(result.errors.contains("a pod has a hostPort, and there is no network"), "\(result.errors)")
    }
}
