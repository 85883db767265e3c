// SPDX-License-Identifier: Apache-2.0

import ImageStore
import KubernetesAPI
import PodPlan
import Testing

@testable import PodPlanning

let testHost = HostFacts(nodeName: "node-1", memoryBytes: 8 << 30, capabilities: (1 << 41) - 1)

/// Debian's own first lines, and a user with a group of another.
let testAccounts = Accounts(
    passwd: Array(
        """
        root:x:0:0:root:/root:/bin/bash
        daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
        app:x:1000:2000:App:/home/app:/bin/sh
        broken:x:4294967296:0::/:/bin/sh
        short:x:5
        """.utf8),
    group: Array("root:x:0:\ndaemon:x:1:\nstaff:x:50:app,daemon\nvideo:x:44:app\napp:x:2000:\n".utf8))

func testImage(_ change: (inout ImageConfiguration) -> Void = { _ in }) -> StoredImage {
    var image = StoredImage(reference: "docker.io/library/i:1", id: "sha256:0", layers: ["/layer"])
    image.configuration.entrypoint = ["e"]
    image.configuration.command = ["c"]
    change(&image.configuration)
    return image
}

/// A pod of one container `c` with image `i:1`.
func testPod(_ change: (inout Pod) -> Void = { _ in }) -> Pod {
    var pod = Pod()
    pod.metadata.name = "pod-x"
    pod.metadata.namespace = "default"
    pod.metadata.uid = "uid-1"
    pod.metadata.labels = ["app": "web"]
    pod.metadata.annotations = ["a/b": "note"]
    pod.spec.restartPolicy = .never
    var container = Container()
    container.name = "c"
    container.image = "i:1"
    container.imagePullPolicy = .ifNotPresent
    pod.spec.containers = [container]
    change(&pod)
    return pod
}

func planner(_ image: StoredImage = testImage(), host: HostFacts = testHost) -> PodPlanner {
    PodPlanner(
        host: host, settings: PlanSettings(podsDirectory: "/pods", logsDirectory: "/logs"),
        images: ImageSource { reference throws(ImageSource.Failure) in
            switch reference {
            case "i:1": .present(image, testAccounts)
            case "BAD": throw .invalidName("couldn't parse image name \"BAD\"")
            default: .absent
            }
        },
        filters: FilterSource { request throws(FilterSource.Failure) in
            if request.localProfile == "gone.json" { throw .init(message: "cannot open gone.json") }
            return Array((request.localProfile ?? "default").utf8) + [UInt8(truncatingIfNeeded: request.capabilities)]
        },
        configs: testConfigs)
}

/// The plan of the only container of a pod, after `change`.
func planned(
    image: StoredImage = testImage(), host: HostFacts = testHost, qosClass: PodStatus.QOSClass = .bestEffort,
    _ change: (inout Container) -> Void = { _ in }
) throws -> ContainerPlan {
    try plannedPod(image: image, host: host, qosClass: qosClass) { change(&$0.spec.containers[0]) }
}

func plannedPod(
    image: StoredImage = testImage(), host: HostFacts = testHost, qosClass: PodStatus.QOSClass = .bestEffort,
    _ change: (inout Pod) -> Void
) throws -> ContainerPlan {
    var planner = planner(image, host: host)
    return try #require(planner.plan(testPod(change), qosClass: qosClass, idRange: nil).containers.first)
}
