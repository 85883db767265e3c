// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import Sandbox
import Seccomp

/// The host's `curl`, which does TLS, HTTP/2 and proxies for us, without any privilege: the ids of nobody, no capability,
/// a filter, the host's network.
final class Curl: Sendable {
    let path: String
    private let file: OwnedDescriptor
    private let filter: [UInt8]?

    /// More would not fit into the pipe that takes it, and is no request that anybody means.
    private static let configurationLimit = 60 << 10

    /// - Parameter directories: where it is looked for, as `PATH` has them.
    init(directories: [String] = Curl.searchPath) throws(RegistryError) {
        for directory in directories where directory.isAbsolutePath {
            let path = "\(directory)/curl"
            guard access(path, X_OK) == 0 else { continue }
            self.path = path
            file = try attemptHost(path, "open it") { () throws(Errno) in try OwnedDescriptor.open(path, O_PATH) }
            do throws(SeccompError) {
                filter = try SeccompCache(limit: 1).program(for: .runtimeDefault, capabilities: 0)?.bytes
            } catch {
                throw RegistryError(.host, "the filter for curl", error.description)
            }
            return
        }
        throw RegistryError(
            .host, "curl", "is in no directory of PATH; images are pulled with it: install the package curl")
    }

    static var searchPath: [String] {
        let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin"
        return path.split(separator: ":").map(String.init)
    }

    /// Starts it for one request.
    ///
    /// - Parameters:
    ///   - output: takes head and body.
    ///   - errors: takes its one line when it fails.
    func start(_ request: HTTPRequest, output: CInt, errors: CInt) throws(RegistryError) -> RunningContainer {
        guard let text = request.curlConfiguration, text.utf8.count <= Self.configurationLimit else {
            throw RegistryError(
                .configuration, request.address.shown,
                "a header or setting for it is too long, or has a control character")
        }
        let pipe = try attemptHost("curl", "make a pipe for it") { () throws(Errno) in try Pipe(nonBlocking: false) }
        try attemptHost("curl", "tell it what to do") { () throws(Errno) in try pipe.writing.writeAll(Array(text.utf8))
        }
        let input = pipe.takeReading()
        var program = UnprivilegedProgram(
            file: file.rawValue, arguments: [path, "--disable", "--config", "-"], seccomp: filter, output: output)
        program.input = input.rawValue
        program.errors = errors
        do throws(LaunchError) {
            return try program.launch()
        } catch {
            throw RegistryError(.host, path, "cannot be started: \(error)")
        }
    }
}
