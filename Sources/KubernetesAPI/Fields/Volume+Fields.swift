// SPDX-License-Identifier: Apache-2.0

extension Volume: APIObject, EmptyConstructible {
    package mutating func fields(_ f: inout Fields) {
        f.field("name", &name, .always)
        var given: [Source] = []
        take("emptyDir", source.emptyDir, Source.emptyDir, &given, &f)
        take("hostPath", source.hostPath, Source.hostPath, &given, &f)
        take("secret", source.secret, Source.secret, &given, &f)
        take("configMap", source.configMap, Source.configMap, &given, &f)
        take("downwardAPI", source.downwardAPI, Source.downwardAPI, &given, &f)
        take("projected", source.projected, Source.projected, &given, &f)
        take("ephemeral", source.ephemeral, Source.ephemeral, &given, &f)
        refuseOtherSources(&f)
        // An entry without a source is an emptyDir.
        if f.isReading { source = given.first ?? .emptyDir(EmptyDirVolumeSource()) }
    }

    /// One of the fields of which a volume has one.
    private func take<T: FieldValue>(
        _ name: String, _ current: T?, _ make: (T) -> Source, _ given: inout [Source], _ f: inout Fields
    ) {
        var value = f.isReading ? nil : current
        f.field(name, &value)
        guard f.isReading, let value else { return }
        if given.isEmpty {
            given.append(make(value))
        } else {
            f.fault(.forbidden, at: name, "may not specify more than 1 volume type")
        }
    }

    private func refuseOtherSources(_ f: inout Fields) {
        f.refusedEvenEmpty(
            "persistentVolumeClaim",
            because: "nothing here provides claims: use hostPath for what stays, ephemeral or emptyDir for the rest")
        f.refusedEvenEmpty(
            "nfs", "iscsi", "fc", "rbd", "cephfs", "glusterfs", because: "mount it on the host and use hostPath")
        f.refusedEvenEmpty("gitRepo", because: "clone it in an init container into an emptyDir")
        f.refusedEvenEmpty("image", because: "copy from the image in an init container into an emptyDir")
        f.refusedEvenEmpty(
            "awsElasticBlockStore", "azureDisk", "azureFile", "cinder", "csi", "flexVolume", "flocker",
            "gcePersistentDisk", "photonPersistentDisk", "portworxVolume", "quobyte", "scaleIO", "storageos",
            "vsphereVolume", because: "mount it on the host and use hostPath")
    }
}

extension Volume.Source {
    package var emptyDir: EmptyDirVolumeSource? { if case .emptyDir(let source) = self { source } else { nil } }
    package var hostPath: HostPathVolumeSource? { if case .hostPath(let source) = self { source } else { nil } }
    package var secret: SecretVolumeSource? { if case .secret(let source) = self { source } else { nil } }
    package var configMap: ConfigMapVolumeSource? { if case .configMap(let source) = self { source } else { nil } }
    package var downwardAPI: DownwardAPIVolumeSource? {
        if case .downwardAPI(let source) = self { source } else { nil }
    }
    package var projected: ProjectedVolumeSource? { if case .projected(let source) = self { source } else { nil } }
    package var ephemeral: EphemeralVolumeSource? { if case .ephemeral(let source) = self { source } else { nil } }
}

extension EmptyDirVolumeSource: APIObject {
    package mutating func fields(_ f: inout Fields) {
        f.field("medium", &medium)
        f.field("sizeLimit", &sizeLimit)
    }
}

extension HostPathVolumeSource: APIObject {
    package mutating func fields(_ f: inout Fields) {
        f.field("path", &path, .always)
        f.field("type", &type, .always)
    }
}

extension HostPathVolumeSource.Check: FieldValue {}
