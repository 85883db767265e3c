// SPDX-License-Identifier: Apache-2.0

/// What a pod's supervisor tells the control plane.
package enum PodReport: Hashable, Sendable {
    /// Something about the pod changed. Always the whole; the last one has a terminal phase and comes once.
    case status(PodState)
    /// Bytes as the container wrote them. Only with `forwardOutput`. All output of a container attempt comes before
    /// the status that has it terminated.
    case output(container: String, stream: OutputStream, bytes: [UInt8])
    /// A kubelet event: `Created`, `Started`, `Killing`, `BackOff`, `Failed`, `FailedMount`, ….
    case event(PodEvent)
}

package enum OutputStream: UInt8, Hashable, Sendable { case standardOutput = 1, standardError = 2 }

package struct PodEvent: Hashable, Sendable {
    package var warning: Bool
    package var reason: String
    package var message: String

    package init(warning: Bool, reason: String, message: String) {
        self.warning = warning
        self.reason = reason
        self.message = message
    }
}

package struct PodState: Hashable, Sendable {
    package enum Phase: UInt8, Hashable, Sendable { case pending, running, succeeded, failed }

    package var phase: Phase = .pending
    /// Only for endings of the whole pod: `DeadlineExceeded`, ….
    package var reason = ""
    package var message = ""
    /// Nanoseconds since the epoch, as all times here.
    package var startTime: Int64 = 0
    /// All containers are being ended, to be started again.
    package var isRestarting = false
    package var initContainers: [ContainerReport] = []
    package var containers: [ContainerReport] = []

    package init() {}
}

package struct ContainerReport: Hashable, Sendable {
    package enum State: Hashable, Sendable {
        case waiting(reason: String, message: String)
        case running(startedAt: Int64)
        case terminated(Termination)
    }

    package var name = ""
    package var containerID = ""
    package var restartCount: Int32 = 0
    package var state: State = .waiting(reason: "ContainerCreating", message: "")
    package var lastTermination: Termination?
    /// It runs, its `postStart` is done and its startup probe has succeeded.
    package var started = false
    /// As `ready` in a container's status; an init container that is done is ready.
    package var ready = false
    /// `memory.current` when last looked at (only while somebody watches); 0 unknown.
    package var memoryBytes: Int64 = 0

    package init() {}
}

/// How one attempt of a container ended.
package struct Termination: Hashable, Sendable {
    /// 0…255; 128 + signal for a signal; 128 for a start that failed.
    package var exitCode: Int32 = 0
    /// The signal that ended PID 1; 0 for none.
    package var signal: Int32 = 0
    /// `Completed`, `Error`, `OOMKilled`, `StartError`, `ContainerStatusUnknown`.
    package var reason = ""
    package var message = ""
    package var startedAt: Int64 = 0
    package var finishedAt: Int64 = 0
    /// Processes the kernel's OOM killer ended for this container's own limit.
    package var oomKills: Int64 = 0
    package var peakMemoryBytes: Int64 = 0
    package var cpuMicroseconds: Int64 = 0

    package init() {}
}

/// What the control plane asks of a supervisor.
package enum PodCommand: Hashable, Sendable {
    /// End the pod: stop signal, then SIGKILL after the grace period (seconds). A shorter one later overrides.
    case terminate(gracePeriodSeconds: Int64)
    /// Report memory in the statuses every `milliseconds`; 0: stop.
    case watchMemory(milliseconds: Int64)
    /// Give one of the plan's `files` other contents, in the containers that run as well. Only with `sharesFiles`.
    case replaceFile(path: String, contents: String)
}
