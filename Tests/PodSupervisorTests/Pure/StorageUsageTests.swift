// SPDX-License-Identifier: Apache-2.0

import PodPlan
import Testing

@testable import PodSupervisor

struct StorageUsageTests {
    private func plan(volume: Int64?, pod: Int64?, container: Int64?) -> PodPlan {
        func limit(_ bytes: Int64?) -> StorageLimit? { bytes.map { StorageLimit(bytes: $0, text: "\($0)") } }
        var (plan, main, other, scratch) = (PodPlan(), ContainerPlan(), ContainerPlan(), VolumePlan())
        (main.name, other.name, scratch.name) = ("main", "other", "d")
        main.resources.ephemeralStorage = limit(container)
        scratch.sizeLimit = limit(volume)
        plan.containers = [main, other]
        plan.volumes = [scratch]
        plan.storageLimit = limit(pod)
        return plan
    }

    @Test(
        "A pod is evicted for what is too much, in the kubelet's words",
        arguments: [
            (nil, nil, nil, nil), (100, nil, nil, nil), (10, 25, 10, nil),
            (9, 1, 1, "Usage of EmptyDir volume \"d\" exceeds the limit \"9\". "),
            (10, 24, 1, "Pod ephemeral local storage usage exceeds the total limit of containers 24. "),
            (nil, 25, 9, "Container main exceeded its local ephemeral storage limit \"9\". "),
        ] as [(Int64?, Int64?, Int64?, String?)])
    func excess(volume: Int64?, pod: Int64?, container: Int64?, message: String?) {
        let plan = plan(volume: volume, pod: pod, container: container)
        #expect(StorageUsage(volumes: [10], containers: [10, 5]).excess(plan) == message)
        #expect(plan.limitsStorage == (volume != nil || pod != nil || container != nil))
    }

    @Test("An init container has no limit of its own, only that of the pod, as for the kubelet")
    func initContainer() {
        var plan = plan(volume: nil, pod: nil, container: nil)
        plan.initContainers = [self.plan(volume: nil, pod: nil, container: 1).containers[0]]
        #expect(!plan.limitsStorage)
        plan.containers[1].resources.ephemeralStorage = StorageLimit(bytes: 9, text: "9")
        #expect(StorageUsage(volumes: [0], containers: [50, 50, 9]).excess(plan) == nil)
        #expect(StorageUsage(volumes: [0], containers: [0, 0, 10]).excess(plan)?.hasPrefix("Container other ") == true)
    }

    @Test("An eviction ends the pod as soon as any end does, and it has failed whatever its containers say")
    func eviction() {
        var main = ContainerPlan()
        main.name = "main"
        var plan = PodPlan()
        plan.containers = [main]
        var life = PodLife(plan, now: 0)
        _ = life.advance(now: 0)
        life.prepared()
        _ = life.advance(now: 0)
        _ = life.created(0, now: 0)
        life.started(0, now: 0)
        life.evict("too much. ", now: 0)
        #expect(life.advance(now: 0).contains(.signal(0, 15)))
        #expect(life.advance(now: 1_000_000_000).isEmpty)
        #expect(life.advance(now: 2_000_000_000).contains(.kill(0)))
        life.ended(0, Termination())
        _ = life.advance(now: 2_000_000_000)
        #expect(life.state.phase == .failed)
        #expect(life.state.reason == "Evicted" && life.state.message == "too much. ")
    }
}
