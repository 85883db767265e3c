// SPDX-License-Identifier: Apache-2.0

/// Permissions of a volume's files when nothing else is said: `rw-r--r--`.
private let standardMode: Int32 = 0o644

extension Volume {
    mutating func applyDefaults() {
        switch source {
        case .emptyDir, .hostPath: break
        case .secret(var secret):
            secret.defaultMode = secret.defaultMode ?? standardMode
            source = .secret(secret)
        case .configMap(var configMap):
            configMap.defaultMode = configMap.defaultMode ?? standardMode
            source = .configMap(configMap)
        case .downwardAPI(var downward):
            downward.defaultMode = downward.defaultMode ?? standardMode
            applyDefaults(&downward.items)
            source = .downwardAPI(downward)
        case .projected(var projected):
            projected.defaultMode = projected.defaultMode ?? standardMode
            for index in projected.sources.indices where projected.sources[index].downwardAPI != nil {
                applyDefaults(&projected.sources[index].downwardAPI!.items)
            }
            source = .projected(projected)
        case .ephemeral(var ephemeral):
            ephemeral.volumeClaimTemplate?.applyDefaults()
            source = .ephemeral(ephemeral)
        }
    }

    private func applyDefaults(_ files: inout [DownwardAPIVolumeFile]) {
        for index in files.indices {
            files[index].fieldRef?.applyDefaults()
            files[index].resourceFieldRef?.applyDefaults()
        }
    }
}

extension PersistentVolumeClaimTemplate {
    fileprivate mutating func applyDefaults() {
        if spec.volumeMode?.isEmpty ?? true { spec.volumeMode = "Filesystem" }
    }
}
