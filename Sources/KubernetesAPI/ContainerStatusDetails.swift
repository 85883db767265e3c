// SPDX-License-Identifier: Apache-2.0

/// `v1 ContainerUser`: as whom the first process of a container was started.
package struct ContainerUser: Hashable, Sendable {
    package var linux: LinuxContainerUser?

    package init() {}
}

/// `v1 LinuxContainerUser`.
package struct LinuxContainerUser: Hashable, Sendable {
    package var uid: Int64 = 0
    package var gid: Int64 = 0
    /// With the group itself, which the runtimes put first.
    package var supplementalGroups: [Int64] = []

    package init() {}
}

/// `v1 VolumeMountStatus`.
package struct VolumeMountStatus: Hashable, Sendable {
    package var name = ""
    package var mountPath = ""
    package var readOnly = false
    /// "Disabled" or "Enabled", and only of a read-only mount. See KEP-3857.
    package var recursiveReadOnly: String?

    package init() {}

    /// What becomes of a mount of the manifest. `IfPossible` is possible: Berth needs a kernel that can.
    package init(_ mount: VolumeMount) {
        name = mount.name
        mountPath = mount.mountPath
        readOnly = mount.readOnly
        guard readOnly else { return }
        let isRecursive = mount.recursiveReadOnly == "Enabled" || mount.recursiveReadOnly == "IfPossible"
        recursiveReadOnly = isRecursive ? "Enabled" : "Disabled"
    }
}
