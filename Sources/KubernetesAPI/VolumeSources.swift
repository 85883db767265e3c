// SPDX-License-Identifier: Apache-2.0

/// `v1 KeyToPath`: one entry of a ConfigMap or Secret as a file.
package struct KeyToPath: Hashable, Sendable {
    package var key = ""
    /// Relative to the volume.
    package var path = ""
    /// Permission bits, 0…0o777; the volume's `defaultMode` when nil.
    package var mode: Int32?

    package init() {}
}

/// `v1 ConfigMapVolumeSource`.
package struct ConfigMapVolumeSource: Hashable, Sendable {
    package var name = ""
    /// All entries when empty.
    package var items: [KeyToPath] = []
    package var defaultMode: Int32?
    package var optional: Bool?

    package init() {}
}

/// `v1 SecretVolumeSource`.
package struct SecretVolumeSource: Hashable, Sendable {
    package var secretName = ""
    /// All entries when empty.
    package var items: [KeyToPath] = []
    package var defaultMode: Int32?
    package var optional: Bool?

    package init() {}
}

/// `v1 DownwardAPIVolumeSource`.
package struct DownwardAPIVolumeSource: Hashable, Sendable {
    package var items: [DownwardAPIVolumeFile] = []
    package var defaultMode: Int32?

    package init() {}
}

/// `v1 DownwardAPIVolumeFile`: exactly one of the two references in a valid one.
package struct DownwardAPIVolumeFile: Hashable, Sendable {
    /// Relative to the volume.
    package var path = ""
    package var fieldRef: ObjectFieldSelector?
    package var resourceFieldRef: ResourceFieldSelector?
    package var mode: Int32?

    package init() {}
}

/// `v1 ProjectedVolumeSource`.
package struct ProjectedVolumeSource: Hashable, Sendable {
    package var sources: [VolumeProjection] = []
    package var defaultMode: Int32?

    package init() {}
}

/// `v1 VolumeProjection`: exactly one of them in a valid one. Tokens and certificates of a cluster are refused by path.
package struct VolumeProjection: Hashable, Sendable {
    package var configMap: ObjectProjection?
    package var secret: ObjectProjection?
    package var downwardAPI: DownwardAPIProjection?

    package init() {}
}

/// `v1 ConfigMapProjection` and `v1 SecretProjection`.
package struct ObjectProjection: Hashable, Sendable {
    package var name = ""
    package var items: [KeyToPath] = []
    package var optional: Bool?

    package init() {}
}

/// `v1 DownwardAPIProjection`.
package struct DownwardAPIProjection: Hashable, Sendable {
    package var items: [DownwardAPIVolumeFile] = []

    package init() {}
}

/// `v1 EphemeralVolumeSource`: a claim that lives with the pod.
package struct EphemeralVolumeSource: Hashable, Sendable {
    package var volumeClaimTemplate: PersistentVolumeClaimTemplate?

    package init() {}
}

/// `v1 PersistentVolumeClaimTemplate`.
package struct PersistentVolumeClaimTemplate: Hashable, Sendable {
    package var metadata = ObjectMeta()
    package var spec = PersistentVolumeClaimSpec()

    package init() {}
}

/// `v1 PersistentVolumeClaimSpec`, as far as scratch space on one machine can have it.
package struct PersistentVolumeClaimSpec: Hashable, Sendable {
    /// "ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod".
    package var accessModes: [String] = []
    package var resources = ResourceRequirements()
    package var storageClassName: String?
    /// "Filesystem"; "Block" is refused.
    package var volumeMode: String?

    package init() {}
}
