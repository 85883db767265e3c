// SPDX-License-Identifier: Apache-2.0

/// `v1 Probe`: an absent number is nil; defaulting fills it in.
package struct Probe: Hashable, Sendable {
    package var handler = ProbeHandler()
    package var initialDelaySeconds: Int32?
    package var timeoutSeconds: Int32?
    package var periodSeconds: Int32?
    package var successThreshold: Int32?
    package var failureThreshold: Int32?
    package var terminationGracePeriodSeconds: Int64?

    package init() {}
}

/// `v1 ProbeHandler`: exactly one of them in a valid probe.
package struct ProbeHandler: Hashable, Sendable {
    package var exec: ExecAction?
    package var httpGet: HTTPGetAction?
    package var tcpSocket: TCPSocketAction?
    package var grpc: GRPCAction?

    package init() {}
}

/// `v1 Lifecycle`.
package struct Lifecycle: Hashable, Sendable {
    package var postStart: LifecycleHandler?
    package var preStop: LifecycleHandler?
    /// Instead of the image's, such as "SIGUSR1".
    package var stopSignal: String?

    package init() {}
}

/// `v1 LifecycleHandler`: exactly one of them in a valid hook.
package struct LifecycleHandler: Hashable, Sendable {
    package var exec: ExecAction?
    package var httpGet: HTTPGetAction?
    /// Deprecated; validated, and fails when it runs.
    package var tcpSocket: TCPSocketAction?
    package var sleep: SleepAction?

    package init() {}
}

/// `v1 ExecAction`: executed in the container, without a shell.
package struct ExecAction: Hashable, Sendable {
    package var command: [String] = []

    package init() {}
}

/// `v1 HTTPGetAction`.
package struct HTTPGetAction: Hashable, Sendable {
    package var path = ""
    package var port = IntOrString.int(0)
    /// The pod's address when empty.
    package var host = ""
    /// "HTTP" or "HTTPS".
    package var scheme: String?
    package var httpHeaders: [HTTPHeader] = []

    package init() {}
}

/// `v1 HTTPHeader`.
package struct HTTPHeader: Hashable, Sendable {
    package var name = ""
    package var value = ""

    package init() {}
}

/// `v1 TCPSocketAction`.
package struct TCPSocketAction: Hashable, Sendable {
    package var port = IntOrString.int(0)
    /// The pod's address when empty.
    package var host = ""

    package init() {}
}

/// `v1 GRPCAction`: `grpc.health.v1.Health/Check`.
package struct GRPCAction: Hashable, Sendable {
    package var port: Int32 = 0
    package var service: String?

    package init() {}
}

/// `v1 SleepAction`.
package struct SleepAction: Hashable, Sendable {
    package var seconds: Int64 = 0

    package init() {}
}

/// A number, or the name of one: a port of the container.
package enum IntOrString: Hashable, Sendable {
    case int(Int32)
    case string(String)
}

/// `v1 ContainerRestartRule`.
package struct ContainerRestartRule: Hashable, Sendable {
    /// "Restart" or "RestartAllContainers".
    package var action = ""
    package var exitCodes: ContainerRestartRuleOnExitCodes?

    package init() {}
}

/// `v1 ContainerRestartRuleOnExitCodes`.
package struct ContainerRestartRuleOnExitCodes: Hashable, Sendable {
    /// "In" or "NotIn".
    package var `operator` = ""
    package var values: [Int32] = []

    package init() {}
}
