// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import PodPlan
import Testing

@testable import PodPlanning

struct PodPlannerTests {
    private func quantity(_ whole: Int64) -> Quantity { Quantity(nanos: Int128(whole) * 1_000_000_000) }
    private func milli(_ amount: Int64) -> Quantity { Quantity(nanos: Int128(amount) * 1_000_000) }

    @Test("The pod's own words reach the plan")
    func podFields() {
        var planner = planner()
        let pod = testPod {
            $0.spec.terminationGracePeriodSeconds = 5
            $0.spec.activeDeadlineSeconds = 9
            $0.spec.restartPolicy = .onFailure
            $0.spec.hostUsers = false
        }
        let plan = planner.plan(pod, qosClass: .bestEffort, idRange: IDRange(start: 1 << 20, count: 65536))
        #expect(plan.uid == "uid-1" && plan.name == "pod-x" && plan.namespace == "default")
        #expect(plan.directory == "/pods/uid-1")
        #expect(plan.logDirectory == "/logs/default_pod-x_uid-1")
        #expect(plan.restartPolicy == .onFailure)
        #expect(plan.terminationGracePeriodSeconds == 5 && plan.activeDeadlineSeconds == 9)
        #expect(plan.userNamespace == IDRange(start: 1 << 20, count: 65536))
    }

    @Test(
        "The host name is the manifest's, else the pod's name cut to 63",
        arguments: [
            ("pod-x", nil, "pod-x"), ("pod-x", "own", "own"),
            (String(repeating: "a", count: 70), nil, String(repeating: "a", count: 63)),
            (String(repeating: "a", count: 61) + "-.b", nil, String(repeating: "a", count: 61)),
        ] as [(String, String?, String)])
    func hostnames(name: String, hostname: String?, expected: String) {
        var planner = planner()
        let pod = testPod {
            $0.metadata.name = name
            $0.spec.hostname = hostname
        }
        let plan = planner.plan(pod, qosClass: .bestEffort, idRange: nil)
        #expect(plan.hostname == expected)
        #expect(plan.files.last == FilePlan(path: "/etc/hostname", contents: expected + "\n"))
        #expect(plan.files.first?.contents.hasSuffix("\n\(HostFacts.loopback)\t\(expected)\n") == true)
        #expect(plan.containers[0].environment.contains("HOSTNAME=\(expected)"))
    }

    @Test("Limits become quota, shares and bytes; a request alone becomes shares")
    func resources() throws {
        let limited = try planned {
            $0.resources.limits = ["cpu": milli(1500), "memory": quantity(64 << 20)]
        }
        #expect(limited.resources.cpuMillicores == 1500)
        #expect(limited.resources.cpuShares == 1536)
        #expect(limited.resources.memoryBytes == 64 << 20)
        #expect(limited.resources.pidsMaximum == 1024)
        #expect(limited.upperSizeBytes == 64 << 20)
        let requested = try planned { $0.resources.requests = ["cpu": milli(250), "memory": quantity(1 << 20)] }
        #expect(requested.resources.cpuMillicores == nil && requested.resources.memoryBytes == nil)
        #expect(requested.resources.cpuShares == 256)
        let free = try planned()
        #expect(free.resources.cpuShares == 2)
        #expect(free.upperSizeBytes == 2 << 30)
    }

    @Test(
        "The OOM score follows the class, and is never negative",
        arguments: [
            (.guaranteed, 1 << 30, 0), (.bestEffort, nil, 1000), (.burstable, 1 << 30, 875), (.burstable, 8 << 30, 3),
            (.burstable, 1, 999), (.burstable, nil, 999),
        ] as [(PodStatus.QOSClass, Int64?, Int32)])
    func oomScores(qosClass: PodStatus.QOSClass, request: Int64?, score: Int32) throws {
        let plan = try planned(qosClass: qosClass) { container in
            if let request { container.resources.requests["memory"] = quantity(request) }
        }
        #expect(plan.oomScoreAdjustment == score)
    }

    @Test("The OOM score is not below what this host lets us set")
    func oomScoreFloor() throws {
        var host = testHost
        host.lowestOOMScoreAdjustment = 500
        #expect(try planned(host: host, qosClass: .guaranteed).oomScoreAdjustment == 500)
    }

