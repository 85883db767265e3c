// SPDX-License-Identifier: Apache-2.0

extension HandlerPlan: WireValue {
    static var blank: Self { .exec([]) }

    mutating func pass(_ wire: inout some Wire, _ field: String) throws(WireError) {
        var (kind, words, http, text, port, seconds) = (UInt8(0), [String](), HTTPGetPlan(), "", UInt16(0), Int64(0))
        var service = ""
        switch self {
        case .exec(let command): words = command
        case .httpGet(let request): (kind, http) = (1, request)
        case .tcpSocket(let host, let number): (kind, text, port) = (2, host, number)
        case .grpc(let host, let number, let name): (kind, text, port, service) = (3, host, number, name)
        case .sleep(let time): (kind, seconds) = (4, time)
        case .impossible(let why): (kind, text) = (5, why)
        }
        try wire.byte(&kind, field)
        switch kind {
        case 0:
            try wire(&words, "handler.exec")
            self = .exec(words)
        case 1:
            try wire(&http, "handler.httpGet")
            self = .httpGet(http)
        case 2:
            try wire(&text, "handler.tcpSocket.host")
            try wire(&port, "handler.tcpSocket.port")
            self = .tcpSocket(host: text, port: port)
        case 3:
            try wire(&text, "handler.grpc.host")
            try wire(&port, "handler.grpc.port")
            try wire(&service, "handler.grpc.service")
            self = .grpc(host: text, port: port, service: service)
        case 4:
            try wire(&seconds, "handler.sleep")
            self = .sleep(seconds: seconds)
        case 5:
            try wire(&text, "handler.impossible")
            self = .impossible(text)
        default: throw .malformed(field: field)
        }
    }
}

extension HTTPGetPlan: WireValue {
    static var blank: HTTPGetPlan { HTTPGetPlan() }

    mutating func pass(_ wire: inout some Wire, _: String) throws(WireError) {
        try wire(&secure, "httpGet.secure")
        try wire(&host, "httpGet.host")
        try wire(&port, "httpGet.port")
        try wire(&path, "httpGet.path")
        try wire(&headers, "httpGet.headers")
    }
}

extension HTTPGetPlan.Header: WireValue {
    static var blank: Self { Self(name: "", value: "") }

    mutating func pass(_ wire: inout some Wire, _: String) throws(WireError) {
        try wire(&name, "httpGet.headers.name")
        try wire(&value, "httpGet.headers.value")
    }
}

extension ProbePlan: WireValue {
    static var blank: ProbePlan { ProbePlan(.blank) }

    mutating func pass(_ wire: inout some Wire, _: String) throws(WireError) {
        try wire(&handler, "probe.handler")
        try wire(&initialDelaySeconds, "probe.initialDelaySeconds")
        try wire(&timeoutSeconds, "probe.timeoutSeconds")
        try wire(&periodSeconds, "probe.periodSeconds")
        try wire(&successThreshold, "probe.successThreshold")
        try wire(&failureThreshold, "probe.failureThreshold")
        try wire(&terminationGracePeriodSeconds, "probe.terminationGracePeriodSeconds")
    }
}

extension RestartRulePlan.Action: WireEnum {
    static var blank: Self { .restart }
}

extension RestartRulePlan: WireValue {
    static var blank: RestartRulePlan { RestartRulePlan(exitCodes: [], negated: false) }

    mutating func pass(_ wire: inout some Wire, _: String) throws(WireError) {
        try wire(&action, "restartRules.action")
        try wire(&exitCodes, "restartRules.exitCodes")
        try wire(&negated, "restartRules.negated")
    }
}
