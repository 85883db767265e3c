// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import Manifest
import Testing

struct DefaultsTests {
    @Test(
        "completions defaults to 1 only when parallelism is absent too",
        arguments: [
            ("", 1, 1), ("parallelism: 3", nil, 3), ("completions: 3", 3, 1),
            ("completions: 5\n  parallelism: 2", 5, 2),
            ("parallelism: 0", nil, 0),
        ] as [(String, Int32?, Int32)])
    func defaultsCompletions(spec: String, completions: Int32?, parallelism: Int32) throws {
        let job = try readJob(jobText(spec: spec))
        #expect(job.spec.completions == completions)
        #expect(job.spec.parallelism == parallelism)
    }

    @Test("A Job and its pods get the API server's defaults")
    func defaultsJob() throws {
        let job = try readJob(jobText(container: "ports: [{containerPort: 80}]"))
        #expect(job.spec.backoffLimit == 6)
        #expect(job.spec.completionMode == .nonIndexed)
        #expect(job.spec.suspend == false)
        #expect(job.spec.activeDeadlineSeconds == nil)
        #expect(job.spec.ttlSecondsAfterFinished == nil)
        let pod = job.spec.template.spec
        #expect(pod.terminationGracePeriodSeconds == 30)
        #expect(pod.dnsPolicy == "ClusterFirst")
        #expect(pod.schedulerName == "default-scheduler")
        #expect(pod.securityContext == PodSecurityContext())
        #expect(pod.containers[0].terminationMessagePath == "/dev/termination-log")
        #expect(pod.containers[0].terminationMessagePolicy == .file)
        #expect(pod.containers[0].ports[0].protocol == "TCP")
    }

    @Test("An empty text is the default where the API can't tell it from none")
    func defaultsEmpty() throws {
        let job = try readJob(
            jobText(
                pod: "dnsPolicy: \"\"",
                container:
                    "imagePullPolicy: \"\"\n        terminationMessagePath: \"\"\n        terminationMessagePolicy: \"\""
            ))
        let pod = job.spec.template.spec
        #expect(pod.dnsPolicy == "ClusterFirst")
        #expect(pod.containers[0].imagePullPolicy != nil)
        #expect(pod.containers[0].terminationMessagePath == "/dev/termination-log")
        #expect(pod.containers[0].terminationMessagePolicy == .file)
    }

    @Test("A Job without labels gets those of its template")
    func copiesLabels() throws {
        let template = "      metadata: {labels: {app: x}}\n"
        let text = jobText().replacing("  template:\n", with: "  template:\n" + template.dropFirst(2))
        #expect(try readJob(text).metadata.labels == ["app": "x"])
        let labelled = text.replacing("{name: pi}", with: "{name: pi, labels: {own: z}}")
        #expect(try readJob(labelled).metadata.labels == ["own": "z"])
    }

    @Test(
        "The pull policy follows the tag",
        arguments: [
            ("busybox", .always), ("busybox:latest", .always), ("busybox:1.36", .ifNotPresent),
            ("host:5000/busybox", .always),
            ("host:5000/busybox:1", .ifNotPresent),
            ("busybox@sha256:\(String(repeating: "0", count: 64))", .ifNotPresent),
            ("busybox:latest@sha256:\(String(repeating: "0", count: 64))", .always),
        ] as [(String, Container.PullPolicy)])
    func defaultsPullPolicy(image: String, policy: Container.PullPolicy) throws {
        let job = try readJob(jobText().replacing("image: busybox", with: "image: \(image)"))
        #expect(job.spec.template.spec.containers[0].imagePullPolicy == policy)
    }

    @Test("Requests default to limits; finer than a thousandth is rounded up")
    func defaultsRequests() throws {
        let job = try readJob(
            jobText(container: "resources: {limits: {cpu: 0.5m, memory: 1Gi}, requests: {memory: 512Mi}}"))
        let resources = job.spec.template.spec.containers[0].resources
        #expect(resources.limits.mapValues(\.description) == ["cpu": "1m", "memory": "1Gi"])
        #expect(resources.requests.mapValues(\.description) == ["cpu": "1m", "memory": "512Mi"])
    }

    @Test("A volume without a source is an emptyDir")
    func defaultsVolume() throws {
        let job = try readJob(jobText(pod: "volumes: [{name: v}]"))
        #expect(job.spec.template.spec.volumes[0].source == .emptyDir(EmptyDirVolumeSource()))
    }

    @Test("Defaults of defaults change nothing")
    func isIdempotent() throws {
        var job = try readJob(jobText(container: "resources: {limits: {cpu: 1}}"))
        let once = job
        job.applyDefaults()
        #expect(job == once)
    }
}

