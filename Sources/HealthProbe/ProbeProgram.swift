// SPDX-License-Identifier: Apache-2.0

import CLinux

/// How a probe over the network ended, and what is said of it. The texts are the kubelet's.
package enum ProbeOutcome: Hashable, Sendable {
    case success
    /// A success that somebody may want to hear about.
    case warning(String)
    case failure(String)

    /// The exit status of `berth-probe`; 3 is for wrong arguments.
    var exitStatus: CInt {
        switch self {
        case .success: 0
        case .failure: 1
        case .warning: 2
        }
    }
}

/// `berth-probe`: one request to one server, by a process without any privilege. Who waits for it ends it in time.
package enum ProbeProgram {
    static let usage = """
        usage: berth-probe tcp HOST PORT
               berth-probe http|https HOST PORT PATH probe|lifecycle [NAME VALUE]...
               berth-probe grpc HOST PORT SERVICE

        """

    /// The newest Kubernetes whose probes these are: servers see it in `User-Agent`.
    static let version = "1.34"

    /// - Returns: the exit status: 0 success, 1 failure, 2 success with a warning, 3 wrong arguments. What there is to
    ///   say is written to standard output.
    package static func run(_ arguments: [String]) -> CInt {
        guard let probe = NetworkProbe(arguments.dropFirst()) else {
            write(usage)
            return 3
        }
        guard clinux_ignore_signal(SIGPIPE) == 0, clinux_shut_in() == 0 else {
            write("cannot give up what a probe doesn't need")
            return 3
        }
        let outcome = probe.run()
        switch outcome {
        case .success: break
        case .warning(let text), .failure(let text): write(text)
        }
        return outcome.exitStatus
    }

    private static func write(_ text: String) {
        let bytes = Array(text.utf8)
        // Nobody is left to tell that this failed.
        _ = CLinux.write(1, bytes, bytes.count)
    }
}

/// What is asked of whom.
package enum NetworkProbe: Hashable, Sendable {
    case tcp(Endpoint)
    case http(HTTPRequest)
    case grpc(Endpoint, service: String)

    /// - Parameter arguments: as in `usage`; nil: they make no sense.
    package init?(_ arguments: some Collection<String>) {
        let words = Array(arguments)
        guard words.count >= 3, let port = UInt16(words[2]), port > 0 else { return nil }
        let endpoint = Endpoint(host: words[1], port: port)
        switch words[0] {
        case "tcp" where words.count == 3: self = .tcp(endpoint)
        case "grpc" where words.count == 4: self = .grpc(endpoint, service: words[3])
        case "http", "https":
            guard words.count >= 5, words.count % 2 == 1, ["probe", "lifecycle"].contains(words[4]) else { return nil }
            var request = HTTPRequest(endpoint, secure: words[0] == "https", path: words[3])
            request.isProbe = words[4] == "probe"
            request.headers = stride(from: 5, to: words.count, by: 2).map { (words[$0], words[$0 + 1]) }
                .map(HTTPRequest.Header.init)
            self = .http(request)
        default: return nil
        }
    }

    func run() -> ProbeOutcome {
        switch self {
        case .tcp(let endpoint):
            do throws(ConnectionError) {
                _ = try Connection(endpoint)
                return .success
            } catch {
                return .failure(error.description)
            }
        case .http(let request): return request.run()
        case .grpc(let endpoint, let service): return HealthCheck(endpoint, service: service).run()
        }
    }
}
