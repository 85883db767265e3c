// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import PodPlanning
import Testing

@Suite("What a pod asks of the machine")
struct SchedulingNodeTests {
    private static func node(cpu: Int64 = 2000, memory: Int64 = 1 << 30) -> SchedulingNode {
        var allocatable = ResourceAmounts()
        (allocatable.cpuMillicores, allocatable.memoryBytes, allocatable.storageBytes) = (cpu, memory, 1 << 30)
        return SchedulingNode(allocatable: allocatable)
    }

    private static func demand(_ requests: [String: String]...) -> PodDemand {
        var spec = PodSpec()
        spec.containers = requests.map(container)
        return PodDemand(spec)
    }

    private static func container(_ requests: [String: String]) -> Container {
        var container = Container()
        container.resources.requests = requests.compactMapValues { Quantity($0) }
        return container
    }

    @Test("a pod without requests asks for nothing, and requests of zero are none")
    func nothing() {
        #expect(Self.demand([:], [:]).isNothing)
        #expect(Self.demand(["cpu": "0", "example.com/gpu": "0"]).isNothing)
    }

    @Test("regular containers and sidecars count together, an init container beside the sidecars before it")
    func containers() {
        var spec = PodSpec()
        spec.containers = [Self.container(["cpu": "300m", "memory": "1Ki"]), Self.container(["cpu": "200m"])]
        var sidecar = Self.container(["cpu": "100m"])
        sidecar.restartPolicy = .always
        spec.initContainers = [Self.container(["cpu": "650m"]), sidecar, Self.container(["cpu": "550m"])]
        #expect(ResourceAmounts(requestsOf: spec).cpuMillicores == 650)
        spec.initContainers[2] = Self.container(["cpu": "560m"])
        #expect(ResourceAmounts(requestsOf: spec).cpuMillicores == 660)
        spec.initContainers = [sidecar]
        #expect(ResourceAmounts(requestsOf: spec).cpuMillicores == 600)
        spec.resources = ResourceRequirements()
        spec.resources?.requests = ["cpu": Quantity("2")!]
        let whole = ResourceAmounts(requestsOf: spec)
        #expect(whole.cpuMillicores == 2000 && whole.memoryBytes == 1024)
    }

    @Test(
        "what can never be on this node is told with all that it lacks, in the scheduler's words",
        arguments: [
            (["cpu": "2001m"], "1 Insufficient cpu"),
            (["memory": "2Gi", "cpu": "64"], "1 Insufficient cpu, 1 Insufficient memory"),
            (["ephemeral-storage": "2Gi"], "1 Insufficient ephemeral-storage"),
            (["hugepages-2Mi": "2Mi"], "1 Insufficient hugepages-2Mi"),
            (["example.com/gpu": "1"], "1 Insufficient example.com/gpu"),
        ])
    func never(_ requests: [String: String], _ reasons: String) throws {
        let misfit = try #require(Self.node().misfit(of: Self.demand(requests)))
        #expect(misfit.isForEver)
        #expect(
            misfit.message
                == "0/1 nodes are available: \(reasons). preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."
        )
    }

    @Test("a pod waits for what others have, and the whole machine can be had")
    func waits() throws {
        var node = Self.node()
        let half = Self.demand(["cpu": "1200m"])
        let whole = Self.demand(["cpu": "2", "memory": "1Gi"])
        #expect(node.misfit(of: whole) == nil)
        node.take(half)
        let misfit = try #require(node.misfit(of: whole))
        #expect(!misfit.isForEver)
        #expect(
            misfit.message
                == "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod."
        )
        #expect(node.misfit(of: half)?.reasons == ["Insufficient cpu"])
        #expect(node.misfit(of: Self.demand(["cpu": "800m"])) == nil)
        node.giveBack(half)
        #expect(node.requested == ResourceAmounts())
        #expect(node.misfit(of: whole) == nil)
    }

    @Test("amounts beyond all numbers fit nowhere and break nothing")
    func enormous() {
        let most = "9223372036854775807"
        var node = Self.node()
        #expect(node.misfit(of: Self.demand(["memory": most], ["memory": most]))?.isForEver == true)
        node.take(Self.demand(["cpu": "1"]))
        #expect(node.misfit(of: Self.demand(["cpu": most]))?.isForEver == true)
    }

    /// A queue as the run has it: first come, first tried, others may pass.
    @Test(
        "in any order of comings and goings nothing is promised twice, and what fits alone runs at last",
        arguments: 0..<50)
    func simulation(_ seed: UInt64) {
        var random = SplitMix(state: seed)
        var node = Self.node(cpu: 10, memory: 10)
        var (waiting, running): ([PodDemand], [PodDemand]) = ([], [])
        var (made, ended, refused) = (0, 0, 0)
        func start() {
            waiting.removeAll { demand in
                guard node.misfit(of: demand) == nil else { return false }
                node.take(demand)
                running.append(demand)
                return true
            }
        }
        for step in 0..<2000 {
            if step < 1500, Bool.random(using: &random) {
                made += 1
                var demand = PodDemand()
                demand.resources.cpuMillicores = .random(in: 0...12, using: &random)
                demand.resources.memoryBytes = .random(in: 0...12, using: &random)
                if node.misfit(of: demand)?.isForEver == true { refused += 1 } else { waiting.append(demand) }
            } else if !running.isEmpty {
                ended += 1
                node.giveBack(running.remove(at: .random(in: running.indices, using: &random)))
            }
            start()
            let cpu = running.reduce(0) { $0 + $1.resources.cpuMillicores }
            let memory = running.reduce(0) { $0 + $1.resources.memoryBytes }
            #expect(cpu <= 10 && memory <= 10, "seed \(seed), step \(step)")
            #expect(node.requested.cpuMillicores == cpu && node.requested.memoryBytes == memory)
            #expect(waiting.isEmpty || !running.isEmpty, "seed \(seed), step \(step): all wait")
        }
        while !running.isEmpty {
            ended += 1
            node.giveBack(running.removeFirst())
            start()
        }
        #expect(waiting.isEmpty && ended + refused == made && node.requested.isNothing, "seed \(seed)")
    }
}

/// The same numbers for the same seed.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }
}
