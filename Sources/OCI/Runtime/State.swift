// SPDX-License-Identifier: Apache-2.0

/// A container's state: what `state` prints and what hooks read (runtime.md, State).
package struct State: JSONDecodable, Sendable {
    /// `paused` is an extension that every engine knows.
    package enum Status: String, JSONWord, Sendable { case creating, created, running, paused, stopped }

    package var id: String
    package var status: Status
    /// As the caller's pid namespace has it; nil when there is no process.
    package var pid: Int32?
    /// Absolute.
    package var bundle: String
    package var annotations: [String: String]
    /// Not of the specification, as the next two: the absolute path of the root.
    package var rootfs: String?
    /// RFC 3339.
    package var created: String?
    /// The name of the user who made it.
    package var owner: String?

    package init(id: String, status: Status, pid: Int32?, bundle: String, annotations: [String: String] = [:]) {
        self.id = id
        self.status = status
        self.pid = pid
        self.bundle = bundle
        self.annotations = annotations
    }

    package init(from node: JSONNode) throws(JSONError) {
        id = try node.required("id")
        status = try node.required("status")
        pid = try node.optional("pid")
        bundle = try node.required("bundle")
        annotations = try node.value("annotations", or: [:])
        rootfs = try node.optional("rootfs")
        created = try node.optional("created")
        owner = try node.optional("owner")
    }

    package var json: JSONValue {
        .members([
            "ociVersion": .string(ociVersion), "id": .string(id), "status": .string(status.rawValue),
            "pid": .number(pid ?? 0), "bundle": .string(bundle), "rootfs": rootfs.map(JSONValue.string),
            "created": created.map(JSONValue.string), "annotations": .strings(annotations),
            "owner": owner.map(JSONValue.string),
        ])
    }
}

extension JSONValue {
    /// An object of strings, by name, so that equal tables give equal texts.
    package static func strings(_ table: [String: String]) -> JSONValue {
        .object(table.sorted { $0.key < $1.key }.map { JSONMember($0.key, .string($0.value)) })
    }
}

/// What goes to the socket at `linux.seccomp.listenerPath`, with the descriptors beside it.
package struct ContainerProcessState: Sendable {
    /// The names of the descriptors, in their order: `seccompFd`.
    package var fds: [String]
    /// Of the process that has the filter.
    package var pid: Int32
    package var metadata: String?
    package var state: State

    package init(fds: [String], pid: Int32, metadata: String?, state: State) {
        self.fds = fds
        self.pid = pid
        self.metadata = metadata
        self.state = state
    }

    package var json: JSONValue {
        .members([
            "ociVersion": .string(ociVersion), "fds": .array(fds.map(JSONValue.string)), "pid": .number(pid),
            "metadata": metadata.map(JSONValue.string), "state": state.json,
        ])
    }
}
