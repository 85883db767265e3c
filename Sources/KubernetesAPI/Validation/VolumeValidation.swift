// SPDX-License-Identifier: Apache-2.0

extension Volume {
    func validate(_ faults: FaultList) {
        if name.isEmpty {
            faults.add(.required, at: .field("name"))
        } else {
            faults.invalid(name, at: "name", labelNameFaults(name))
        }
        switch source {
        case .emptyDir(let emptyDir): faults.at("emptyDir") { emptyDir.validate(faults) }
        case .hostPath(let hostPath): faults.at("hostPath") { hostPath.validate(faults) }
        case .secret(let secret): faults.at("secret") { secret.validate(faults) }
        case .configMap(let configMap): faults.at("configMap") { configMap.validate(faults) }
        case .downwardAPI(let downward): faults.at("downwardAPI") { downward.validate(faults) }
        case .projected(let projected): faults.at("projected") { projected.validate(faults) }
        case .ephemeral(let ephemeral): faults.at("ephemeral") { ephemeral.validate(faults) }
        }
    }
}

extension EphemeralVolumeSource {
    fileprivate func validate(_ faults: FaultList) {
        guard let volumeClaimTemplate else { return faults.add(.required, at: .field("volumeClaimTemplate")) }
        faults.at("volumeClaimTemplate") {
            faults.at("metadata") { volumeClaimTemplate.metadata.validateLabelsAndAnnotations(faults) }
            faults.at("spec") { volumeClaimTemplate.spec.validate(faults) }
        }
    }
}

extension PersistentVolumeClaimSpec {
    fileprivate func validate(_ faults: FaultList) {
        if accessModes.isEmpty {
            faults.add(.required, at: .field("accessModes"), detail: "at least 1 access mode is required")
        }
        for mode in accessModes {
            faults.isOneOf(
                ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"], mode, at: "accessModes")
        }
        if accessModes.contains("ReadWriteOncePod"), accessModes.contains(where: { $0 != "ReadWriteOncePod" }) {
            faults.add(
                .forbidden, at: .field("accessModes"), detail: "may not use ReadWriteOncePod with other access modes")
        }
        if let storage = resources.requests["storage"] {
            if storage.nanos <= 0 {
                faults.add(
                    .invalid(value: Fault.quoted(storage.description)), at: .field("resources"), .key("storage"),
                    detail: "must be greater than zero")
            }
        } else {
            faults.add(.required, at: .field("resources"), .key("storage"))
        }
        if let storageClassName, !storageClassName.isEmpty {
            faults.invalid(storageClassName, at: "storageClassName", subdomainFaults(storageClassName))
        }
        if volumeMode == "Block" {
            faults.add(.notImplemented, at: .field("volumeMode"), detail: "there is no block device behind it")
        } else {
            faults.isOneOf(["Block", "Filesystem"], volumeMode, at: "volumeMode")
        }
    }
}
