// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import PodPlan

extension Probe {
    /// What the supervisor runs for the container, whose ports have names.
    ///
    /// - Parameter address: the pod's, for requests that name no host.
    func plan(_ container: Container, address: String = "") -> ProbePlan {
        var plan = ProbePlan(handler.plan(container, address))
        plan.initialDelaySeconds = initialDelaySeconds ?? 0
        plan.timeoutSeconds = timeoutSeconds ?? 1
        plan.periodSeconds = periodSeconds ?? 10
        plan.successThreshold = successThreshold ?? 1
        plan.failureThreshold = failureThreshold ?? 3
        plan.terminationGracePeriodSeconds = terminationGracePeriodSeconds
        return plan
    }
}

extension ProbeHandler {
    fileprivate func plan(_ container: Container, _ address: String) -> HandlerPlan {
        if let exec { return .exec(exec.command.map { expand($0, container.plainVariables) }) }
        if let httpGet { return httpGet.plan(container, address) }
        if let tcpSocket { return tcpSocket.plan(container, address) }
        guard let grpc, let port = UInt16(exactly: grpc.port) else { return .impossible("no handler") }
        return .grpc(host: address, port: port, service: grpc.service ?? "")
    }
}

extension LifecycleHandler {
    /// What the supervisor runs as a hook.
    func plan(_ container: Container, address: String = "") -> HandlerPlan {
        if let exec { return .exec(exec.command) }
        if let httpGet { return httpGet.plan(container, address) }
        if let sleep { return .sleep(seconds: sleep.seconds) }
        return .impossible("invalid handler: a hook can't connect to a TCP socket")
    }
}

extension HTTPGetAction {
    fileprivate func plan(_ container: Container, _ address: String) -> HandlerPlan {
        let number: UInt16
        switch container.port(port) {
        case .success(let found): number = found
        case .failure(let missing): return .impossible(missing.text)
        }
        var plan = HTTPGetPlan()
        plan.secure = scheme == "HTTPS"
        plan.host = host.isEmpty ? address : host
        plan.port = number
        plan.path = path.isEmpty ? "/" : path
        plan.headers = httpHeaders.map { HTTPGetPlan.Header(name: $0.name, value: $0.value) }
        return .httpGet(plan)
    }
}

extension TCPSocketAction {
    fileprivate func plan(_ container: Container, _ address: String) -> HandlerPlan {
        switch container.port(port) {
        case .success(let number): .tcpSocket(host: host.isEmpty ? address : host, port: number)
        case .failure(let missing): .impossible(missing.text)
        }
    }
}

private struct MissingPort: Error {
    var text: String
}

extension Container {
    /// The kubelet looks a name up among the container's ports, and then takes it for a number.
    fileprivate func port(_ port: IntOrString) -> Result<UInt16, MissingPort> {
        let number: Int32
        switch port {
        case .int(let given): number = given
        case .string(let name):
            guard let found = ports.first(where: { $0.name == name })?.containerPort ?? Int32(name) else {
                return .failure(MissingPort(text: "strconv.Atoi: parsing \"\(name)\": invalid syntax"))
            }
            number = found
        }
        guard let port = UInt16(exactly: number), port > 0 else {
            return .failure(MissingPort(text: "invalid port number: \(number)"))
        }
        return .success(port)
    }

    /// What `$(NAME)` means in the command of a probe: the values as they are in the manifest; a variable from elsewhere has
    /// none. See `ExpandContainerCommandOnlyStatic` of the kubelet.
    fileprivate var plainVariables: [String: String] {
        var variables: [String: String] = [:]
        for variable in env { variables[variable.name] = variable.value }
        return variables
    }
}

extension HandlerPlan {
    /// `berth-probe` does it.
    var isNetwork: Bool {
        switch self {
        case .httpGet, .tcpSocket, .grpc: true
        case .exec, .sleep, .impossible: false
        }
    }
}

extension ContainerPlan {
    /// One of its probes or hooks goes over the network.
    var probesNetwork: Bool {
        [startupProbe?.handler, livenessProbe?.handler, readinessProbe?.handler, postStart, preStop]
            .contains { $0?.isNetwork ?? false }
    }
}
