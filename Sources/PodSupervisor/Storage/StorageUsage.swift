// SPDX-License-Identifier: Apache-2.0

import PodPlan

/// What a pod has on disk, bytes.
struct StorageUsage: Hashable {
    /// By volume; 0 for one that isn't an `emptyDir` on disk.
    var volumes: [Int64]
    /// Logs and what was written into the root, by container, init containers first.
    var containers: [Int64]

    /// Why the pod is evicted, in the kubelet's words; nil: it keeps its limits.
    ///
    /// In the order in which the kubelet's eviction manager looks: volumes, the pod, its containers.
    func excess(_ plan: PodPlan) -> String? {
        for (volume, bytes) in zip(plan.volumes, volumes) {
            if let limit = volume.sizeLimit, bytes > limit.bytes {
                return "Usage of EmptyDir volume \"\(volume.name)\" exceeds the limit \"\(limit.text)\". "
            }
        }
        let total = (volumes + containers).reduce(0) { min($0 + $1, .max / 2) }
        if let limit = plan.storageLimit, total > limit.bytes {
            return "Pod ephemeral local storage usage exceeds the total limit of containers \(limit.text). "
        }
        // The kubelet holds init containers to the pod's limit alone.
        for (container, bytes) in zip(plan.containers, containers.dropFirst(plan.initContainers.count)) {
            if let limit = container.resources.ephemeralStorage, bytes > limit.bytes {
                return "Container \(container.name) exceeded its local ephemeral storage limit \"\(limit.text)\". "
            }
        }
        return nil
    }
}

extension PodPlan {
    /// Something bounds what it has on disk.
    var limitsStorage: Bool {
        storageLimit != nil || volumes.contains { $0.sizeLimit != nil }
            || containers.contains { $0.resources.ephemeralStorage != nil }
    }
}
