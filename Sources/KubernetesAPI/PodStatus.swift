// SPDX-License-Identifier: Apache-2.0

/// `v1 PodStatus`.
package struct PodStatus: Hashable, Sendable {
    package enum Phase: String, Hashable, Sendable {
        case pending = "Pending", running = "Running", succeeded = "Succeeded", failed = "Failed"

        /// Succeeded and Failed never change any more.
        package var isTerminal: Bool { self == .succeeded || self == .failed }
    }
    package enum QOSClass: String, Hashable, Sendable {
        case guaranteed = "Guaranteed", burstable = "Burstable", bestEffort = "BestEffort"
    }

    /// `metadata.generation` of the pod that this tells of; 0 until a node has seen it.
    package var observedGeneration: Int64 = 0
    package var phase: Phase = .pending
    package var conditions: [PodCondition] = []
    package var reason = ""
    package var message = ""
    package var hostIP = ""
    package var hostIPs: [HostIP] = []
    package var podIP = ""
    /// `podIP` first, then one of the other family.
    package var podIPs: [PodIP] = []
    package var startTime: Timestamp?
    package var qosClass: QOSClass?
    package var initContainerStatuses: [ContainerStatus] = []
    package var containerStatuses: [ContainerStatus] = []

    package init() {}
}

/// `v1 HostIP`.
package struct HostIP: Hashable, Sendable {
    package var ip = ""

    package init() {}
    package init(ip: String) { self.ip = ip }
}

/// `v1 PodIP`.
package struct PodIP: Hashable, Sendable {
    package var ip = ""

    package init() {}
    package init(ip: String) { self.ip = ip }
}

/// `v1 PodCondition`.
package struct PodCondition: Hashable, Sendable {
    /// `PodReadyToStartContainers`, `Initialized`, `Ready`, `ContainersReady`, `PodScheduled`, `DisruptionTarget`, ….
    package var type: String
    package var status: ConditionStatus
    /// `metadata.generation` of the pod that this tells of.
    package var observedGeneration: Int64 = 0
    package var lastTransitionTime: Timestamp?
    package var reason = ""
    package var message = ""

    package init(type: String, status: ConditionStatus) { self.type = type; self.status = status }
}

/// `v1 ContainerStatus`.
package struct ContainerStatus: Hashable, Sendable {
    package var name = ""
    package var image = ""
    package var imageID = ""
    package var containerID = ""
    package var ready = false
    package var started: Bool?
    package var restartCount: Int32 = 0
    package var state: ContainerState = .waiting(reason: "ContainerCreating", message: "")
    package var lastState: ContainerState?
    /// What it has been given; nil until it has been created. So are those that follow.
    package var resources: ResourceRequirements?
    /// What it has asked for and was promised.
    package var allocatedResources: [String: Quantity] = [:]
    package var user: ContainerUser?
    package var volumeMounts: [VolumeMountStatus] = []
    /// Such as "SIGTERM".
    package var stopSignal: String?

    package init() {}
}

/// `v1 ContainerState`: exactly one of the three.
package enum ContainerState: Hashable, Sendable {
    case waiting(reason: String, message: String)
    case running(startedAt: Timestamp)
    case terminated(ContainerStateTerminated)
}

/// `v1 ContainerStateTerminated`.
package struct ContainerStateTerminated: Hashable, Sendable {
    package var exitCode: Int32 = 0
    package var signal: Int32 = 0
    package var reason = ""
    package var message = ""
    package var startedAt: Timestamp?
    package var finishedAt: Timestamp?
    package var containerID = ""

    package init() {}
}
