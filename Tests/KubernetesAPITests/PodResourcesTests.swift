// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import Manifest
import Testing

/// A pod with these resources of its own, init containers and containers.
private func pod(_ own: String, _ containers: [String], inits: [String] = []) throws -> Pod {
    func list(_ resources: [String], _ prefix: String) -> String {
        "["
            + resources.enumerated().map { "{name: \(prefix)\($0.offset), image: i, resources: \($0.element)}" }
            .joined(separator: ", ") + "]"
    }
    let reading = readManifests(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers: \(list(containers, "c"))\n"
            + "  initContainers: \(list(inits, "i"))\n" + (own.isEmpty ? "" : "  resources: \(own)\n"),
        fileName: "p")
    #expect(reading.faults == [])
    guard case .pod(let pod) = try #require(reading.objects.first) else { throw NoPod() }
    return pod
}

private struct NoPod: Error {}

struct PodResourcesTests {
    @Test(
        "Requests that a pod leaves out are those of its containers, or else its limits",
        arguments: [
            ("{limits: {cpu: 2, memory: 1Gi}}", ["{}"], ["cpu": "2", "memory": "1Gi"]),
            ("{limits: {cpu: 2, memory: 1Gi}}", ["{requests: {cpu: 500m}}", "{}"], ["cpu": "500m", "memory": "1Gi"]),
            ("{limits: {cpu: 2}}", ["{limits: {memory: 1Gi}}"], ["cpu": "2", "memory": "1Gi"]),
            ("{requests: {cpu: 2}}", ["{requests: {memory: 1Gi}}"], ["cpu": "2"]),
            ("{limits: {cpu: 2}, requests: {cpu: 0.5m}}", ["{}"], ["cpu": "1m"]),
        ] as [(String, [String], [String: String])])
    func defaults(own: String, containers: [String], requests: [String: String]) throws {
        #expect(try pod(own, containers).spec.resources?.requests.mapValues(\.description) == requests)
    }

    @Test(
        "The class follows from the pod's own resources, where it has some",
        arguments: [
            ("{limits: {cpu: 1, memory: 1Gi}}", ["{}", "{}"], .guaranteed),
            ("{limits: {cpu: 1, memory: 1Gi}}", ["{requests: {cpu: 100m}}"], .burstable),
            ("{limits: {cpu: 1}}", ["{limits: {cpu: 1, memory: 1Gi}}"], .burstable),
            ("{requests: {memory: 1Gi}}", ["{}"], .burstable), ("{}", ["{}"], .bestEffort),
            ("{limits: {cpu: 0}}", ["{}"], .bestEffort),
        ] as [(String, [String], PodStatus.QOSClass)])
    func classes(own: String, containers: [String], expected: PodStatus.QOSClass) throws {
        #expect(try pod(own, containers).spec.qosClass == expected)
    }

    @Test("A pod asks for what its containers have at any one time, or for what it says itself")
    func totals() throws {
        let of = ["{requests: {cpu: 1}}", "{requests: {cpu: 500m, memory: 1Gi}}"]
        var spec = try pod("", of, inits: ["{requests: {cpu: 1}}"]).spec
        #expect(spec.totalRequests.mapValues(\.description) == ["cpu": "1500m", "memory": "1Gi"])
        spec.initContainers[0].resources.requests["cpu"] = Quantity("4")
        #expect(spec.totalRequests["cpu"]?.description == "4")
        // A sidecar lives beside all that come after it.
        spec.initContainers[0].restartPolicy = .always
        #expect(spec.totalRequests["cpu"]?.description == "5500m")
        #expect(spec.concurrentContainers == 3)
        #expect(try pod("{requests: {cpu: 9}}", of).spec.totalRequests["cpu"]?.description == "9")
        #expect(spec.totalLimit("cpu") == nil)
        #expect(try pod("{limits: {memory: 2Gi}}", of).spec.totalLimit("memory")?.description == "2Gi")
    }

    @Test(
        "Faults of a pod's own resources are the API server's",
        arguments: [
            (
                "resources: {requests: {cpu: 1}}", "resources: {requests: {cpu: 1500m}}",
                "resources.requests.cpu: Invalid value: \"1\": must be greater than or equal to aggregate container requests of 1500m"
            ),
            (
                "resources: {limits: {memory: 1Gi}}", "resources: {limits: {memory: 2Gi}, requests: {memory: 1Gi}}",
                "resources.containers[0].memory.limits: Invalid value: \"2Gi\": must be less than or equal to pod limits of 1Gi"
            ),
            (
                "resources: {limits: {cpu: 1}, requests: {cpu: 2}}", "",
                "resources.requests: Invalid value: \"2\": must be less than or equal to cpu limit of 1"
            ),
            (
                "resources: {limits: {ephemeral-storage: 1Gi}}", "",
                "resources.limits.ephemeral-storage: Unsupported value: \"ephemeral-storage\": supported values: \"cpu\", \"hugepages-\", \"memory\""
            ),
            (
                "resources: {limits: {cpu: -1}}", "",
                "resources.limits.cpu: Invalid value: \"-1\": must be greater than or equal to 0"
            ),
            (
                "overhead: {cpu: 1m}", "",
                "overhead: not supported by Berth: only a RuntimeClass may set it, and there is none"
            ),
        ])
    func faults(pod: String, container: String, fault: String) {
        #expect(
            KubernetesAPITests.faults(in: jobText(pod: pod, container: container)) == ["spec.template.spec.\(fault)"])
    }
}
