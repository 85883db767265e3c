// SPDX-License-Identifier: Apache-2.0

// Probes and what they share with hooks. See `validateProbe` and `validateHandler` of Kubernetes.

extension Probe {
    enum Kind { case liveness, readiness, startup }

    func validate(_ kind: Kind, _ faults: FaultList) {
        handler.validate(faults)
        faults.notNegative(initialDelaySeconds, at: "initialDelaySeconds")
        faults.notNegative(timeoutSeconds, at: "timeoutSeconds")
        faults.notNegative(periodSeconds, at: "periodSeconds")
        faults.notNegative(successThreshold, at: "successThreshold")
        faults.notNegative(failureThreshold, at: "failureThreshold")
        if let grace = terminationGracePeriodSeconds {
            let place = FieldPath.Component.field("terminationGracePeriodSeconds")
            if grace <= 0 { faults.add(.invalid(value: "\(grace)"), at: place, detail: "must be greater than 0") }
            if kind == .readiness {
                faults.add(.invalid(value: "\(grace)"), at: place, detail: "must not be set for readinessProbes")
            }
        }
        if kind != .readiness, let successThreshold, successThreshold != 1 {
            faults.add(.invalid(value: "\(successThreshold)"), at: .field("successThreshold"), detail: "must be 1")
        }
    }
}

extension ProbeHandler {
    fileprivate func validate(_ faults: FaultList) {
        validateHandler(
            [
                ("exec", exec.map { action in { action.validate(faults) } }),
                ("httpGet", httpGet.map { action in { action.validate(faults) } }),
                ("tcpSocket", tcpSocket.map { action in { action.validate(faults) } }),
                ("grpc", grpc.map { action in { action.validate(faults) } }),
            ], faults)
    }
}

/// Exactly one of them; only the first is looked at closer.
func validateHandler(_ actions: [(name: String, check: (() -> Void)?)], _ faults: FaultList) {
    var isFirst = true
    for (name, check) in actions {
        guard let check else { continue }
        if isFirst {
            faults.at(.field(name), check)
        } else {
            faults.add(.forbidden, at: .field(name), detail: "may not specify more than 1 handler type")
        }
        isFirst = false
    }
    if isFirst { faults.add(.required, detail: "must specify a handler type") }
}

extension ExecAction {
    func validate(_ faults: FaultList) { if command.isEmpty { faults.add(.required, at: .field("command")) } }
}

extension HTTPGetAction {
    func validate(_ faults: FaultList) {
        if path.isEmpty { faults.add(.required, at: .field("path")) }
        port.validatePort(faults)
        faults.isOneOf(["HTTP", "HTTPS"], scheme, at: "scheme")
        faults.isReachable(host)
        for header in httpHeaders where !header.name.isHTTPHeaderName {
            faults.invalid(
                header.name, at: "httpHeaders",
                [
                    "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')"
                ])
        }
    }
}

extension TCPSocketAction {
    func validate(_ faults: FaultList) {
        port.validatePort(faults)
        faults.isReachable(host)
    }
}

extension GRPCAction {
    fileprivate func validate(_ faults: FaultList) { IntOrString.int(port).validatePort(faults) }
}

extension IntOrString {
    /// The number of a port, or the name of one of the container's.
    fileprivate func validatePort(_ faults: FaultList) {
        switch self {
        case .int(let number): faults.inRange(number, 1...65535, at: "port")
        case .string(let name): faults.invalid(name, at: "port", portNameFaults(name))
        }
    }
}

extension FaultList {
    /// Probes come out of the pod's own network, by a process that reads no file: it resolves no names.
    fileprivate func isReachable(_ host: String) {
        if host.isEmpty || host == "localhost" || isIPAddress(host) { return }
        add(
            .notImplemented, at: .field("host"),
            detail: "a name; leave it out for the pod itself, or give an address (a Host header can have any name)")
    }
}

extension String {
    fileprivate var isHTTPHeaderName: Bool {
        !isEmpty
            && utf8.allSatisfy {
                $0.isLowerCaseLetterOrDigit || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0)
                    || $0 == UInt8(ascii: "-")
            }
    }
}
