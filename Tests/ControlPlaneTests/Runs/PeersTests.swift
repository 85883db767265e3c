// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import PodPlanning
import Testing

@testable import ControlPlane

/// Who is in whose `/etc/hosts`, and when that is written anew.
struct PeersTests {
    private static let host = HostFacts(nodeName: "node", memoryBytes: 1 << 30, capabilities: 0)

    private func pod(_ name: String, _ subdomain: String?, namespace: String = "default") -> Pod {
        var pod = Pod()
        pod.metadata.name = name
        pod.metadata.uid = "uid-\(name)"
        pod.metadata.namespace = namespace
        pod.spec.subdomain = subdomain
        return pod
    }

    private func add(_ pod: Pod, _ address: String, to peers: inout Peers) {
        let names = PodHostNames(pod, host: Self.host)
        peers.add(
            pod, HostsFile(pod, names, addresses: [address], host: Self.host),
            .init(addresses: [address], names: names))
    }

    private func peerLines(_ text: String) -> [String] {
        text.split(separator: "\n").drop { !$0.hasPrefix("# Pods") }.dropFirst().map(String.init)
    }

    private func line(_ name: String, _ address: String) -> String {
        "\(address)\t\(name).sub.default.svc.cluster.local\t\(name).sub\tsub.default.svc.cluster.local\tsub"
    }

    @Test("A pod that comes finds those that are there, which are told of it; those of other groups are not")
    func comes() {
        var peers = Peers()
        add(pod("a", "sub"), "10.0.0.1", to: &peers)
        add(pod("x", "other"), "10.0.0.2", to: &peers)
        add(pod("y", "sub", namespace: "second"), "10.0.0.3", to: &peers)
        add(pod("z", nil), "10.0.0.4", to: &peers)
        #expect(peers.takeUpdates(now: Timestamp(nanoseconds: 0)).isEmpty)
        #expect(peers.others(of: pod("b", "sub")).count == 1)
        #expect(peers.others(of: pod("c", nil)).isEmpty)
        add(pod("b", "sub"), "10.0.0.5", to: &peers)
        #expect(peers.nextUpdate != nil)
        let updates = peers.takeUpdates(now: Timestamp(nanoseconds: 1))
        #expect(updates.map(\.uid) == ["uid-a"])
        #expect(updates.map { peerLines($0.hosts) } == [[line("a", "10.0.0.1"), line("b", "10.0.0.5")]])
        #expect(updates[0].hosts.contains("\n10.0.0.1\ta.sub.default.svc.cluster.local\ta\n"))
        #expect(peers.nextUpdate == nil)
    }

    @Test("A pod that goes is taken out of the others' files, once")
    func goes() {
        var peers = Peers()
        for (name, address) in [("a", "10.0.0.1"), ("b", "10.0.0.2"), ("c", "10.0.0.3")] {
            add(pod(name, "sub"), address, to: &peers)
        }
        _ = peers.takeUpdates(now: Timestamp(nanoseconds: 0))
        peers.remove("uid-b")
        peers.remove("uid-b")
        peers.remove("nobody")
        let updates = peers.takeUpdates(now: Timestamp(nanoseconds: 1_000_000_000))
        #expect(updates.map(\.uid) == ["uid-a", "uid-c"])
        #expect(
            updates.allSatisfy { peerLines($0.hosts) == [line("a", "10.0.0.1"), line("c", "10.0.0.3")] })
        peers.remove("uid-a")
        peers.remove("uid-c")
        #expect(peers.nextUpdate == nil)
        #expect(peers.takeUpdates(now: Timestamp(nanoseconds: 2_000_000_000)).isEmpty)
    }

    @Test("Many changes in a row are told together")
    func together() {
        var peers = Peers()
        for number in 0..<100 { add(pod("p\(number)", "sub"), "10.0.1.\(number)", to: &peers) }
        let start = Timestamp(nanoseconds: 1)
        #expect(peers.takeUpdates(now: start).count == 99)
        peers.remove("uid-p0")
        peers.remove("uid-p1")
        #expect(peers.takeUpdates(now: start + .milliseconds(98)).isEmpty)
        #expect(peers.nextUpdate == start + .milliseconds(99))
        #expect(peers.takeUpdates(now: start + .milliseconds(99)).count == 98)
    }
}

extension WholeRuns {
    struct PeerRunTests {
        @Test("The pods of an Indexed Job see each other come and go in their /etc/hosts")
        func comeAndGo() throws {
            let fixture = try RunFixture()
            let watcher = Watcher()
            var options = fixture.options
            options.stateDirectory = fixture.state
            let loop = try RunLoop(options: options, sources: fixture.sources, observer: watcher)
            loop.addresses = { pod in ["192.0.2.1\(pod.metadata.labels[JobLabel.completionIndex]!)"] }
            // The first waits for the second to come, then for it to go; the second waits for the first.
            let script = """
                h=/etc/hosts
                if [ $JOB_COMPLETION_INDEX = 0 ]; then
                  until busybox grep -q '^192.0.2.11.pair-1.sub.default.svc.cluster.local.pair-1.sub' $h; do sleep 0.01; done
                  echo >/seen/it
                  while busybox grep -q pair-1 $h; do sleep 0.01; done
                  busybox tail -n 1 $h; hostname
                else
                  until busybox grep -q '^192.0.2.10.*pair-0.sub' $h; do sleep 0.01; done
                  until [ -e /seen/it ]; do sleep 0.01; done
                  echo found
                fi
                """
            // It must not be gone before it has been seen.
            var (seen, place, mount) = (Volume(), HostPathVolumeSource(), VolumeMount())
            place.path = fixture.scratch.path + "/seen"
            place.type = .directoryOrCreate
            (seen.name, seen.source) = ("seen", .hostPath(place))
            (mount.name, mount.mountPath) = ("seen", "/seen")
            let outcome = try loop.run([
                job("pair", ["sh", "-c", script]) {
                    $0.spec.completionMode = .indexed
                    $0.spec.completions = 2
                    $0.spec.parallelism = 2
                    $0.spec.backoffLimit = 0
                    $0.spec.activeDeadlineSeconds = 60
                    $0.spec.template.spec.subdomain = "sub"
                    $0.spec.template.spec.volumes = [seen]
                    $0.spec.template.spec.containers[0].volumeMounts = [mount]
                }
            ])
            #expect(try outcome.onlyJob.verdict == .complete)
            let own =
                "192.0.2.10\tpair-0.sub.default.svc.cluster.local\tpair-0.sub\tsub.default.svc.cluster.local\tsub\n"
            #expect(watcher.allOutput == [own + "pair-0\n", "found\n"])
        }
    }
}
