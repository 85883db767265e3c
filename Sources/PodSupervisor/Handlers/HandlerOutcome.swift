// SPDX-License-Identifier: Apache-2.0

import PodPlan

/// How one run of a handler ended. The texts are the kubelet's.
enum HandlerOutcome: Hashable, Sendable {
    case success
    /// A success that somebody may want to hear about.
    case warning(String)
    case failure(String)
    /// Nobody knows: it could not be run. A probe's result is then thrown away.
    case error(String)

    /// For whom only success counts.
    var failureText: HandlerFailure? {
        switch self {
        case .success, .warning: nil
        case .failure(let text), .error(let text): text
        }
    }
}

extension HandlerPlan {
    /// What is said when it has not ended in time.
    func timeoutText(seconds: Int64) -> String {
        switch self {
        case .exec(let command):
            "command timed out: \"\(command.joined(separator: " "))\" timed out after \(seconds)s"
        case .httpGet(let request):
            "Get \"\(request.url)\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
        case .tcpSocket(let host, let port): "dial tcp \(address(host)):\(port): i/o timeout"
        case .grpc: "timeout: health rpc did not complete within \(seconds)s"
        case .sleep, .impossible: "timed out after \(seconds)s"
        }
    }

    /// The arguments of `berth-probe`; nil: nothing for it to do.
    ///
    /// - Parameter purpose: "probe", or "lifecycle" for a hook, which any answer satisfies.
    func probeArguments(purpose: String) -> [String]? {
        switch self {
        case .httpGet(let request):
            let scheme = request.secure ? "https" : "http"
            return ["berth-probe", scheme, address(request.host), String(request.port), request.path, purpose]
                + request.headers.flatMap { [$0.name, $0.value] }
        case .tcpSocket(let host, let port): return ["berth-probe", "tcp", address(host), String(port)]
        case .grpc(let host, let port, let service):
            return ["berth-probe", "grpc", address(host), String(port), service]
        case .exec, .sleep, .impossible: return nil
        }
    }
}

/// The pod's own address, seen from its network, stands for no host.
private func address(_ host: String) -> String { host.isEmpty ? "127.0.0.1" : host }

extension HTTPGetPlan {
    fileprivate var url: String {
        let host = address(host)
        let name = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
        return "\(secure ? "https" : "http")://\(name):\(port)\(path)"
    }
}
