// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import PodPlan
import PodPlanning

/// What a pod's status needs beside what its supervisor says: the same for all of its life.
struct StatusContext {
    /// Of one container.
    struct Container {
        var image = ""
        var imageID = ""
        var isSidecar = false
        var resources = ResourceRequirements()
        var user = ContainerUser()
        var volumeMounts: [VolumeMountStatus] = []
        var stopSignal = ""
    }

    /// Init containers first.
    var containers: [Container] = []
    /// Conditions that have to be true before the pod is ready.
    var readinessGates: [String] = []
    /// The end of a container may restart all of them.
    var mayRestartAll = false
    var generation: Int64 = 0
    var hostAddress = ""
    var podAddresses: [String] = []

    init() {}

    init(_ pod: Pod, _ plan: PodPlan, hostAddress: String, podAddresses: [String]) {
        let specs = pod.spec.initContainers + pod.spec.containers
        containers = zip(specs, plan.initContainers + plan.containers).enumerated().map { position, pair in
            Container(pair.0, pair.1, isInit: position < plan.initContainers.count)
        }
        readinessGates = pod.spec.readinessGates.map(\.conditionType)
        mayRestartAll = specs.contains { $0.restartPolicyRules.contains { $0.action == "RestartAllContainers" } }
        generation = pod.metadata.generation
        self.hostAddress = hostAddress
        self.podAddresses = podAddresses
    }
}

extension StatusContext.Container {
    fileprivate init(_ spec: Container, _ plan: ContainerPlan, isInit: Bool) {
        image = plan.image
        imageID = plan.imageID
        isSidecar = isInit && spec.restartPolicy == .always
        resources = spec.resources
        var linux = LinuxContainerUser()
        (linux.uid, linux.gid) = (Int64(plan.user), Int64(plan.group))
        linux.supplementalGroups =
            [linux.gid] + plan.supplementalGroups.map { Int64($0) }.filter { [gid = linux.gid] in $0 != gid }
        user.linux = linux
        volumeMounts = spec.volumeMounts.map { VolumeMountStatus($0) }
        stopSignal = stopSignalName(plan.stopSignal)
    }
}
