// SPDX-License-Identifier: Apache-2.0

/// `v1 ConfigMap`.
package struct ConfigMap: Hashable, Sendable {
    package static let apiVersion = "v1"
    package static let kind = "ConfigMap"

    package var metadata = ObjectMeta()
    package var data: [String: String] = [:]
    package var binaryData: [String: Base64Data] = [:]
    package var immutable: Bool?

    package init() {}
}

/// `v1 Secret`.
package struct Secret: Hashable, Sendable {
    package static let apiVersion = "v1"
    package static let kind = "Secret"
    /// `data` of all kinds of objects together is no longer than this, in bytes.
    package static let maximumBytes = 1 << 20

    package var metadata = ObjectMeta()
    /// "Opaque" when nothing is said.
    package var type = ""
    package var data: [String: Base64Data] = [:]
    /// Only ever read: `applyDefaults` puts it over `data`.
    package var stringData: [String: SecretText] = [:]
    package var immutable: Bool?

    package init() {}
}

/// Bytes that are base64 in JSON.
package struct Base64Data: Hashable, Sendable, EmptyConstructible {
    package var bytes: [UInt8] = []

    package init() {}
    package init(_ bytes: [UInt8]) { self.bytes = bytes }
}

/// A text that no fault shows.
package struct SecretText: Hashable, Sendable, EmptyConstructible {
    package var text = ""

    package init() {}
    package init(_ text: String) { self.text = text }
}
