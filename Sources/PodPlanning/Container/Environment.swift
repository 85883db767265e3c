// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI

/// A container's environment: what is executed with, and what `$(NAME)` sees.
struct Environment {
    /// `NAME=value`, each name once.
    var entries: [String]
    /// The manifest's variables alone: only they are expanded, not the image's.
    var manifest: [String: String]

    static let standardPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// Later wins, the place is the first one's: PATH, HOSTNAME, the image's, the manifest's; HOME when nobody has it.
    init(image: [String], variables: [EnvVar], pod: Pod, host: HostFacts, hostname: String, home: String) {
        manifest = Environment.resolve(variables, pod: pod, host: host)
        var table = VariableTable()
        table.set("PATH", Environment.standardPath)
        table.set("HOSTNAME", hostname)
        for entry in image {
            let parts = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if !parts[0].isEmpty { table.set(String(parts[0]), parts.count == 2 ? String(parts[1]) : "") }
        }
        for variable in variables { table.set(variable.name, manifest[variable.name] ?? "") }
        if !table.has("HOME") { table.set("HOME", home) }
        entries = table.entries
    }

    /// A value sees the variables before it in the list.
    private static func resolve(_ variables: [EnvVar], pod: Pod, host: HostFacts) -> [String: String] {
        var values: [String: String] = [:]
        for variable in variables {
            if let reference = variable.fieldRef {
                values[variable.name] = field(reference.fieldPath, of: pod, host: host) ?? ""
            } else {
                values[variable.name] = expand(variable.value, values)
            }
        }
        return values
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
}

/// The value of a `fieldRef` path; nil for a path that is none, and for a label or annotation that isn't there.
func field(_ path: String, of pod: Pod, host: HostFacts) -> String? {
    switch path {
    case "metadata.name": pod.metadata.name
    case "metadata.namespace": pod.metadata.namespace
    case "metadata.uid": pod.metadata.uid
    case "spec.nodeName": host.nodeName
    case "spec.serviceAccountName": "default"
    case "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs": HostFacts.address
    default:
        if let key = subscriptKey(path, "metadata.labels") {
            pod.metadata.labels[key]
        } else if let key = subscriptKey(path, "metadata.annotations") {
            pod.metadata.annotations[key]
        } else {
            nil
        }
    }
}

/// `k` of `<base>['k']`.
private func subscriptKey(_ path: String, _ base: String) -> String? {
    guard path.hasPrefix(base + "['"), path.hasSuffix("']"), path.utf8.count >= base.utf8.count + 4 else { return nil }
    return String(path.dropFirst(base.count + 2).dropLast(2))
}
