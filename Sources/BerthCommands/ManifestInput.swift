// SPDX-License-Identifier: Apache-2.0

import CLinux
import ControlPlane
import KubernetesAPI
import Linux
import Manifest

/// What a command line names as manifests, read into objects; every fault of every file is told at once.
struct ManifestInput {
    private var found: [ManifestObject] = []
    private var faults: [Fault] = []

    /// Reads a file; `-` is standard input. Faults are kept for `objects()`.
    ///
    /// - Throws: `CommandFailure` when the file cannot be read.
    mutating func read(_ path: String) throws {
        let name = path == "-" ? "standard input" : path
        let reading = readManifests(try text(of: path, name), fileName: name)
        found += reading.objects
        faults += reading.faults
    }

    /// Adds a Job that was made from flags; it is defaulted and validated as a read one is.
    mutating func add(_ job: Job) {
        let reading = readManifests(job.write().json, fileName: "")
        found += reading.objects
        faults += reading.faults
    }

    /// All objects.
    ///
    /// - Throws: `CommandFailure` with a line for each fault.
    func objects() throws -> [RunObject] {
        var all = faults.map(\.description)
        var names: Set<String> = []
        for object in found where !names.insert(object.identity).inserted {
            all.append("\(object.identity) is there more than once: give each its own metadata.name")
        }
        guard all.isEmpty else { throw CommandFailure.badInput(all.map(\.escapedForTerminal).joined(separator: "\n")) }
        return found.map { object in
            switch object {
            case .job(let job): .job(job)
            case .pod(let pod): .pod(pod)
            }
        }
    }

    private func text(of path: String, _ name: String) throws -> String {
        let bytes: [UInt8]
        do {
            let file = path == "-" ? try standardInput() : try OwnedDescriptor.open(path, O_RDONLY)
            bytes = try file.readAll(limit: ReadingBudget().inputBytes)
        } catch let error as Errno {
            let hint =
                error == EFBIG
                ? "more than \(binarySize(Int64(ReadingBudget().inputBytes))) of manifest is not read" : "\(error)"
            throw CommandFailure.badInput("\(name): \(hint)")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CommandFailure.badInput("\(name): is not UTF-8 text")
        }
        return text
    }

    private func standardInput() throws -> OwnedDescriptor {
        OwnedDescriptor(adopting: try retrying { dup(STDIN_FILENO) })
    }
}

extension ManifestObject {
    /// `job/pi`, with the namespace in front when it isn't the default.
    var identity: String {
        let (kind, metadata) =
            switch self {
            case .job(let job): ("job", job.metadata)
            case .pod(let pod): ("pod", pod.metadata)
            }
        let name = metadata.name.isEmpty ? "\(metadata.generateName)*" : metadata.name
        return (metadata.namespace.isEmpty || metadata.namespace == "default" ? "" : "\(metadata.namespace)/")
            + "\(kind)/\(name)"
    }
}
