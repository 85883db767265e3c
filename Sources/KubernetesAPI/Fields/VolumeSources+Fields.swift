// SPDX-License-Identifier: Apache-2.0

extension KeyToPath: APIObject, EmptyConstructible {
    package mutating func fields(_ f: inout Fields) {
        f.field("key", &key, .always)
        f.field("path", &path, .always)
        f.field("mode", &mode)
    }
}

extension ConfigMapVolumeSource: APIObject {
    package mutating func fields(_ f: inout Fields) {
        f.field("name", &name, .always)
        f.field("items", &items)
        f.field("defaultMode", &defaultMode)
        f.field("optional", &optional)
    }
}

extension SecretVolumeSource: APIObject {
    package mutating func fields(_ f: inout Fields) {
        f.field("secretName", &secretName)
        f.field("items", &items)
        f.field("defaultMode", &defaultMode)
        f.field("optional", &optional)
    }
}

extension DownwardAPIVolumeSource: APIObject {
    package mutating func fields(_ f: inout Fields) {
        f.field("items", &items)
        f.field("defaultMode", &defaultMode)
    }
}

extension DownwardAPIVolumeFile: APIObject, EmptyConstructible {
    package mutating func fields(_ f: inout Fields) {
        f.field("path", &path, .always)
        f.field("fieldRef", &fieldRef)
        f.field("resourceFieldRef", &resourceFieldRef)
        f.field("mode", &mode)
    }
}

extension ProjectedVolumeSource: APIObject {
    package mutating func fields(_ f: inout Fields) {
        f.field("sources", &sources, .always)
        f.field("defaultMode", &defaultMode)
    }
}

extension VolumeProjection: APIObject, EmptyConstructible {
    package mutating func fields(_ f: inout Fields) {
        f.field("configMap", &configMap)
        f.field("secret", &secret)
        f.field("downwardAPI", &downwardAPI)
        f.refusedEvenEmpty(
            "serviceAccountToken", "clusterTrustBundle", "podCertificate",
            because: "there is no cluster that would issue it")
    }
}

extension ObjectProjection: APIObject {
    package mutating func fields(_ f: inout Fields) {
        f.field("name", &name, .always)
        f.field("items", &items)
        f.field("optional", &optional)
    }
}

extension DownwardAPIProjection: APIObject {
    package mutating func fields(_ f: inout Fields) { f.field("items", &items) }
}

extension EphemeralVolumeSource: APIObject {
    package mutating func fields(_ f: inout Fields) { f.field("volumeClaimTemplate", &volumeClaimTemplate) }
}

extension PersistentVolumeClaimTemplate: APIObject {
    package mutating func fields(_ f: inout Fields) {
        f.field("metadata", &metadata)
        f.field("spec", &spec, .always)
    }
}

extension PersistentVolumeClaimSpec: APIObject {
    package mutating func fields(_ f: inout Fields) {
        f.field("accessModes", &accessModes)
        f.field("resources", &resources, .always)
        f.field("storageClassName", &storageClassName)
        f.field("volumeMode", &volumeMode)
        f.refused("selector", "volumeName", "dataSource", "dataSourceRef", "volumeAttributesClassName")
    }
}
