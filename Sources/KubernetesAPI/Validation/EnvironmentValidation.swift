// SPDX-License-Identifier: Apache-2.0

extension Container {
    /// Checks `env` and `envFrom`.
    ///
    /// - Parameter volumes: all volumes of the pod, and whether each is an `emptyDir`.
    func validateEnvironment(_ volumes: [String: Bool], _ faults: FaultList) {
        for (index, variable) in env.enumerated() {
            faults.at("env") { faults.at(.index(index)) { variable.validate(volumes, faults) } }
        }
        for (index, source) in envFrom.enumerated() {
            faults.at("envFrom") { faults.at(.index(index)) { source.validate(faults) } }
        }
    }
}

extension EnvVar {
    fileprivate func validate(_ volumes: [String: Bool], _ faults: FaultList) {
        if name.isEmpty {
            faults.add(.required, at: .field("name"))
        } else {
            faults.invalid(name, at: "name", environmentNameFaults(name))
        }
        if value.unicodeScalars.contains("\0") { faults.invalid(value, at: "value", ["must not contain a null byte"]) }
        guard sourceCount > 0 else { return }
        faults.at("valueFrom") {
            validateSources(volumes, faults)
            if !value.isEmpty {
                faults.add(.invalid(value: "\"\""), detail: "may not be specified when `value` is not empty")
            } else if sourceCount > 1 {
                faults.add(.invalid(value: "\"\""), detail: "may not have more than one field specified at a time")
            }
        }
    }

    private var sourceCount: Int {
        [
            fieldRef != nil, resourceFieldRef != nil, configMapKeyRef != nil, secretKeyRef != nil, fileKeyRef != nil,
        ].count { $0 }
    }

    private func validateSources(_ volumes: [String: Bool], _ faults: FaultList) {
        if let fieldRef {
            faults.at("fieldRef") { fieldRef.validate(among: ObjectFieldSelector.paths, faults) }
        }
        if let resourceFieldRef {
            faults.at("resourceFieldRef") { resourceFieldRef.validate(needsContainer: false, faults) }
        }
        if let configMapKeyRef { faults.at("configMapKeyRef") { configMapKeyRef.validate(faults) } }
        if let secretKeyRef { faults.at("secretKeyRef") { secretKeyRef.validate(faults) } }
        if let fileKeyRef { faults.at("fileKeyRef") { fileKeyRef.validate(volumes, faults) } }
    }
}

extension EnvFromSource {
    fileprivate func validate(_ faults: FaultList) {
        if !prefix.isEmpty { faults.invalid(prefix, at: "prefix", environmentNameFaults(prefix)) }
        if let configMapRef { faults.at("configMapRef") { configMapRef.validate(faults) } }
        if let secretRef { faults.at("secretRef") { secretRef.validate(faults) } }
        if configMapRef == nil, secretRef == nil {
            faults.add(.invalid(value: "\"\""), detail: "must specify one of: `configMapRef` or `secretRef`")
        } else if configMapRef != nil, secretRef != nil {
            faults.add(.invalid(value: "\"\""), detail: "may not have more than one field specified at a time")
        }
    }
}

extension ObjectSource {
    fileprivate func validate(_ faults: FaultList) {
        if name.isEmpty {
            faults.add(.required, at: .field("name"))
        } else {
            faults.invalid(name, at: "name", subdomainFaults(name))
        }
    }
}

extension KeySelector {
    fileprivate func validate(_ faults: FaultList) {
        faults.invalid(name, at: "name", subdomainFaults(name))
        if key.isEmpty {
            faults.add(.required, at: .field("key"))
        } else {
            faults.invalid(key, at: "key", configKeyFaults(key))
        }
    }
}
