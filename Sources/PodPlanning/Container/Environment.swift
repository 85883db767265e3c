// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import PodPlan

/// A container's environment: what is executed with, and what `$(NAME)` sees.
struct Environment {
    /// `NAME=value`, each name once.
    var entries: [String]
    /// The manifest's variables alone: only they are expanded, not the image's.
    var manifest: [String: String]
    /// What a name would have without the manifest, as `NAME=value`.
    private var others: [String: String] = [:]

    static let standardPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// Later wins, the place is the first one's: PATH, HOSTNAME, TERM with a terminal, the image's, the manifest's; HOME
    /// when nobody has it.
    init(
        image: [String], manifest variables: ManifestVariables, hostname: String, home: String, hasTerminal: Bool
    ) {
        manifest = variables.values
        var table = VariableTable()
        table.set("PATH", Environment.standardPath)
        table.set("HOSTNAME", hostname)
        if hasTerminal { table.set("TERM", "xterm") }
        for entry in image {
            let parts = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if !parts[0].isEmpty { table.set(String(parts[0]), parts.count == 2 ? String(parts[1]) : "") }
        }
        for file in variables.files { others[file.name] = table.entry(file.name) }
        for file in variables.files where file.name == "HOME" { others["HOME"] = others["HOME"] ?? "HOME=\(home)" }
        for name in variables.names { table.set(name, manifest[name]!) }
        if !table.has("HOME") { table.set("HOME", home) }
        entries = table.entries
    }

    /// The plans of the variables that are in files.
    ///
    /// - Parameter volumes: those of the pod, by name.
    func fileVariables(_ variables: ManifestVariables, _ volumes: [VolumePlan]) -> [FileVariablePlan] {
        variables.files.map { file in
            var plan = FileVariablePlan()
            plan.name = file.name
            plan.volume = volumes.firstIndex { $0.name == file.selector.volumeName } ?? volumes.count
            plan.path = file.selector.path
            plan.key = file.selector.key
            plan.optional = file.selector.optional ?? false
            plan.substitute = file.earlier ?? "$(\(file.name))"
            plan.entry = file.earlier.map { "\(file.name)=\($0)" } ?? others[file.name]
            return plan
        }
    }
}

/// Names to values, in the order of each name's first appearance.
private struct VariableTable {
    private var positions: [String: Int] = [:]
    private(set) var entries: [String] = []

    mutating func set(_ name: String, _ value: String) {
        let entry = name + "=" + value
        if let position = positions[name] {
            entries[position] = entry
        } else {
            positions[name] = entries.count
            entries.append(entry)
        }
    }

    func has(_ name: String) -> Bool { positions[name] != nil }

    /// nil: nobody has it.
    func entry(_ name: String) -> String? { positions[name].map { entries[$0] } }
}
