// SPDX-License-Identifier: Apache-2.0

extension Volume: APIObject, EmptyConstructible {
    package mutating func fields(_ f: inout Fields) {
        f.field("name", &name, .always)
        var emptyDir: EmptyDirVolumeSource?
        var hostPath: HostPathVolumeSource?
        switch source {
        case .emptyDir(let source): emptyDir = f.isReading ? nil : source
        case .hostPath(let source): hostPath = source
        }
        f.field("emptyDir", &emptyDir)
        f.field("hostPath", &hostPath)
        refuseOtherSources(&f)
        guard f.isReading else { return }
        if emptyDir != nil, hostPath != nil {
            f.fault(.forbidden, at: "hostPath", "may not specify more than 1 volume type")
        }
        // An entry without a source is an emptyDir.
        source = hostPath.map(Source.hostPath) ?? .emptyDir(emptyDir ?? EmptyDirVolumeSource())
    }

    private func refuseOtherSources(_ f: inout Fields) {
        f.refusedEvenEmpty("configMap", "secret", "projected", because: "there are no ConfigMaps and Secrets")
        f.refusedEvenEmpty("downwardAPI", because: "use env with fieldRef")
        f.refusedEvenEmpty("persistentVolumeClaim", "ephemeral", because: "use hostPath or emptyDir")
        f.refusedEvenEmpty(
            "nfs", "iscsi", "fc", "rbd", "cephfs", "glusterfs", because: "mount it on the host and use hostPath")
        f.refusedEvenEmpty(
            "awsElasticBlockStore", "azureDisk", "azureFile", "cinder", "csi", "flexVolume", "flocker",
            "gcePersistentDisk", "gitRepo", "image", "photonPersistentDisk", "portworxVolume", "quobyte", "scaleIO",
            "storageos", "vsphereVolume")
    }
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
