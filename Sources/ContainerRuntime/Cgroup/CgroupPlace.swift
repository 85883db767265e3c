// SPDX-License-Identifier: Apache-2.0

package import OCI
package import Sandbox

/// Who manages the container's cgroup.
package enum CgroupManager: String, JSONWord, Sendable {
    case cgroupfs, systemd
    /// No cgroup is made; the container stays in the runtime's.
    case disabled
}

/// Where a container's cgroups are: what its record keeps of them.
package struct CgroupPlace: Hashable, Sendable {
    /// Its cgroup in one hierarchy.
    package struct Branch: Hashable, Sendable {
        package var version: CgroupMount.Version
        package var mountPoint: String
        /// Absolute, on the host.
        package var directory: String
        package var controllers: [String]
    }

    package var manager: CgroupManager
    package var branches: [Branch]
    /// systemd's name for it, such as `berth-ID.scope`: of that manager alone.
    package var unit: String?

    package init(manager: CgroupManager, branches: [Branch] = [], unit: String? = nil) {
        self.manager = manager
        self.branches = branches
        self.unit = unit
    }

    package var json: JSONValue {
        .members([
            "manager": .string(manager.rawValue), "unit": unit.map(JSONValue.string),
            "branches": .array(
                branches.map {
                    .members([
                        "version": .string($0.version.rawValue), "mountPoint": .string($0.mountPoint),
                        "directory": .string($0.directory), "controllers": .array($0.controllers.map(JSONValue.string)),
                    ])
                }),
        ])
    }
}

extension CgroupPlace: JSONDecodable {
    package init(from node: JSONNode) throws(JSONError) {
        manager = try node.required("manager")
        unit = try node.optional("unit")
        branches = try node.list("branches")
    }
}

extension CgroupPlace.Branch: JSONDecodable {
    package init(from node: JSONNode) throws(JSONError) {
        let word: String = try node.required("version")
        guard let version = CgroupMount.Version(rawValue: word) else { throw node.error("`\(word)` is no version") }
        self.version = version
        mountPoint = try node.required("mountPoint")
        directory = try node.required("directory")
        controllers = try node.list("controllers")
    }
}
