// SPDX-License-Identifier: Apache-2.0

extension ConfigMap {
    /// Notes everything that the API server would refuse at creation.
    package func validate(_ faults: FaultList) {
        faults.at("metadata") { metadata.validate(faults) }
        for (key, _) in sorted(data) {
            faults.isConfigKey(key, in: "data")
            if binaryData[key] != nil {
                faults.add(
                    .invalid(value: Fault.quoted(key)), at: .field("data"), .key(key),
                    detail: "duplicate of key present in binaryData")
            }
        }
        for (key, _) in sorted(binaryData) { faults.isConfigKey(key, in: "binaryData") }
        let size = data.values.reduce(0) { $0 + $1.utf8.count } + binaryData.values.reduce(0) { $0 + $1.bytes.count }
        if size > Secret.maximumBytes { faults.add(.tooLong(maximum: Secret.maximumBytes)) }
    }
}

extension Secret {
    /// Fills in what the user left out; `stringData` goes over `data`, as when the API server stores it.
    package mutating func applyDefaults() {
        if type.isEmpty { type = "Opaque" }
        for (key, value) in stringData { data[key] = Base64Data(Array(value.text.utf8)) }
        stringData = [:]
    }

    /// Notes everything that the API server would refuse at creation.
    package func validate(_ faults: FaultList) {
        faults.at("metadata") { metadata.validate(faults) }
        for (key, _) in sorted(data) { faults.isConfigKey(key, in: "data") }
        if data.values.reduce(0, { $0 + $1.bytes.count }) > Secret.maximumBytes {
            faults.add(.tooLong(maximum: Secret.maximumBytes), at: .field("data"))
        }
        for key in requiredKeys where data[key] == nil {
            faults.add(.required, at: .field("data"), .key(key))
        }
        let account = "kubernetes.io/service-account.name"
        if type == "kubernetes.io/service-account-token", metadata.annotations[account]?.isEmpty ?? true {
            faults.add(.required, at: .field("metadata"), .field("annotations"), .key(account))
        }
    }

    /// What a Secret of this type must have.
    private var requiredKeys: [String] {
        switch type {
        case "kubernetes.io/dockercfg": [".dockercfg"]
        case "kubernetes.io/dockerconfigjson": [".dockerconfigjson"]
        case "kubernetes.io/basic-auth":
            // One of the two is enough.
            data["username"] == nil && data["password"] == nil ? ["username", "password"] : []
        case "kubernetes.io/ssh-auth": ["ssh-privatekey"]
        case "kubernetes.io/tls": ["tls.crt", "tls.key"]
        default: []
        }
    }
}

extension FaultList {
    fileprivate func isConfigKey(_ key: String, in name: String) {
        for detail in configKeyFaults(key) {
            add(.invalid(value: Fault.quoted(key)), at: .field(name), .key(key), detail: detail)
        }
    }
}
