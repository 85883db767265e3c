// SPDX-License-Identifier: Apache-2.0

/// The configuration of an image, as far as we read it: see `config.md` of the OCI image specification, and Docker's,
/// which reads the same.
package struct ImageConfig: Hashable, Sendable, JSONDecodable {
    package var platform: Platform
    /// RFC 3339; empty when it is not told.
    package var created: String
    package var process: Process
    /// SHA-256 of each uncompressed layer, the lowest first.
    package var diffIDs: [String]

    /// `config`: what a container of it starts with.
    package struct Process: Hashable, Sendable, JSONDecodable {
        package var user = ""
        package var environment: [String] = []
        package var entrypoint: [String] = []
        package var command: [String] = []
        package var workingDirectory = ""
        package var stopSignal = ""
        package var labels: [String: String] = [:]

        package init() {}

        package init(from node: JSONNode) throws(JSONError) {
            user = try node.value("User", or: "")
            environment = try node.list("Env")
            entrypoint = try node.list("Entrypoint")
            command = try node.list("Cmd")
            workingDirectory = try node.value("WorkingDir", or: "")
            stopSignal = try node.value("StopSignal", or: "")
            labels = try node.value("Labels", or: [:])
        }
    }

    package init(from node: JSONNode) throws(JSONError) {
        platform = try Platform(from: node)
        created = try node.value("created", or: "")
        process = try node.value("config", or: Process())
        guard let rootfs = try node.member("rootfs") else { throw node.error("rootfs is required") }
        let type: String = try rootfs.required("type")
        guard type == "layers" else { throw rootfs.error("type is `\(type)` and must be `layers`") }
        diffIDs = try rootfs.list("diff_ids")
    }
}