    @Test("Containers with equal filters share one; Unconfined has none; a broken profile is an error")
    func filters() {
        var planner = planner()
        let pod = testPod { pod in
            var other = pod.spec.containers[0]
            other.name = "unconfined"
            other.securityContext = SecurityContext()
            other.securityContext?.seccompProfile = SeccompProfile()
            other.securityContext?.seccompProfile?.type = .unconfined
            var broken = other
            broken.name = "broken"
            broken.securityContext?.seccompProfile?.type = .localhost
            broken.securityContext?.seccompProfile?.localhostProfile = "gone.json"
            var same = pod.spec.containers[0]
            same.name = "same"
            pod.spec.containers += [other, broken, same]
        }
        let plan = planner.plan(pod, qosClass: .bestEffort, idRange: nil)
        #expect(plan.seccompPrograms.count == 1)
        #expect(plan.containers.map(\.seccomp) == [0, nil, nil, 0])
        #expect(plan.containers[2].waiting?.reason == "CreateContainerError")
    }

    @Test(
        "An image that isn't here waits with the kubelet's reason and says how to import one",
        arguments: [
            ("gone", Container.PullPolicy.never, "ErrImageNeverPull"), ("gone", .always, "ErrImagePull"),
            ("gone", .ifNotPresent, "ErrImagePull"), ("BAD", .never, "InvalidImageName"),
        ])
    func images(image: String, policy: Container.PullPolicy, reason: String) throws {
        let plan = try planned {
            $0.image = image
            $0.imagePullPolicy = policy
        }
        #expect(plan.waiting?.reason == reason)
        if image == "gone" { #expect(plan.waiting?.message.contains("berth image import") == true) }
    }
}

struct VolumePlanTests {
    @Test("Mounts are sorted so that nested ones come after what they are in")
    func sorted() throws {
        let plan = try plannedPod { pod in
            var volume = Volume()
            volume.name = "v"
            pod.spec.volumes = [volume]
            pod.spec.containers[0].volumeMounts = ["/a/b/c", "/z", "/a/./b", "/a"].map { path in
                var mount = VolumeMount()
                mount.name = "v"
                mount.mountPath = path
                return mount
            }
        }
        #expect(plan.mounts.map(\.path) == ["/a", "/z", "/a/b", "/a/b/c"])
    }

    @Test(
        "A volume covers nothing that is the container's own",
        arguments: ["/", "/proc", "/proc/self", "/sys", "/dev", "/x/.."])
    func reserved(path: String) throws {
        let plan = try plannedPod { pod in
            var volume = Volume()
            volume.name = "v"
            pod.spec.volumes = [volume]
            var mount = VolumeMount()
            mount.name = "v"
            mount.mountPath = path
            pod.spec.containers[0].volumeMounts = [mount]
        }
        #expect(plan.waiting?.reason == "CreateContainerError")
    }

    @Test("A volume in memory is as large as its limit, the pod's memory, or the host's")
    func memorySizes() {
        func size(_ sizeLimit: Int64?, _ memory: Int64?) -> VolumePlan.Source {
            var source = EmptyDirVolumeSource()
            source.medium = "Memory"
            source.sizeLimit = sizeLimit.map { Quantity(nanos: Int128($0) * 1_000_000_000) }
            var volume = Volume()
            volume.name = "v"
            volume.source = .emptyDir(source)
            let pod = testPod { pod in
                pod.spec.volumes = [volume]
                pod.spec.containers[0].resources.limits["memory"] = memory.map {
                    Quantity(nanos: Int128($0) * 1_000_000_000)
                }
            }
            return volumePlans(pod, testHost, .empty).volumes[0].source
        }
        #expect(size(1 << 20, nil) == .memory(sizeBytes: 1 << 20))
        #expect(size(1 << 30, 1 << 20) == .memory(sizeBytes: 1 << 20))
        #expect(size(nil, nil) == .memory(sizeBytes: 8 << 30))
    }

    @Test("fsGroup is the group of an emptyDir and never of a hostPath")
    func fsGroup() {
        var empty = Volume()
        empty.name = "e"
        var host = Volume()
        host.name = "h"
        var source = HostPathVolumeSource()
        source.path = "/srv"
        source.type = .directory
        host.source = .hostPath(source)
        let pod = testPod {
            $0.spec.volumes = [empty, host]
            $0.spec.securityContext = PodSecurityContext()
            $0.spec.securityContext?.fsGroup = 99
        }
        let plans = volumePlans(pod, testHost, .empty).volumes
        #expect(plans.map(\.groupID) == [99, nil])
        #expect(plans[1].source == .hostPath("/srv", .directory))
    }
}

struct StopSignalTests {
    @Test(
        "Names and numbers of signals",
        arguments: [
            ("", 15), ("SIGTERM", 15), ("quit", 3), ("9", 9), ("SIGRTMIN+3", 37), ("RTMAX-1", 63), ("NOPE", 15),
        ]
            as [(String, Int32)])
    func numbers(text: String, number: Int32) {
        #expect(stopSignalNumber(text) == number)
    }
}
