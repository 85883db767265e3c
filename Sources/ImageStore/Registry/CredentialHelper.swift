// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import OCI

/// A program of the user's that keeps credentials: `docker-credential-NAME get`, the registry on its standard input, the
/// answer as JSON on its output. It runs with the user's own environment and rights, since what it needs is there.
struct CredentialHelper {
    /// What follows `docker-credential-` in its name.
    let program: String
    let environment: [String: String]
    /// The file that names it, for messages.
    let file: String

    private var name: String { "docker-credential-\(program)" }

    /// - Returns: nil when it knows none.
    func credential(for key: String, cancellation: PullCancellation) throws(RegistryError) -> RegistryCredential? {
        let (text, code) = try run(input: key, cancellation)
        guard code == 0 else {
            let words = String(decoding: text.prefix(200), as: UTF8.self).trimmed
            // What all helpers say for it; see docker/docker-credential-helpers.
            if words.hasPrefix("credentials not found") { return nil }
            throw fail("ended with status \(code)" + (words.isEmpty ? "" : ": \(words.withoutControls)"))
        }
        do throws(JSONError) {
            let node = JSONNode(try JSONValue(parsing: text))
            let user: String = try node.value("Username", or: "")
            let secret: String = try node.value("Secret", or: "")
            if user.isEmpty && secret.isEmpty { return nil }
            return user == "<token>" ? .identityToken(secret) : .password(user: user, password: secret)
        } catch {
            throw fail("answered what is no credential: \(error)")
        }
    }

    private func run(input: String, _ cancellation: PullCancellation) throws(RegistryError) -> ([UInt8], CInt) {
        let path = try find()
        let input = try pipe(holding: input)
        let output = try pipe(holding: "")
        var arguments: [UnsafeMutablePointer<CChar>?] = [strdup(name), strdup("get"), nil]
        var variables: [UnsafeMutablePointer<CChar>?] = environment.sorted { $0.key < $1.key }.map {
            strdup("\($0.key)=\($0.value)")
        }
        variables.append(nil)
        defer { for text in arguments + variables { free(text) } }
        var pid: pid_t = 0
        let error = clinux_spawn_program(
            path, &arguments, &variables, input.reading.rawValue, output.writing.rawValue, &pid)
        guard error == 0 else { throw fail("cannot be started: \(Errno(error))") }
        _ = input.takeReading()
        let reading = output.takeReading()
        var ended = false
        defer {
            if !ended {
                kill(pid, SIGKILL)
                var status: CInt = 0
                _ = waitpid(pid, &status, 0)
            }
        }
        let text = try read(reading, cancellation)
        var status: CInt = 0
        do throws(Errno) {
            try retrying { waitpid(pid, &status, 0) }
        } catch {
            throw fail("cannot be waited for: \(error)")
        }
        ended = true
        return (text, clinux_exit_code(status))
    }

    private func read(
        _ output: borrowing OwnedDescriptor, _ cancellation: PullCancellation
    ) throws(RegistryError) -> [UInt8] {
        var text: [UInt8] = []
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 1)
        defer { buffer.deallocate() }
        while true {
            guard cancellation.waits(for: output.rawValue, milliseconds: -1) else {
                throw RegistryError(.cancelled, name, "the pull was ended")
            }
            let count: Int
            do throws(Errno) { count = try output.read(into: buffer) } catch { throw fail("cannot be read: \(error)") }
            if count == 0 { return text }
            text.append(contentsOf: buffer[..<count])
            guard text.count <= 1 << 20 else { throw fail("answered more than 1 MiB") }
        }
    }

    private func find() throws(RegistryError) -> String {
        for directory in (environment["PATH"] ?? "").split(separator: ":") where String(directory).isAbsolutePath {
            let path = "\(directory)/\(name)"
            if access(path, X_OK) == 0 { return path }
        }
        throw fail("is in no directory of PATH")
    }

    private func pipe(holding text: String) throws(RegistryError) -> Pipe {
        do throws(Errno) {
            let pipe = try Pipe(nonBlocking: false)
            if !text.isEmpty { try pipe.writing.writeAll(Array(text.utf8)) }
            return pipe
        } catch {
            throw fail("no pipe for it: \(error)")
        }
    }

    private func fail(_ problem: String) -> RegistryError {
        RegistryError(.configuration, file, "the credential helper \(name) \(problem)")
    }
}

extension String {
    /// With nothing in it that a terminal would take for an instruction.
    var withoutControls: String {
        String(String.UnicodeScalarView(unicodeScalars.map { Self.isControl($0) ? " " : $0 })).trimmed
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}
