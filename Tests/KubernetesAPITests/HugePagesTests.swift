// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import Manifest
import Testing

@Suite("Huge pages and extended resources, as the API server checks them")
struct HugePagesTests {
    private static let container = "spec.template.spec.containers[0].resources"

    @Test(
        "Those that are whole pages, limited to what they request, and beside CPU or memory, are accepted",
        arguments: [
            "limits: {hugepages-2Mi: 4Mi, memory: 1Mi}", "limits: {hugepages-1Gi: 1Gi, hugepages-2Mi: 2Mi, cpu: 1}",
            "limits: {hugepages-2Mi: 2Mi}, requests: {hugepages-2Mi: 2Mi, cpu: 1m}",
            "limits: {example.com/gpu: 2}", "limits: {example.com/gpu: 2}, requests: {example.com/gpu: 2}",
        ])
    func accepts(_ resources: String) throws {
        let job = try readJob(jobText(container: "resources: {\(resources)}"))
        let limits = job.spec.template.spec.containers[0].resources.limits
        #expect(job.spec.template.spec.containers[0].resources.requests.filter { limits[$0.key] != nil } == limits)
        #expect(try readJob(job.write().json) == job)
    }

    @Test(
        "Others are refused",
        arguments: [
            ("limits: {hugepages-2Mi: 2Mi}", ": Forbidden: HugePages require cpu or memory"),
            (
                "limits: {hugepages-2Mi: 3Mi, cpu: 1}",
                ".limits.hugepages-2Mi: Invalid value: \"3Mi\": 3Mi is not positive integer multiple of hugepages-2Mi"
            ),
            (
                "limits: {hugepages-x: 2Mi, cpu: 1}",
                ".limits.hugepages-x: Invalid value: \"2Mi\": 2Mi is not positive integer multiple of hugepages-x"
            ),
            (
                "limits: {hugepages-2Mi: 4Mi, cpu: 1}, requests: {hugepages-2Mi: 2Mi}",
                ".requests: Invalid value: \"2Mi\": must be equal to hugepages-2Mi limit of 4Mi"
            ),
            (
                "requests: {hugepages-2Mi: 2Mi, cpu: 1}",
                ".limits: Required value: Limit must be set for non overcommitable resources"
            ),
            (
                "limits: {example.com/gpu: 500m}",
                "[example.com/gpu]: Invalid value: \"500m\": must be an integer"
            ),
            (
                "limits: {example.com/gpu: 2}, requests: {example.com/gpu: 1}",
                ".requests: Invalid value: \"1\": must be equal to example.com/gpu limit of 2"
            ),
            (
                "requests: {example.com/gpu: 1}",
                ".limits: Required value: Limit must be set for non overcommitable resources"
            ),
        ])
    func refuses(_ resources: String, _ fault: String) {
        let found = faults(in: jobText(container: "resources: {\(resources)}"))
        #expect(found == [Self.container + (fault.hasPrefix("[") ? ".limits" : "") + fault])
    }

    @Test("A pod as a whole may have huge pages by the same rules")
    func podLevel() {
        #expect(faults(in: jobText(pod: "resources: {limits: {hugepages-2Mi: 2Mi, memory: 1Mi}}")) == [])
        #expect(
            faults(in: jobText(pod: "resources: {limits: {hugepages-2Mi: 2Mi}}")) == [
                "spec.template.spec.resources: Forbidden: HugePages require cpu or memory"
            ])
    }

    @Test("An emptyDir is of huge pages by its medium", arguments: ["HugePages", "HugePages-2Mi", "HugePages-1Gi"])
    func medium(_ medium: String) {
        #expect(faults(in: jobText(pod: "volumes: [{name: v, emptyDir: {medium: \(medium)}}]")) == [])
    }

    @Test(
        "A medium without a size that is one is refused",
        arguments: ["HugePages-", "HugePages-0", "HugePagesX", "Disk"])
    func noMedium(_ medium: String) {
        #expect(
            faults(in: jobText(pod: "volumes: [{name: v, emptyDir: {medium: '\(medium)'}}]")) == [
                "spec.template.spec.volumes[0].emptyDir.medium: Unsupported value: \"\(medium)\": "
                    + "supported values: \"\", \"HugePages\", \"HugePages-<size>\", \"Memory\""
            ])
    }
}
