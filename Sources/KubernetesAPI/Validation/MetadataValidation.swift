// SPDX-License-Identifier: Apache-2.0

extension ObjectMeta {
    /// Checks the metadata of an object whose name is a DNS subdomain.
    func validate(_ faults: FaultList) {
        if name.isEmpty, generateName.isEmpty {
            faults.add(.required, at: .field("name"), detail: "name or generateName is required")
        }
        if !name.isEmpty { faults.invalid(name, at: "name", subdomainFaults(name)) }
        // What is generated follows a prefix, so that this may end with a dash.
        if !generateName.isEmpty { faults.invalid(generateName, at: "generateName", subdomainFaults(maskedPrefix)) }
        if !namespace.isEmpty { faults.invalid(namespace, at: "namespace", labelNameFaults(namespace)) }
        faults.notNegative(generation, at: "generation")
        validateLabelsAndAnnotations(faults)
    }

    /// Checks what a pod template has of its metadata.
    func validateLabelsAndAnnotations(_ faults: FaultList) {
        for (key, value) in sorted(labels) {
            faults.invalid(key, at: "labels", qualifiedNameFaults(key))
            faults.invalid(value, at: "labels", labelValueFaults(value))
        }
        var size = 0
        for (key, value) in sorted(annotations) {
            faults.invalid(key, at: "annotations", qualifiedNameFaults(key.lowercased()))
            size += key.utf8.count + value.utf8.count
        }
        if size > 262_144 { faults.add(.tooLong(maximum: 262_144), at: .field("annotations")) }
    }

    private var maskedPrefix: String {
        generateName.count > 1 && generateName.hasSuffix("-") ? generateName.dropLast() + "a" : generateName
    }
}

func sorted<Value>(_ entries: [String: Value]) -> [(key: String, value: Value)] {
    entries.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
}
