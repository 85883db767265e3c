// SPDX-License-Identifier: Apache-2.0

/// What refers to content: see `descriptor.md` of the OCI image specification.
package struct Descriptor: Hashable, Sendable, JSONDecodable {
    package var mediaType: String
    /// `sha256:…`, as the text has it.
    package var digest: String
    /// In bytes; never negative.
    package var size: Int64
    package var annotations: [String: String]
    /// In an index: what the manifest is for.
    package var platform: Platform?
    /// In an index of OCI artifacts: what the manifest holds.
    package var artifactType: String?

    package init(mediaType: String, digest: String, size: Int64) {
        self.mediaType = mediaType
        self.digest = digest
        self.size = size
        annotations = [:]
    }

    package init(from node: JSONNode) throws(JSONError) {
        mediaType = try node.value("mediaType", or: "")
        digest = try node.required("digest")
        size = try node.required("size")
        guard size >= 0 else { throw node.error("size is \(size), less than nothing") }
        annotations = try node.value("annotations", or: [:])
        platform = try node.optional("platform")
        artifactType = try node.optional("artifactType")
    }

    package var json: JSONValue {
        .members([
            "mediaType": .string(mediaType), "digest": .string(digest), "size": .integer(size),
            "annotations": annotations.isEmpty
                ? nil : .object(annotations.sorted { $0.key < $1.key }.map { JSONMember($0.key, .string($0.value)) }),
            "platform": platform?.json, "artifactType": artifactType.map { .string($0) },
        ])
    }
}
