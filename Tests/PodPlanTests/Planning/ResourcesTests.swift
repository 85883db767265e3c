// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import PodPlan
import Testing

@testable import PodPlanning

private func quantities(_ texts: [String: String]) -> [String: Quantity] { texts.mapValues { Quantity($0)! } }

/// A pod of these containers, limited as a whole.
private func spec(limits: [String: String], _ containers: [[String: String]], volume: String? = nil) -> PodSpec {
    testPod { pod in
        pod.spec.resources = ResourceRequirements()
        pod.spec.resources?.limits = quantities(limits)
        let first = pod.spec.containers[0]
        pod.spec.containers = containers.enumerated().map { index, limits in
            var container = first
            container.name = "c\(index)"
            container.resources.limits = quantities(limits)
            return container
        }
        if let volume {
            var made = Volume()
            var source = EmptyDirVolumeSource()
            source.medium = volume
            made.source = .emptyDir(source)
            pod.spec.volumes = [made]
        }
    }.spec
}

struct ResourcesTests {
    @Test("What a container does not limit itself is limited by its pod")
    func inherits() {
        let pod = spec(limits: ["cpu": "2", "memory": "1Gi"], [["memory": "64Mi"], [:]])
        #expect(resourcePlan(pod.containers[0], of: pod, testHost).memoryBytes == 64 << 20)
        #expect(resourcePlan(pod.containers[0], of: pod, testHost).cpuMillicores == 2000)
        #expect(resourcePlan(pod.containers[1], of: pod, testHost).memoryBytes == 1 << 30)
    }

    @Test(
        "A pod has a cgroup of its own only where it limits more than its containers' cgroups do",
        arguments: [
            ([:], [["memory": "1Mi"], ["memory": "2Mi"]], nil, nil), (["memory": "5Mi"], [[:]], nil, nil),
            (["memory": "5Mi"], [[:], [:]], nil, 5 << 20), (["memory": "5Mi"], [["memory": "1Mi"], [:]], nil, 5 << 20),
            ([:], [["memory": "1Mi"], ["memory": "2Mi"]], "Memory", 3 << 20),
            ([:], [["memory": "1Mi"], [:]], "Memory", nil), (["memory": "5Mi"], [[:]], "Memory", nil),
            ([:], [["memory": "1Mi"], ["memory": "2Mi"]], "", nil),
        ] as [([String: String], [[String: String]], String?, Int64?)])
    func podCgroup(limits: [String: String], containers: [[String: String]], volume: String?, memory: Int64?) {
        #expect(podResourcePlan(spec(limits: limits, containers, volume: volume), testHost)?.memoryBytes == memory)
    }

    @Test("A restarted container's volume in memory is charged to its pod")
    func restarted() {
        var pod = spec(limits: ["memory": "5Mi"], [[:]], volume: "Memory")
        pod.restartPolicy = .onFailure
        #expect(podResourcePlan(pod, testHost)?.memoryBytes == 5 << 20)
    }

    @Test("What of a pod's memory nobody asked for is shared out; a sidecar does not die before the others")
    func scores() {
        var pod = spec(limits: [:], [["memory": "1Gi"], ["memory": "2Gi"]])
        #expect(oomScoreAdjustment(pod.containers[0], of: pod, .burstable, testHost) == 875)
        pod.resources?.requests = quantities(["memory": "5Gi"])
        for index in pod.containers.indices {
            pod.containers[index].resources.requests = pod.containers[index].resources.limits
        }
        #expect(oomScoreAdjustment(pod.containers[0], of: pod, .burstable, testHost) == 750)
        var sidecar = Container()
        sidecar.name = "s"
        pod.resources = nil
        pod.initContainers = [sidecar]
        #expect(oomScoreAdjustment(pod.initContainers[0], of: pod, .burstable, testHost) == 999)
        pod.initContainers[0].restartPolicy = .always
        #expect(oomScoreAdjustment(pod.initContainers[0], of: pod, .burstable, testHost) == 875)
    }

    private static var hugeHost: HostFacts {
        var host = testHost
        host.hugePages = [2 << 20: 64 << 20, 1 << 30: 2 << 30]
        return host
    }

    @Test("Of huge pages a container has its own limit, else its pod's, and none of a size that it doesn't ask for")
    func hugePages() {
        let pod = spec(limits: ["hugepages-1Gi": "1Gi"], [["hugepages-2Mi": "4Mi"], [:]])
        func limits(_ index: Int) -> [Int64] {
            resourcePlan(pod.containers[index], of: pod, Self.hugeHost).hugePages.map(\.limitBytes)
        }
        #expect(limits(0) == [4 << 20, 1 << 30])
        #expect(limits(1) == [0, 1 << 30])
        #expect(resourcePlan(pod.containers[0], of: pod, testHost).hugePages.isEmpty)
        let shared = podResourcePlan(pod, Self.hugeHost)?.hugePages
        #expect(
            shared == [
                HugePagePlan(pageBytes: 2 << 20, limitBytes: 4 << 20),
                HugePagePlan(pageBytes: 1 << 30, limitBytes: 1 << 30),
            ])
        #expect(podResourcePlan(spec(limits: [:], [["hugepages-2Mi": "4Mi"], [:]]), Self.hugeHost) == nil)
    }

    @Test("What pods can have of the machine leaves out the memory of its huge pages")
    func allocatable() {
        let amounts = Self.hugeHost.allocatable
        #expect(amounts.others == ["hugepages-2Mi": 64 << 20, "hugepages-1Gi": 2 << 30])
        #expect(amounts.memoryBytes == testHost.memoryBytes - (64 << 20) - (2 << 30))
    }

    @Test(
        "A volume of huge pages has the size of page that it names, or the only one that is requested",
        arguments: [
            ("HugePages", ["hugepages-2Mi": "4Mi"], .hugePages(pageBytes: 2 << 20, sizeBytes: 4 << 20)),
            (
                "HugePages-2Mi", ["hugepages-2Mi": "4Mi", "hugepages-1Gi": "1Gi"],
                .hugePages(pageBytes: 2 << 20, sizeBytes: 4 << 20)
            ),
            (
                "HugePages-1Gi", ["hugepages-2Mi": "4Mi", "hugepages-1Gi": "1Gi"],
                .hugePages(pageBytes: 1 << 30, sizeBytes: 1 << 30)
            ),
            ("HugePages", [:], .unavailable("medium HugePages: no container requests huge pages")),
            (
                "HugePages-1Gi", ["hugepages-2Mi": "4Mi"],
                .unavailable("medium HugePages-1Gi: no container requests hugepages-1Gi")
            ),
            (
                "HugePages", ["hugepages-2Mi": "4Mi", "hugepages-1Gi": "1Gi"],
                .unavailable(
                    "medium HugePages: containers request several sizes of huge pages; name one, as HugePages-2Mi")
            ),
        ] as [(String, [String: String], VolumePlan.Source)])
    func hugePageVolumes(_ medium: String, _ requests: [String: String], _ source: VolumePlan.Source) {
        let pod = testPod { pod in
            var volume = Volume()
            var directory = EmptyDirVolumeSource()
            directory.medium = medium
            volume.source = .emptyDir(directory)
            pod.spec.volumes = [volume]
            pod.spec.containers[0].resources.requests = quantities(requests)
        }
        var planner = planner()
        #expect(planner.plan(pod, qosClass: .burstable, idRange: nil).volumes.map(\.source) == [source])
    }
}
