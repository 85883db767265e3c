// SPDX-License-Identifier: Apache-2.0

/// What a hook or a probe does, with ports and defaults resolved.
package enum HandlerPlan: Hashable, Sendable {
    /// Executed in the container, without a shell; exit code 0 is success.
    case exec([String])
    /// 200–399 is success.
    case httpGet(HTTPGetPlan)
    /// A connection that is accepted is success. Host "" is the pod's own.
    case tcpSocket(host: String, port: UInt16)
    /// `grpc.health.v1.Health/Check` of this service; SERVING is success. Host "" is the pod's own.
    case grpc(host: String, port: UInt16, service: String)
    /// Only for hooks.
    case sleep(seconds: Int64)
    /// It can't be had, for this reason; it fails whenever it runs.
    case impossible(String)
}

package struct HTTPGetPlan: Hashable, Sendable {
    /// TLS, without a look at the certificate.
    package var secure = false
    /// "" is the pod's own.
    package var host = ""
    package var port: UInt16 = 0
    /// With the query, if there is one.
    package var path = "/"
    package var headers: [Header] = []

    package init() {}

    package struct Header: Hashable, Sendable {
        package var name: String
        package var value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }
}

package struct ProbePlan: Hashable, Sendable {
    package var handler: HandlerPlan
    package var initialDelaySeconds: Int32 = 0
    package var timeoutSeconds: Int32 = 1
    package var periodSeconds: Int32 = 10
    package var successThreshold: Int32 = 1
    package var failureThreshold: Int32 = 3
    /// Of the container's end that this probe brings about; nil: the pod's.
    package var terminationGracePeriodSeconds: Int64?

    package init(_ handler: HandlerPlan) { self.handler = handler }
}

/// Restarts a container that ended with one of these codes, or with none of them. See `ContainerRestartRule`.
package struct RestartRulePlan: Hashable, Sendable {
    package enum Action: UInt8, Hashable, Sendable {
        case restart
        /// All containers of the pod, from the first init container on. See KEP-5532.
        case restartAll
    }

    package var action: Action
    package var exitCodes: [Int32]
    /// `NotIn`.
    package var negated: Bool

    package init(_ action: Action = .restart, exitCodes: [Int32], negated: Bool) {
        self.action = action
        self.exitCodes = exitCodes
        self.negated = negated
    }
}
