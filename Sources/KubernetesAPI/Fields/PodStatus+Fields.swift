// SPDX-License-Identifier: Apache-2.0

extension PodStatus: APIObject {
    package mutating func fields(_ f: inout Fields) {
        f.field("observedGeneration", &observedGeneration)
        f.field("phase", &phase, .always)
        f.field("conditions", &conditions)
        f.field("reason", &reason)
        f.field("message", &message)
        f.field("hostIP", &hostIP)
        f.field("hostIPs", &hostIPs)
        f.field("podIP", &podIP)
        f.field("podIPs", &podIPs)
        f.field("startTime", &startTime)
        f.field("qosClass", &qosClass)
        f.field("initContainerStatuses", &initContainerStatuses)
        f.field("containerStatuses", &containerStatuses)
    }
}

extension PodStatus.Phase: FieldValue, CaseIterable {
    package static let allCases: [Self] = [.pending, .running, .succeeded, .failed]
}

extension PodStatus.QOSClass: FieldValue, CaseIterable {
    package static let allCases: [Self] = [.guaranteed, .burstable, .bestEffort]
}

extension HostIP: APIObject, EmptyConstructible {
    package mutating func fields(_ f: inout Fields) { f.field("ip", &ip, .always) }
}

extension PodIP: APIObject, EmptyConstructible {
    package mutating func fields(_ f: inout Fields) { f.field("ip", &ip, .always) }
}

extension PodCondition: APIObject, EmptyConstructible {
    package init() { self.init(type: "", status: .unknown) }

    package mutating func fields(_ f: inout Fields) {
        f.field("type", &type, .always)
        f.field("status", &status, .always)
        f.field("observedGeneration", &observedGeneration)
        f.null("lastProbeTime")
        f.field("lastTransitionTime", &lastTransitionTime, .always)
        f.field("reason", &reason)
        f.field("message", &message)
    }
}

extension ContainerStatus: APIObject, EmptyConstructible {
    package mutating func fields(_ f: inout Fields) {
        f.field("name", &name, .always)
        f.field("image", &image, .always)
        f.field("imageID", &imageID, .always)
        f.field("containerID", &containerID)
        f.field("ready", &ready, .always)
        f.field("started", &started)
        f.field("restartCount", &restartCount, .always)
        f.field("state", &state, .always)
        f.inline("lastState", isPresent: true) { ContainerState.fields(&$0, &lastState) }
        f.field("resources", &resources)
        f.field("allocatedResources", &allocatedResources)
        f.field("user", &user)
        f.field("volumeMounts", &volumeMounts)
        f.field("stopSignal", &stopSignal)
    }
}

extension ContainerState: FieldValue {
    package static func read(_ value: Value, _ faults: FaultList) -> ContainerState? {
        var state: ContainerState?
        Fields.reading(value, faults) { fields(&$0, &state) }
        return state
    }

    package func write() -> Value {
        var state: ContainerState? = self
        return Fields.writing { ContainerState.fields(&$0, &state) }
    }

    package var isEmpty: Bool { false }

    /// At most one of three members; none of them when there is no state.
    fileprivate static func fields(_ f: inout Fields, _ state: inout ContainerState?) {
        var waiting: Waiting?
        var running: Running?
        var terminated: ContainerStateTerminated?
        switch state {
        case .waiting(let reason, let message): waiting = Waiting(reason: reason, message: message)
        case .running(let startedAt): running = Running(startedAt: startedAt)
        case .terminated(let end): terminated = end
        case nil: break
        }
        f.field("waiting", &waiting)
        f.field("running", &running)
        f.field("terminated", &terminated)
        if let terminated {
            state = .terminated(terminated)
        } else if let startedAt = running?.startedAt {
            state = .running(startedAt: startedAt)
        } else if let waiting {
            state = .waiting(reason: waiting.reason, message: waiting.message)
        }
    }

    private struct Waiting: APIObject {
        var reason = ""
        var message = ""

        mutating func fields(_ f: inout Fields) {
            f.field("reason", &reason)
            f.field("message", &message)
        }
    }

    private struct Running: APIObject {
        var startedAt: Timestamp?

        mutating func fields(_ f: inout Fields) { f.field("startedAt", &startedAt, .always) }
    }
}

extension ContainerStateTerminated: APIObject {
    package mutating func fields(_ f: inout Fields) {
        f.field("exitCode", &exitCode, .always)
        f.field("signal", &signal)
        f.field("reason", &reason)
        f.field("message", &message)
        f.field("startedAt", &startedAt, .always)
        f.field("finishedAt", &finishedAt, .always)
        f.field("containerID", &containerID)
    }
}
