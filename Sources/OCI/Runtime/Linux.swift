// SPDX-License-Identifier: Apache-2.0

/// `linux` of `config.json`.
package struct Linux: JSONDecodable, Sendable {
    package var namespaces: [LinuxNamespace] = []
    package var uidMappings: [LinuxIDMapping] = []
    package var gidMappings: [LinuxIDMapping] = []
    /// By clock: `monotonic` and `boottime`.
    package var timeOffsets: [LinuxTimeOffset.Clock: LinuxTimeOffset] = [:]
    package var devices: [LinuxDevice] = []
    /// Network devices of the runtime's network namespace that move into the container's, by their name there.
    package var netDevices: [String: LinuxNetDevice] = [:]
    /// As it was given; what it means is the cgroup manager's to say. Nil when absent or empty.
    package var cgroupsPath: String?
    package var resources: LinuxResources?
    package var sysctl: [String: String] = [:]
    package var seccomp: LinuxSeccomp?
    package var rootfsPropagation: RootfsPropagation?
    package var maskedPaths: [String] = []
    package var readonlyPaths: [String] = []
    package var mountLabel: String?
    package var intelRdt: LinuxIntelRdt?
    package var personality: LinuxPersonality?

    package init() {}

    package init(from node: JSONNode) throws(JSONError) {
        namespaces = try node.list("namespaces")
        uidMappings = try node.list("uidMappings")
        gidMappings = try node.list("gidMappings")
        timeOffsets = try LinuxTimeOffset.table(node.member("timeOffsets"))
        devices = try node.list("devices")
        netDevices = try node.value("netDevices", or: [:])
        cgroupsPath = try node.optional("cgroupsPath", as: String.self).flatMap { $0.isEmpty ? nil : $0 }
        resources = try node.optional("resources")
        sysctl = try node.value("sysctl", or: [:])
        seccomp = try node.optional("seccomp")
        rootfsPropagation = try RootfsPropagation.member("rootfsPropagation", of: node)
        maskedPaths = try node.list("maskedPaths", of: AbsolutePath.self).map { $0.text }
        readonlyPaths = try node.list("readonlyPaths", of: AbsolutePath.self).map { $0.text }
        mountLabel = try node.optional("mountLabel", as: String.self).flatMap { $0.isEmpty ? nil : $0 }
        intelRdt = try node.optional("intelRdt")
        personality = try node.optional("personality")
        try check(node)
    }

    /// How the container's root passes mounts on.
    package enum RootfsPropagation: String, JSONWord, Sendable {
        case shared, slave, `private`, unbindable, rshared, rslave, rprivate, runbindable

        fileprivate static func member(_ name: String, of node: JSONNode) throws(JSONError) -> Self? {
            guard let member = try node.member(name), member.value != "" else { return nil }
            return try Self(from: member)
        }
    }

    /// The namespace of that type, when the container doesn't stay in the runtime's.
    package func namespace(_ type: LinuxNamespace.Kind) -> LinuxNamespace? { namespaces.first { $0.type == type } }

    private func check(_ node: JSONNode) throws(JSONError) {
        var seen: Set<LinuxNamespace.Kind> = []
        for (index, namespace) in namespaces.enumerated() where !seen.insert(namespace.type).inserted {
            throw try node.member("namespaces")!.elements()[index].error("\(namespace.type.rawValue) is given twice")
        }
        for (name, given) in [("uidMappings", uidMappings), ("gidMappings", gidMappings)]
        where !given.isEmpty && !seen.contains(.user) {
            throw try node.member(name)!.error("needs a namespace of type user in linux.namespaces")
        }
        if !timeOffsets.isEmpty, namespace(.time) == nil {
            throw try node.member("timeOffsets")!.error("needs a namespace of type time in linux.namespaces")
        }
        if !netDevices.isEmpty, namespace(.network) == nil {
            throw try node.member("netDevices")!.error("needs a namespace of type network in linux.namespaces")
        }
    }
}

/// A namespace that is made for the container, or joined.
package struct LinuxNamespace: JSONDecodable, Sendable {
    package enum Kind: String, JSONWord, Sendable {
        case pid, network, mount, ipc, uts, user, cgroup, time
    }
    package var type: Kind
    /// The file of a namespace to join; nil makes a new one.
    package var path: String?

    package init(from node: JSONNode) throws(JSONError) {
        type = try node.required("type")
        // Some engines write an empty path for none.
        path = nil
        if let member = try node.member("path"), member.value != "" { path = try AbsolutePath(from: member).text }
    }
}

