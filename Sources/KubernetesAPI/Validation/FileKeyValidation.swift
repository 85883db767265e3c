// SPDX-License-Identifier: Apache-2.0

// `env[].valueFrom.fileKeyRef`. See `validateFileKeySelector` of Kubernetes and KEP-3721.

/// The longest key of an environment file.
private let longestKey = 128

extension FileKeySelector {
    /// - Parameter volumes: all volumes of the pod, and whether each is an `emptyDir`.
    func validate(_ volumes: [String: Bool], _ faults: FaultList) {
        if key.isEmpty {
            faults.add(.required, at: .field("key"))
        } else if key.utf8.count > longestKey {
            faults.invalid(key, at: "key", ["must be no more than \(longestKey) characters"])
        } else {
            faults.invalid(key, at: "key", environmentNameFaults(key))
        }
        if volumeName.isEmpty {
            faults.add(.required, at: .field("volumeName"))
        } else if let isEmptyDir = volumes[volumeName] {
            if !isEmptyDir {
                faults.invalid(volumeName, at: "volumeName", ["referenced volume must be of type emptyDir"])
            }
        } else {
            faults.add(.notFound(value: Fault.quoted(volumeName)), at: .field("volumeName"))
        }
        if path.isEmpty {
            faults.add(.required, at: .field("path"))
        } else {
            faults.descends(path, at: "path")
            if path.hasPrefix(".."), !path.hasPrefix("../"), path != ".." {
                faults.invalid(path, at: "path", ["must not start with '..'"])
            }
        }
    }
}
