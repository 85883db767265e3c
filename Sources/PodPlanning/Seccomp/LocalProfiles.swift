// SPDX-License-Identifier: Apache-2.0

import CLinux
package import KubernetesAPI
package import Linux
import Manifest
package import Seccomp

/// The directory of the profiles that manifests may name: `seccompProfile.localhostProfile` of type `Localhost`.
package struct LocalProfiles: Sendable {
    package static let standardDirectory = "/var/lib/berth/seccomp"

    /// Profiles are some 15 KB; this bounds what a wrong file costs.
    private static let sizeLimit = 1 << 20

    package let directory: String

    package init(directory: String = LocalProfiles.standardDirectory) { self.directory = directory }

    /// Reads a profile. An empty file is an error (CVE-2023-2431), and so is what the profile says in words that
    /// Berth doesn't know.
    ///
    /// - Parameter path: Relative; neither `..` nor a link may lead out of the directory.
    package func read(_ path: String) throws(LocalProfileError) -> Seccomp.SeccompProfile {
        let document = try document(path)
        do throws(SeccompProfileFaults) {
            return try Seccomp.SeccompProfile(document)
        } catch {
            throw LocalProfileError(file: "\(directory)/\(path)", problem: .faults(error.faults))
        }
    }

    private func document(_ path: String) throws(LocalProfileError) -> Value {
        let file = "\(directory)/\(path)"
        let bytes = try bytes(path)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw LocalProfileError(file: file, problem: .notText)
        }
        let documents: [Value]
        do throws(Fault) {
            documents = try readDocuments(text)
        } catch {
            throw LocalProfileError(file: file, problem: .faults([error]))
        }
        guard documents.count == 1 else {
            throw LocalProfileError(file: file, problem: documents.isEmpty ? .empty : .severalDocuments)
        }
        return documents[0]
    }

    private func bytes(_ path: String) throws(LocalProfileError) -> [UInt8] {
        let bytes: [UInt8]?
        do throws(Errno) {
            bytes = try regularFileBytes(path)
        } catch {
            throw LocalProfileError(file: "\(directory)/\(path)", problem: .unreadable(error))
        }
        guard let bytes else { throw LocalProfileError(file: "\(directory)/\(path)", problem: .notRegular) }
        return bytes
    }

    /// nil: there is something else than a regular file.
    private func regularFileBytes(_ path: String) throws(Errno) -> [UInt8]? {
        let root = try OwnedDescriptor.open(directory, O_PATH | O_DIRECTORY)
        // Without O_NONBLOCK the opening of a FIFO would wait for its writer.
        let file = try root.openResolved(
            path, O_RDONLY | O_NONBLOCK | O_NOCTTY, resolve: UInt64(RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS))
        return try file.isRegularFile() ? file.readAll(limit: Self.sizeLimit) : nil
    }
}

/// Why a local profile can't be used.
package struct LocalProfileError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Problem: Hashable, Sendable {
        case unreadable(Errno)
        case notRegular
        case notText
        case empty
        case severalDocuments
        case faults([Fault])
    }

    package let file: String
    package let problem: Problem

    package var description: String {
        let reason =
            switch problem {
            case .unreadable(let error) where error == EXDEV:
                "the path leads out of the directory of local profiles"
            case .unreadable(let error) where error == EFBIG: "the file has more than 1 MiB"
            case .unreadable(let error): error.description
            case .notRegular: "not a regular file"
            case .notText: "not UTF-8"
            case .empty: "the file is empty; a profile has at least a defaultAction"
            case .severalDocuments: "the file has more than one document"
            case .faults(let faults): faults.map(\.description).joined(separator: "; ")
            }
        return "cannot use seccomp profile \(Fault.quoted(file)): \(reason)"
    }
}

extension FilterSource {
    /// Compiles the default profile and local ones, each once for its capabilities.
    package init(profiles: LocalProfiles = LocalProfiles(), cache: SeccompCache = SeccompCache()) {
        self.init { request throws(Failure) in
            var policy = SeccompPolicy.runtimeDefault
            if let path = request.localProfile {
                do throws(LocalProfileError) {
                    policy = .profile(try profiles.read(path))
                } catch {
                    throw Failure(message: error.description)
                }
            }
            let program: SeccompProgram?
            do throws(SeccompError) {
                program = try cache.program(for: policy, capabilities: request.capabilities)
            } catch {
                let name = request.localProfile.map { Fault.quoted("\(profiles.directory)/\($0)") } ?? "RuntimeDefault"
                throw Failure(message: "cannot use seccomp profile \(name): \(error)")
            }
            guard let program else { preconditionFailure("neither policy is unconfined") }
            return program.bytes
        }
    }
}