/// A range of ids.
package struct LinuxIDMapping: JSONDecodable, Hashable, Sendable {
    package var containerID: UInt32
    package var hostID: UInt32
    package var size: UInt32

    package init(from node: JSONNode) throws(JSONError) {
        containerID = try node.required("containerID")
        hostID = try node.required("hostID")
        size = try node.required("size")
        if size == 0 { throw try node.member("size")!.error("must be above zero") }
        for (name, first) in [("containerID", containerID), ("hostID", hostID)] where first > UInt32.max - size {
            throw node.error("the \(size) ids from \(name) \(first) on end beyond the last one")
        }
    }
}

/// What a clock of a time namespace is ahead by.
package struct LinuxTimeOffset: JSONDecodable, Sendable {
    package enum Clock: String, CaseIterable, Sendable { case monotonic, boottime }
    package var secs: Int64
    package var nanosecs: UInt32

    package init(from node: JSONNode) throws(JSONError) {
        secs = try node.value("secs", or: 0)
        nanosecs = try node.value("nanosecs", or: 0)
        if nanosecs >= 1_000_000_000 { throw try node.member("nanosecs")!.error("must be below a second") }
    }

    fileprivate static func table(_ node: JSONNode?) throws(JSONError) -> [Clock: Self] {
        var offsets: [Clock: Self] = [:]
        for (name, member) in try node?.members() ?? [] {
            guard let clock = Clock(rawValue: name) else {
                throw member.error("no clock that a time namespace has: monotonic, boottime")
            }
            offsets[clock] = try Self(from: member)
        }
        return offsets
    }
}

/// A device file to make.
package struct LinuxDevice: JSONDecodable, Sendable {
    package enum Kind: String, JSONWord, Sendable {
        case character = "c"
        /// A character device without a buffer, which Linux doesn't tell apart.
        case unbuffered = "u"
        case block = "b"
        case pipe = "p"
    }
    package var path: String
    package var type: Kind
    /// 0 with a pipe.
    package var major: UInt32
    package var minor: UInt32
    package var fileMode: UInt32?
    package var uid: UInt32?
    package var gid: UInt32?

    package init(from node: JSONNode) throws(JSONError) {
        path = try node.required("path", as: AbsolutePath.self).text
        type = try node.required("type")
        major = type == .pipe ? 0 : try node.required("major")
        minor = type == .pipe ? 0 : try node.required("minor")
        fileMode = try node.optional("fileMode")
        uid = try node.optional("uid")
        gid = try node.optional("gid")
        if let fileMode, fileMode > 0o177777 {
            throw try node.member("fileMode")!.error("\(fileMode) is no mode of a file")
        }
    }
}

/// A network device that moves into the container.
package struct LinuxNetDevice: JSONDecodable, Sendable {
    /// What it is called there; nil keeps its name.
    package var name: String?

    package init(from node: JSONNode) throws(JSONError) {
        name = try node.optional("name", as: String.self).flatMap { $0.isEmpty ? nil : $0 }
    }
}

/// `resctrl`: a share of the last cache and of the memory's bandwidth.
package struct LinuxIntelRdt: JSONDecodable, Sendable {
    package var closID: String?
    package var l3CacheSchema: String?
    package var memBwSchema: String?
    package var enableCMT: Bool
    package var enableMBM: Bool

    package init(from node: JSONNode) throws(JSONError) {
        closID = try node.optional("closID", as: NonEmpty.self)?.text
        l3CacheSchema = try node.optional("l3CacheSchema")
        memBwSchema = try node.optional("memBwSchema")
        enableCMT = try node.value("enableCMT", or: false)
        enableMBM = try node.value("enableMBM", or: false)
        if let closID, closID == "." || closID == ".." || closID.utf8.contains(UInt8(ascii: "/")) {
            throw try node.member("closID")!.error("`\(closID)` is no name of a directory")
        }
    }
}

/// `personality(2)`.
package struct LinuxPersonality: JSONDecodable, Sendable {
    package enum Domain: String, JSONWord, Sendable {
        case linux = "LINUX"
        case linux32 = "LINUX32"
    }
    package var domain: Domain
    /// The specification defines none.
    package var flags: [String]

    package init(from node: JSONNode) throws(JSONError) {
        domain = try node.required("domain")
        flags = try node.list("flags")
        if !flags.isEmpty { throw try node.member("flags")!.error("no flag is supported") }
    }
}
