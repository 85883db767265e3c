// SPDX-License-Identifier: Apache-2.0

extension Probe {
    /// 0 stands for what was left out, as in the API server.
    mutating func applyDefaults() {
        timeoutSeconds = orDefault(timeoutSeconds, 1)
        periodSeconds = orDefault(periodSeconds, 10)
        successThreshold = orDefault(successThreshold, 1)
        failureThreshold = orDefault(failureThreshold, 3)
        handler.httpGet?.applyDefaults()
        handler.grpc?.applyDefaults()
    }
}

extension GRPCAction {
    fileprivate mutating func applyDefaults() { service = service ?? "" }
}

extension HTTPGetAction {
    mutating func applyDefaults() {
        if path.isEmpty { path = "/" }
        if scheme?.isEmpty ?? true { scheme = "HTTP" }
    }
}

private func orDefault(_ number: Int32?, _ standard: Int32) -> Int32 {
    number == nil || number == 0 ? standard : number!
}