struct CreationTests {
    let now = Timestamp(seconds: 1_769_857_200)

    @Test("A created Job has identity, labels on its pods and a selector that finds them")
    func createsJob() throws {
        var job = try readJob(jobText(metadata: "name: pi, uid: old, resourceVersion: '7', generation: 9"))
        job.prepareForCreate(uid: "u-1", now: now, random: 0)
        #expect(job.metadata.namespace == "default")
        #expect(job.metadata.uid == "u-1")
        #expect(job.metadata.generation == 1)
        #expect(job.metadata.resourceVersion == "")
        #expect(job.metadata.creationTimestamp == now)
        #expect(job.spec.selector?.matchLabels == ["batch.kubernetes.io/controller-uid": "u-1"])
        #expect(
            job.spec.template.metadata.labels == [
                "batch.kubernetes.io/controller-uid": "u-1", "controller-uid": "u-1",
                "batch.kubernetes.io/job-name": "pi", "job-name": "pi",
            ])
    }

    @Test("With manualSelector nothing is generated")
    func keepsManualSelector() throws {
        let text = jobText(spec: "manualSelector: true\n  selector: {matchLabels: {a: b}}")
            .replacing("  template:\n", with: "  template:\n    metadata: {labels: {a: b}}\n")
        var job = try readJob(text)
        job.prepareForCreate(uid: "u-1", now: now, random: 0)
        #expect(job.spec.selector?.matchLabels == ["a": "b"])
        #expect(job.spec.template.metadata.labels == ["a": "b"])
    }

    @Test("generateName gives a name of at most 63 bytes with five letters that spell no word")
    func generatesName() throws {
        var job = try readJob(jobText(metadata: "generateName: \(String(repeating: "a", count: 70))"))
        job.prepareForCreate(uid: "u", now: now, random: 123_456_789)
        #expect(job.metadata.name.hasPrefix(String(repeating: "a", count: 58)))
        #expect(job.metadata.name.utf8.count == 63)
        #expect(generatedNameSuffix(0) == "bbbbb")
        #expect(generatedNameSuffix(27) == "bcbbb")
        #expect(generatedNameSuffix(.max).utf8.allSatisfy { generatedNameLetters.contains($0) })
    }

    @Test("A created Pod has its quality of service in its status")
    func createsPod() {
        var pod = Pod()
        pod.metadata.name = "p"
        pod.prepareForCreate(uid: "u", now: now, random: 0)
        #expect(pod.status.qosClass == .bestEffort)
        #expect(pod.metadata.namespace == "default")
    }
}

struct QualityOfServiceTests {
    @Test(
        "The class follows from requests and limits of every container",
        arguments: [
            (["{}"], .bestEffort), (["{limits: {cpu: 1, memory: 1Gi}}"], .guaranteed),
            (["{limits: {cpu: 1, memory: 1Gi}, requests: {cpu: 1000m, memory: 1024Mi}}"], .guaranteed),
            (["{limits: {cpu: 1, memory: 1Gi}, requests: {cpu: 500m}}"], .burstable),
            (["{limits: {memory: 1Gi}}"], .burstable),
            (["{requests: {cpu: 1m}}"], .burstable), (["{limits: {cpu: 1, memory: 1Gi}}", "{}"], .burstable),
            (["{limits: {cpu: 0}}"], .bestEffort),
        ] as [([String], PodStatus.QOSClass)])
    func classifies(resources: [String], expected: PodStatus.QOSClass) throws {
        let containers = resources.enumerated().map { "{name: c\($0.offset), image: i, resources: \($0.element)}" }
        let text =
            "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [\(containers.joined(separator: ", "))]}"
        let reading = readManifests(text, fileName: "p")
        #expect(reading.faults == [])
        guard case .pod(let pod) = reading.objects.first else { Issue.record("no pod"); return }
        #expect(pod.spec.qosClass == expected)
    }

    @Test(
        "The OOM score of a burstable container falls with its share of the node's memory",
        arguments: [
            (.guaranteed, 0, -997), (.bestEffort, 0, 1000), (.burstable, 0, 999), (.burstable, 1 << 30, 875),
            (.burstable, 8 << 30, 3),
            (.burstable, .max, 3), (.burstable, 1, 999),
        ] as [(PodStatus.QOSClass, Int64, Int32)])
    func scores(quality: PodStatus.QOSClass, request: Int64, score: Int32) {
        #expect(quality.oomScoreAdjustment(memoryRequest: request, nodeMemory: 8 << 30) == score)
    }
}
