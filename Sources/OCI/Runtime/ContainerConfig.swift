// SPDX-License-Identifier: Apache-2.0

/// A bundle's `config.json`: what runtime-spec 1.2 (config.md, config-linux.md) has for Linux.
///
/// Unknown members are ignored. Every known one is checked when it is read, and an error names its path.
package struct ContainerConfig: Sendable {
    /// The version of the specification that the bundle follows.
    package var ociVersion: String
    /// Needed at the latest when the container is started.
    package var process: Process?
    package var root: Root
    package var hostname: String?
    package var domainname: String?
    package var mounts: [Mount]
    package var hooks: Hooks
    package var annotations: [String: String]
    package var linux: Linux

    package init(from node: JSONNode) throws(JSONError) {
        ociVersion = try node.required("ociVersion")
        try Self.check(ociVersion: ociVersion, node)
        process = try node.optional("process")
        root = try node.required("root")
        hostname = try node.optional("hostname")
        domainname = try node.optional("domainname")
        mounts = try node.list("mounts")
        hooks = try node.value("hooks", or: Hooks())
        annotations = try node.value("annotations", or: [:])
        linux = try node.value("linux", or: Linux())
        try checkNames(node)
    }

    /// 1.0.0 and everything later of major version 1, with or without a suffix such as `-rc.1` or `+dev`.
    private static func check(ociVersion: String, _ node: JSONNode) throws(JSONError) {
        let number = ociVersion.utf8.prefix { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: "+") }
        let parts = number.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            .map { UInt($0.isEmpty ? "" : String(decoding: $0, as: UTF8.self)) }
        guard parts.count == 3, parts.allSatisfy({ $0 != nil }) else {
            throw try node.member("ociVersion")!.error("`\(ociVersion)` is no version like 1.2.0")
        }
        guard parts[0] == 1 else {
            throw try node.member("ociVersion")!.error("\(ociVersion) isn't supported: 1.0.0 to 1.x are")
        }
    }

    /// A name can only be given to a UTS namespace that is not the caller's.
    private func checkNames(_ node: JSONNode) throws(JSONError) {
        guard !linux.namespaces.contains(where: { $0.type == .uts }) else { return }
        for (name, value) in [("hostname", hostname), ("domainname", domainname)]
        where value.map { $0.isEmpty } == false {
            if let member = try node.member(name) {
                throw member.error("needs a namespace of type uts in linux.namespaces")
            }
        }
    }
}

extension ContainerConfig: JSONDecodable {}

/// The container's root file system.
package struct Root: JSONDecodable, Sendable {
    /// Absolute, or relative to the bundle.
    package var path: String
    package var readonly: Bool

    package init(from node: JSONNode) throws(JSONError) {
        path = try node.required("path", as: NonEmpty.self).text
        readonly = try node.value("readonly", or: false)
    }
}

/// One mount below the root, in the order of the list.
package struct Mount: JSONDecodable, Sendable {
    /// Absolute; a relative one of an old configuration was taken as relative to `/`.
    package var destination: String
    /// Empty when absent: then the options tell that it is a bind mount.
    package var type: String
    package var source: String?
    package var options: [String]
    /// Ids of the file system to ids in the mount: the options `idmap` and `ridmap`.
    package var uidMappings: [LinuxIDMapping]
    package var gidMappings: [LinuxIDMapping]

    package init(from node: JSONNode) throws(JSONError) {
        let path = try node.required("destination", as: NonEmpty.self).text
        destination = path.utf8.first == UInt8(ascii: "/") ? path : "/" + path
        type = try node.value("type", or: "")
        source = try node.optional("source")
        options = try node.list("options")
        uidMappings = try node.list("uidMappings")
        gidMappings = try node.list("gidMappings")
        if uidMappings.isEmpty != gidMappings.isEmpty {
            throw node.error("uidMappings and gidMappings must be given together")
        }
    }
}

/// A text that can't be empty.
struct NonEmpty: JSONDecodable {
    let text: String

    init(from node: JSONNode) throws(JSONError) {
        text = try String(from: node)
        if text.isEmpty { throw node.error("is empty") }
    }
}

/// A path that begins with a slash.
struct AbsolutePath: JSONDecodable {
    let text: String

    init(from node: JSONNode) throws(JSONError) {
        text = try String(from: node)
        guard text.utf8.first == UInt8(ascii: "/") else { throw node.error("`\(text)` is no absolute path") }
    }
}
