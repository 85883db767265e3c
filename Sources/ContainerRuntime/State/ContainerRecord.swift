// SPDX-License-Identifier: Apache-2.0

package import OCI

/// What is kept of a container between two calls of the runtime: `state.json` in its state directory.
package struct ContainerRecord: Sendable {
    package var id: String
    /// Absolute, as the next.
    package var bundle: String
    package var rootfs: String
    /// RFC 3339.
    package var created: String
    /// The name of the user who made it.
    package var owner: String
    package var annotations: [String: String]
    /// The first process; nil until there is one.
    package var process: ProcessIdentity?
    /// Where its processes are counted; nil without a cgroup, and until there is one.
    package var cgroup: JSONValue?
    /// Whether it has a pid namespace of its own: then all its processes end with the first.
    package var hasOwnProcesses: Bool

    package init(
        id: String, bundle: String, rootfs: String, created: String, owner: String, annotations: [String: String],
        hasOwnProcesses: Bool
    ) {
        self.id = id
        self.bundle = bundle
        self.rootfs = rootfs
        self.created = created
        self.owner = owner
        self.annotations = annotations
        self.hasOwnProcesses = hasOwnProcesses
    }

    var json: JSONValue {
        .members([
            "id": .string(id), "bundle": .string(bundle), "rootfs": .string(rootfs), "created": .string(created),
            "owner": .string(owner), "annotations": .strings(annotations),
            "pid": process.map { .number($0.pid) }, "pidStartTime": process.map { .number($0.startTime) },
            "cgroup": cgroup, "hasOwnProcesses": .bool(hasOwnProcesses),
        ])
    }
}

extension ContainerRecord: JSONDecodable {
    package init(from node: JSONNode) throws(JSONError) {
        id = try node.required("id")
        bundle = try node.required("bundle")
        rootfs = try node.required("rootfs")
        created = try node.required("created")
        owner = try node.required("owner")
        annotations = try node.required("annotations")
        if let pid = try node.optional("pid", as: Int32.self) {
            process = ProcessIdentity(pid: pid, startTime: try node.required("pidStartTime"))
        }
        cgroup = try node.member("cgroup")?.value
        hasOwnProcesses = try node.required("hasOwnProcesses")
    }
}

extension ContainerRecord {
    /// The container's state with a status of the caller's choice: what hooks read.
    package func state(_ status: State.Status) -> State {
        var state = State(
            id: id, status: status, pid: status == .stopped ? nil : process?.pid, bundle: bundle,
            annotations: annotations)
        state.rootfs = rootfs
        state.created = created
        state.owner = owner
        return state
    }
}
