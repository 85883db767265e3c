// SPDX-License-Identifier: Apache-2.0

/// `linux.resources`, and what `update --resources` reads. What is nil or empty is left as it is.
package struct LinuxResources: JSONDecodable, Sendable {
    package var devices: [LinuxDeviceCgroup] = []
    package var memory: LinuxMemory?
    package var cpu: LinuxCPU?
    package var pids: LinuxPids?
    package var blockIO: LinuxBlockIO?
    package var hugepageLimits: [LinuxHugepageLimit] = []
    package var network: LinuxNetwork?
    /// By device.
    package var rdma: [String: LinuxRdma] = [:]
    /// Files of cgroup v2 and what is written to them.
    package var unified: [String: String] = [:]

    package init() {}

    package init(from node: JSONNode) throws(JSONError) {
        devices = try node.list("devices")
        memory = try node.optional("memory")
        cpu = try node.optional("cpu")
        pids = try node.optional("pids")
        blockIO = try node.optional("blockIO")
        hugepageLimits = try node.list("hugepageLimits")
        network = try node.optional("network")
        rdma = try node.value("rdma", or: [:])
        unified = try node.value("unified", or: [:])
        for (name, member) in try node.member("unified")?.members() ?? [] where !Self.isFileName(name) {
            throw member.error("`\(name)` is no name of a file of a cgroup")
        }
    }

    private static func isFileName(_ name: String) -> Bool {
        !name.isEmpty && name != "." && name != ".." && !name.utf8.contains(UInt8(ascii: "/"))
    }
}

/// A rule about devices; later ones win over earlier ones.
package struct LinuxDeviceCgroup: JSONDecodable, Hashable, Sendable {
    package enum Kind: String, JSONWord, Sendable {
        case all = "a"
        case character = "c"
        case block = "b"
    }
    package var allow: Bool
    package var type: Kind
    /// Nil is any.
    package var major: UInt32?
    package var minor: UInt32?
    /// Some of `r`, `w` and `m`; all of them when absent.
    package var access: String

    package init(from node: JSONNode) throws(JSONError) {
        allow = try node.required("allow")
        let word = try node.member("type")
        type = if let word, word.value != "" { try Kind(from: word) } else { .all }
        major = try Self.number("major", of: node)
        minor = try Self.number("minor", of: node)
        access = try node.optional("access", as: String.self).flatMap { $0.isEmpty ? nil : $0 } ?? "rwm"
        if !access.utf8.allSatisfy({ "rwm".utf8.contains($0) }) {
            throw try node.member("access")!.error("`\(access)` has other letters than r, w and m")
        }
    }

    /// Engines write -1 for any, as runc's own type does.
    private static func number(_ name: String, of node: JSONNode) throws(JSONError) -> UInt32? {
        try node.member(name)?.value == -1 ? nil : node.optional(name)
    }
}

/// Bytes; -1 is no limit.
package struct LinuxMemory: JSONDecodable, Hashable, Sendable {
    package var limit: Int64?
    package var reservation: Int64?
    /// Memory and swap together.
    package var swap: Int64?
    /// Deprecated, as the next: the kernel has neither any more.
    package var kernel: Int64?
    package var kernelTCP: Int64?
    /// 0 to 100.
    package var swappiness: UInt64?
    package var disableOOMKiller: Bool?
    package var useHierarchy: Bool?
    /// An update to a limit below what is used fails, rather than to kill.
    package var checkBeforeUpdate: Bool?

    package init() {}

    package init(from node: JSONNode) throws(JSONError) {
        limit = try Self.bytes("limit", of: node)
        reservation = try Self.bytes("reservation", of: node)
        swap = try Self.bytes("swap", of: node)
        kernel = try Self.bytes("kernel", of: node)
        kernelTCP = try Self.bytes("kernelTCP", of: node)
        swappiness = try node.optional("swappiness")
        disableOOMKiller = try node.optional("disableOOMKiller")
        useHierarchy = try node.optional("useHierarchy")
        checkBeforeUpdate = try node.optional("checkBeforeUpdate")
        if let swappiness, swappiness > 100 {
            throw try node.member("swappiness")!.error("\(swappiness) is out of range: 0 to 100")
        }
    }

    private static func bytes(_ name: String, of node: JSONNode) throws(JSONError) -> Int64? {
        let bytes: Int64? = try node.optional(name)
        if let bytes, bytes < -1 { throw try node.member(name)!.error("\(bytes) is neither a size nor -1") }
        return bytes
    }
}

package struct LinuxCPU: JSONDecodable, Hashable, Sendable {
    package var shares: UInt64?
    /// Microseconds a period; -1 is no limit, 0 leaves it.
    package var quota: Int64?
    /// Microseconds, as the periods and the realtime runtime.
    package var burst: UInt64?
    package var period: UInt64?
    package var realtimeRuntime: Int64?
    package var realtimePeriod: UInt64?
    /// Lists such as `0-3,7`.
    package var cpus: String?
    package var mems: String?
    /// 1: only what others leave.
    package var idle: Int64?

    package init() {}

    package init(from node: JSONNode) throws(JSONError) {
        shares = try node.optional("shares")
        quota = try node.optional("quota")
        burst = try node.optional("burst")
        period = try node.optional("period")
        realtimeRuntime = try node.optional("realtimeRuntime")
        realtimePeriod = try node.optional("realtimePeriod")
        cpus = try node.optional("cpus", as: String.self).flatMap { $0.isEmpty ? nil : $0 }
        mems = try node.optional("mems", as: String.self).flatMap { $0.isEmpty ? nil : $0 }
        idle = try node.optional("idle")
    }
}

package struct LinuxPids: JSONDecodable, Hashable, Sendable {
    /// -1 and 0 are no limit. Nil leaves it.
    package var limit: Int64?

    package init() {}

    package init(from node: JSONNode) throws(JSONError) { limit = try node.optional("limit") }
}

package struct LinuxHugepageLimit: JSONDecodable, Hashable, Sendable {
    /// As the kernel writes it in `hugetlb.2MB.limit_in_bytes`.
    package var pageSize: String
    /// Bytes.
    package var limit: UInt64

    package init(from node: JSONNode) throws(JSONError) {
        pageSize = try node.required("pageSize")
        limit = try node.required("limit")
        let size = pageSize.utf8
        let digits = size.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard !digits.isEmpty, ["KB", "MB", "GB"].contains(String(pageSize.dropFirst(digits.count))) else {
            throw try node.member("pageSize")!.error("`\(pageSize)` is no size like 64KB, 2MB or 1GB")
        }
    }
}

package struct LinuxNetwork: JSONDecodable, Sendable {
    package struct Priority: JSONDecodable, Sendable {
        /// Of the interface.
        package var name: String
        package var priority: UInt32

        package init(from node: JSONNode) throws(JSONError) {
            name = try node.required("name")
            priority = try node.required("priority")
        }
    }
    package var classID: UInt32?
    package var priorities: [Priority]

    package init(from node: JSONNode) throws(JSONError) {
        classID = try node.optional("classID")
        priorities = try node.list("priorities")
    }
}

package struct LinuxRdma: JSONDecodable, Hashable, Sendable {
    package var hcaHandles: UInt32?
    package var hcaObjects: UInt32?

    package init(from node: JSONNode) throws(JSONError) {
        hcaHandles = try node.optional("hcaHandles")
        hcaObjects = try node.optional("hcaObjects")
        if hcaHandles == nil && hcaObjects == nil { throw node.error("needs hcaHandles or hcaObjects") }
    }
}
