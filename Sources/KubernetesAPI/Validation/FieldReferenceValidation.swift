// SPDX-License-Identifier: Apache-2.0

// What the downward API gives away of a pod, to variables and to files.

extension ObjectFieldSelector {
    /// The fields of a pod that an environment variable can have.
    package static let paths = [
        "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName",
        "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs",
    ]
    /// Those that a file can have.
    package static let filePaths = [
        "metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid",
    ]

    /// Which entry of which map the path means: `metadata.labels['key']` or `metadata.annotations['key']`.
    package var entry: (map: Substring, key: Substring)? {
        guard fieldPath.hasSuffix("']"), let open = fieldPath.firstIndex(of: "[") else { return nil }
        let key = fieldPath[open...].dropFirst()
        guard key.first == "'", key.utf8.count >= 3 else { return nil }
        return (fieldPath[..<open], key.dropFirst().dropLast(2))
    }

    func validate(among paths: [String], _ faults: FaultList) {
        if let apiVersion, apiVersion != "v1" {
            faults.isOneOf(["v1"], apiVersion, at: "apiVersion")
        }
        if fieldPath.isEmpty { return faults.add(.required, at: .field("fieldPath")) }
        if paths.contains(fieldPath) { return }
        switch entry {
        case ("metadata.labels", let key)?:
            faults.invalid(String(key), at: "fieldPath", qualifiedNameFaults(String(key)))
        case ("metadata.annotations", let key)?:
            faults.invalid(String(key), at: "fieldPath", qualifiedNameFaults(key.lowercased()))
        case (let map, _)?:
            faults.invalid(
                fieldPath, at: "fieldPath",
                ["error converting fieldPath: field label does not support subscript: \(map)"])
        case nil
        where ObjectFieldSelector.paths.contains(fieldPath) || ObjectFieldSelector.filePaths.contains(fieldPath):
            faults.isOneOf(paths, fieldPath, at: "fieldPath")
        case nil:
            faults.invalid(
                fieldPath, at: "fieldPath", ["error converting fieldPath: field label not supported: \(fieldPath)"])
        }
    }
}

extension ResourceFieldSelector {
    private static let resources = [
        "limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", "requests.ephemeral-storage",
        "requests.memory",
    ]
    private static let byteDivisors = [
        "1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei",
    ]

    /// - Parameter needsContainer: a file belongs to no container, so that it must name one.
    func validate(needsContainer: Bool, _ faults: FaultList) {
        if needsContainer, containerName.isEmpty {
            faults.add(.required, at: .field("containerName"))
        } else if resource.isEmpty {
            faults.add(.required, at: .field("resource"))
        } else if !isHugePages {
            faults.isOneOf(ResourceFieldSelector.resources, resource, at: "resource")
        }
        validateDivisor(faults)
    }

    private var isHugePages: Bool {
        resource.hasPrefix("limits.hugepages-") || resource.hasPrefix("requests.hugepages-")
    }

    private func validateDivisor(_ faults: FaultList) {
        guard let divisor, divisor.nanos != 0 else { return }
        let kind: String
        switch resource {
        case "limits.cpu", "requests.cpu":
            guard !["1", "1m"].contains(divisor.description) else { return }
            return faults.invalid(
                resource, at: "divisor", ["only divisor's values 1m and 1 are supported with the cpu resource"])
        case "limits.memory", "requests.memory": kind = "memory"
        case "limits.ephemeral-storage", "requests.ephemeral-storage": kind = "local ephemeral storage"
        case _ where isHugePages: kind = "hugepages"
        default: return
        }
        guard !ResourceFieldSelector.byteDivisors.contains(divisor.description) else { return }
        let list = ResourceFieldSelector.byteDivisors.joined(separator: ", ")
        faults.invalid(
            resource, at: "divisor", ["only divisor's values \(list) are supported with the \(kind) resource"])
    }
}
