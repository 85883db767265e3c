// SPDX-License-Identifier: Apache-2.0

extension Probe: APIObject {
    package mutating func fields(_ f: inout Fields) {
        f.field("exec", &handler.exec)
        f.field("httpGet", &handler.httpGet)
        f.field("tcpSocket", &handler.tcpSocket)
        f.field("grpc", &handler.grpc)
        f.field("initialDelaySeconds", &initialDelaySeconds)
        f.field("timeoutSeconds", &timeoutSeconds)
        f.field("periodSeconds", &periodSeconds)
        f.field("successThreshold", &successThreshold)
        f.field("failureThreshold", &failureThreshold)
        f.field("terminationGracePeriodSeconds", &terminationGracePeriodSeconds)
    }
}

extension Lifecycle: APIObject {
    package mutating func fields(_ f: inout Fields) {
        f.field("postStart", &postStart)
        f.field("preStop", &preStop)
        f.field("stopSignal", &stopSignal)
    }
}

extension LifecycleHandler: APIObject {
    package mutating func fields(_ f: inout Fields) {
        f.field("exec", &exec)
        f.field("httpGet", &httpGet)
        f.field("tcpSocket", &tcpSocket)
        f.field("sleep", &sleep)
    }
}

extension ExecAction: APIObject {
    package mutating func fields(_ f: inout Fields) { f.field("command", &command) }
}

extension HTTPGetAction: APIObject {
    package mutating func fields(_ f: inout Fields) {
        f.field("path", &path)
        f.field("port", &port, .always)
        f.field("host", &host)
        f.field("scheme", &scheme)
        f.field("httpHeaders", &httpHeaders)
    }
}

extension HTTPHeader: APIObject, EmptyConstructible {
    package mutating func fields(_ f: inout Fields) {
        f.field("name", &name, .always)
        f.field("value", &value, .always)
    }
}

extension TCPSocketAction: APIObject {
    package mutating func fields(_ f: inout Fields) {
        f.field("port", &port, .always)
        f.field("host", &host)
    }
}

extension GRPCAction: APIObject {
    package mutating func fields(_ f: inout Fields) {
        f.field("port", &port, .always)
        f.field("service", &service, .always)
    }
}

extension SleepAction: APIObject {
    package mutating func fields(_ f: inout Fields) { f.field("seconds", &seconds, .always) }
}

extension IntOrString: FieldValue {
    package static func read(_ value: Value, _ faults: FaultList) -> IntOrString? {
        switch value.content {
        case .string(let name): return .string(name)
        case .integer, .number: return Int32.read(value, faults).map { .int($0) }
        default:
            faults.add(.wrongType(expected: "an integer or a string", found: value.kindInWords))
            return nil
        }
    }

    package func write() -> Value {
        switch self {
        case .int(let number): number.write()
        case .string(let name): name.write()
        }
    }

    package var isEmpty: Bool { self == .int(0) }
}

extension ContainerRestartRule: APIObject, EmptyConstructible {
    package mutating func fields(_ f: inout Fields) {
        f.field("action", &action, .always)
        f.field("exitCodes", &exitCodes)
    }
}

extension ContainerRestartRuleOnExitCodes: APIObject {
    package mutating func fields(_ f: inout Fields) {
        f.field("operator", &self.operator, .always)
        f.field("values", &values)
    }
}
