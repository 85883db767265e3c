// SPDX-License-Identifier: Apache-2.0

package import ImageStore
import KubernetesAPI

/// Where planning gets images from.
package struct ImageSource {
    package enum Failure: Error, Hashable {
        /// The reference is none.
        case invalidName(String)
        /// The image is there and cannot be read.
        case unreadable(String)
        /// It isn't here, and could not be pulled.
        case notPulled(String)
    }

    package var find: (_ reference: String) throws(Failure) -> ImageFinding

    package init(find: @escaping (_ reference: String) throws(Failure) -> ImageFinding) { self.find = find }
}

/// What the store said of a reference.
package enum ImageFinding: Hashable, Sendable {
    case present(StoredImage, Accounts)
    case absent
}

/// Where planning gets ConfigMaps and Secrets from.
package struct ConfigSource {
    package enum Kind: Hashable, Sendable { case configMap, secret }

    /// What an object holds, by key.
    package struct Contents: Hashable, Sendable {
        /// What variables and files can have: `data` of a ConfigMap as UTF-8, `data` of a Secret decoded.
        package var data: [String: [UInt8]]
        /// What only files can have: `binaryData` of a ConfigMap, decoded.
        package var binaryData: [String: [UInt8]]

        package init(data: [String: [UInt8]] = [:], binaryData: [String: [UInt8]] = [:]) {
            self.data = data
            self.binaryData = binaryData
        }
    }

    /// nil: there is no object of this name. Asked at each use: it may come and change during a run.
    package var find: (_ kind: Kind, _ namespace: String, _ name: String) -> Contents?

    package init(find: @escaping (_ kind: Kind, _ namespace: String, _ name: String) -> Contents?) { self.find = find }

    /// Has none.
    package static var empty: ConfigSource { ConfigSource { _, _, _ in nil } }
}

/// Where planning gets seccomp filters from.
package struct FilterSource {
    package struct Failure: Error, Hashable {
        package var message: String
        package init(message: String) { self.message = message }
    }

    package var compile: (FilterRequest) throws(Failure) -> [UInt8]

    package init(compile: @escaping (FilterRequest) throws(Failure) -> [UInt8]) { self.compile = compile }
}

/// A filter depends on its profile and on the capabilities that open some of its rules.
package struct FilterRequest: Hashable, Sendable {
    /// Path of a profile below the directory of local profiles; nil: the default profile.
    package var localProfile: String?
    package var capabilities: UInt64

    package init(localProfile: String?, capabilities: UInt64) {
        self.localProfile = localProfile
        self.capabilities = capabilities
    }
}

extension Refusal {
    init(_ failure: ImageSource.Failure) {
        switch failure {
        case .invalidName(let message): self.init(reason: "InvalidImageName", message: message)
        case .notPulled(let message): self.init(reason: "ErrImagePull", message: message)
        case .unreadable(let message): self.init(reason: "ImageInspectError", message: message)
        }
    }
}

/// An image that isn't here, in the kubelet's words, and how to bring it here.
func absentImage(_ container: Container) -> Refusal {
    let name = container.image
    let remedy = "import one with `berth image import \(name) DIRECTORY-OR-TAR` or `berth image bind \(name) DIRECTORY`"
    if container.imagePullPolicy == .never {
        return Refusal(
            reason: "ErrImageNeverPull",
            message: "Container image \"\(name)\" is not present with pull policy of Never; \(remedy)")
    }
    return Refusal(
        reason: "ErrImagePull",
        message: "image \"\(name)\" is not in the local store and no registry is configured; \(remedy)")
}
