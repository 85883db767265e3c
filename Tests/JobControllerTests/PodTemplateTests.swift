// SPDX-License-Identifier: Apache-2.0

import JobController
import KubernetesAPI
import Testing

struct PodTemplateTests {
    @Test("A pod has all of the template, the generated labels, its owner and the tracking finalizer")
    func whole() throws {
        let cluster = Cluster.started {
            $0.template.metadata.labels = ["app": "x"]
            $0.template.metadata.annotations = ["note": "y"]
            $0.template.metadata.finalizers = ["example.org/own"]
            $0.template.spec.hostname = "mine"
            $0.template.spec.subdomain = "sub"
        }
        let pod = cluster.pods[0]
        let uid = cluster.controller.job.metadata.uid
        #expect(
            pod.metadata.labels == [
                "app": "x", "batch.kubernetes.io/controller-uid": uid, "controller-uid": uid,
                "batch.kubernetes.io/job-name": "work", "job-name": "work",
            ])
        #expect(pod.metadata.annotations == ["note": "y"])
        #expect(pod.metadata.finalizers == ["example.org/own", "batch.kubernetes.io/job-tracking"])
        #expect(pod.metadata.namespace == "default")
        #expect(pod.metadata.generateName == "work-")
        #expect(pod.metadata.creationTimestamp == Cluster.start)
        #expect(pod.status.phase == .pending)
        #expect(pod.spec == cluster.controller.job.spec.template.spec)
        #expect(pod.spec.hostname == "mine")
        let owner = try #require(pod.metadata.ownerReferences.first)
        #expect(pod.metadata.ownerReferences.count == 1)
        #expect(owner.apiVersion == "batch/v1")
        #expect(owner.kind == "Job")
        #expect(owner.name == "work")
        #expect(owner.uid == uid)
        #expect(owner.controller == true)
        #expect(owner.blockOwnerDeletion == true)
    }

    @Test("The Job gets its selector over one label; without labels of its own it takes the template's")
    func selector() {
        let job = Cluster.started().controller.job
        #expect(job.spec.selector?.matchLabels == ["batch.kubernetes.io/controller-uid": job.metadata.uid])
        #expect(job.metadata.labels == job.spec.template.metadata.labels)
        #expect(job.metadata.labels.count == 4)
        let own = Cluster.started { $0.template.metadata.labels = ["app": "x"] }.controller.job
        #expect(own.metadata.labels == ["app": "x"])
    }

    @Test("With manualSelector nothing is generated")
    func manual() {
        let cluster = Cluster.started {
            $0.manualSelector = true
            $0.template.metadata.labels = ["app": "x"]
        }
        #expect(cluster.pods[0].metadata.labels == ["app": "x"])
        #expect(cluster.controller.job.spec.selector == nil)
    }

    @Test(
        "Names have five characters of their own and at most 63 in all; the index is never cut",
        arguments: [
            ("pi", false, "pi-"), (String(repeating: "n", count: 63), false, String(repeating: "n", count: 58)),
            (String(repeating: "n", count: 57), false, String(repeating: "n", count: 57) + "-"),
            ("pi", true, "pi-0-"), (String(repeating: "n", count: 61), true, String(repeating: "n", count: 55) + "-0-"),
        ])
    func names(job: String, indexed: Bool, prefix: String) throws {
        var cluster = Cluster(name: job) {
            $0.completionMode = indexed ? .indexed : .nonIndexed
            $0.completions = 1
        }
        cluster.send(.resync)
        let name = try #require(cluster.pods.first).metadata.name
        #expect(name.hasPrefix(prefix))
        #expect(name.count == prefix.count + 5)
        #expect(name.count <= 63)
        #expect(name.suffix(5).allSatisfy { "bcdfghjklmnpqrstvwxz2456789".contains($0) })
    }

    @Test("UIDs are random UUIDs of version 4")
    func uids() {
        let cluster = Cluster.started {
            $0.parallelism = 50; $0.completions = 50
        }
        for pod in cluster.pods {
            let parts = pod.metadata.uid.split(separator: "-")
            #expect(parts.map(\.count) == [8, 4, 4, 4, 12])
            #expect(parts[2].first == "4")
            #expect("89ab".contains(parts[3].first!))
        }
    }

    @Test("Even a generator that always says the same gives different names and UIDs")
    func poorRandomness() {
        struct Zero: RandomNumberGenerator { func next() -> UInt64 { 0 } }
        var zero = Zero()
        var controller = JobController(
            job: Cluster.job {
                $0.parallelism = 3; $0.completions = 3
            }, backoff: .kubernetes)
        var pods: [Pod] = []
        for intent in controller.apply(.resync, now: Cluster.start, random: &zero) {
            if case .createPod(let pod) = intent { pods.append(pod) }
        }
        #expect(Set(pods.map(\.metadata.name)).count == 3)
        #expect(Set(pods.map(\.metadata.uid)).count == 3)
    }
}
