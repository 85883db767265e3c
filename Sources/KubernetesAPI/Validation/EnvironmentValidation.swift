// SPDX-License-Identifier: Apache-2.0

extension EnvVar {
    func validate(_ faults: FaultList) {
        if name.isEmpty {
            faults.add(.required, at: .field("name"))
        } else {
            faults.invalid(name, at: "name", environmentNameFaults(name))
        }
        if value.unicodeScalars.contains("\0") { faults.invalid(value, at: "value", ["must not contain a null byte"]) }
        guard let fieldRef else { return }
        faults.at("valueFrom") {
            if !value.isEmpty {
                faults.add(.invalid(value: "\"\""), detail: "may not be specified when `value` is not empty")
            }
            faults.at("fieldRef") { fieldRef.validate(faults) }
        }
    }
}

extension ObjectFieldSelector {
    /// The fields of a pod that an environment variable can have.
    package static let paths = [
        "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName",
        "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs",
    ]

    /// Which entry of which map the path means: `metadata.labels['key']` or `metadata.annotations['key']`.
    package var entry: (map: Substring, key: Substring)? {
        guard fieldPath.hasSuffix("']"), let open = fieldPath.firstIndex(of: "[") else { return nil }
        let key = fieldPath[open...].dropFirst()
        guard key.first == "'", key.utf8.count >= 3 else { return nil }
        return (fieldPath[..<open], key.dropFirst().dropLast(2))
    }

    fileprivate func validate(_ faults: FaultList) {
        if let apiVersion, apiVersion != "v1" {
            faults.isOneOf(["v1"], apiVersion, at: "apiVersion")
        }
        if fieldPath.isEmpty { return faults.add(.required, at: .field("fieldPath")) }
        if ObjectFieldSelector.paths.contains(fieldPath) { return }
        switch entry {
        case ("metadata.labels", let key)?, ("metadata.annotations", let key)?:
            faults.invalid(String(key), at: "fieldPath", qualifiedNameFaults(key.lowercased()))
        case (let map, _)?:
            faults.invalid(
                fieldPath, at: "fieldPath",
                ["error converting fieldPath: field label does not support subscript: \(map)"])
        case nil where fieldPath == "metadata.labels" || fieldPath == "metadata.annotations":
            faults.isOneOf(ObjectFieldSelector.paths, fieldPath, at: "fieldPath")
        case nil:
            faults.invalid(
                fieldPath, at: "fieldPath", ["error converting fieldPath: field label not supported: \(fieldPath)"])
        }
    }
}
