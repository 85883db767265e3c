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
    private var unapplied: [UnappliedField] = []

    /// Reads a file; `-` is standard input. Faults are kept for `objects()`.
    ///
    /// - Throws: `CommandFailure` when the file cannot be read.
    mutating func read(_ path: String) throws {
        let name = path == "-" ? "standard input" : path
        let reading = readManifests(try text(of: path, name), fileName: name)
        found += reading.objects
        faults += reading.faults
        unapplied += reading.unapplied
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
        let all = faults.map(\.description) + repeated + timeZoneFaults
        guard all.isEmpty else { throw CommandFailure.badInput(all.map(\.escapedForTerminal).joined(separator: "\n")) }
        let terminal = Terminal(descriptor: STDERR_FILENO, environment: environmentVariable)
        for field in unapplied { terminal.write("Warning: \(field)".escapedForTerminal + "\n") }
        return found.map { object in
            switch object {
            case .job(let job): .job(job)
            case .cronJob(let cronJob): .cronJob(cronJob)
            case .pod(let pod): .pod(pod)
            case .configMap(let configMap): .configMap(configMap)
            case .secret(let secret): .secret(secret)
            case .service(let service): .service(service)
            }
        }
    }

    /// Objects of the same kind, namespace and name. Those that are yet to get a name are all different.
    private var repeated: [String] {
        var seen: Set<String> = []
        return found.filter { !$0.metadata.name.isEmpty && !seen.insert($0.identity).inserted }.map {
            "\($0.identity) is there more than once: give each its own metadata.name"
        }
    }

    /// Time zones that this host's tz database doesn't have; names that can't be any are faults already.
    private var timeZoneFaults: [String] {
        found.compactMap { object in
            guard case .cronJob(let cronJob) = object, let name = cronJob.spec.timeZone, TimeZone.canBeInDatabase(name)
            else { return nil }
            do throws(TimeZoneFiles.Failure) {
                _ = try TimeZoneFiles.zone(name)
                return nil
            } catch {
                return "\(object.identity): spec.timeZone: Invalid value: \(Fault.quoted(name)): \(error)"
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
        let name = metadata.name.isEmpty ? "\(metadata.generateName)*" : metadata.name
        return (metadata.namespace.isEmpty || metadata.namespace == "default" ? "" : "\(metadata.namespace)/")
            + "\(kind.lowercased())/\(name)"
    }
}
