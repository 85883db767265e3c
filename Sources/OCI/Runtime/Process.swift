// SPDX-License-Identifier: Apache-2.0

/// `process` of `config.json`, and what `exec --process` reads from its file.
package struct Process: JSONDecodable, Sendable {
    package var terminal: Bool
    /// Only looked at with a terminal.
    package var consoleSize: ConsoleSize?
    package var user: User
    /// At least the program.
    package var args: [String]
    package var env: [String]
    /// Absolute.
    package var cwd: String
    package var capabilities: LinuxCapabilities?
    package var rlimits: [POSIXRlimit]
    package var noNewPrivileges: Bool
    package var apparmorProfile: String?
    package var selinuxLabel: String?
    package var oomScoreAdj: Int?
    package var scheduler: Scheduler?
    package var ioPriority: LinuxIOPriority?
    package var execCPUAffinity: CPUAffinity?

    package init(from node: JSONNode) throws(JSONError) {
        terminal = try node.value("terminal", or: false)
        consoleSize = try node.optional("consoleSize")
        user = try node.value("user", or: User())
        args = try node.required("args")
        env = try node.list("env")
        cwd = try node.required("cwd", as: AbsolutePath.self).text
        capabilities = try node.optional("capabilities")
        rlimits = try node.list("rlimits")
        noNewPrivileges = try node.value("noNewPrivileges", or: false)
        apparmorProfile = try node.optional("apparmorProfile", as: String.self).flatMap { $0.isEmpty ? nil : $0 }
        selinuxLabel = try node.optional("selinuxLabel", as: String.self).flatMap { $0.isEmpty ? nil : $0 }
        oomScoreAdj = try node.optional("oomScoreAdj")
        scheduler = try node.optional("scheduler")
        ioPriority = try node.optional("ioPriority")
        execCPUAffinity = try node.optional("execCPUAffinity")
        try check(node)
    }

    private func check(_ node: JSONNode) throws(JSONError) {
        if args.isEmpty { throw try node.member("args")!.error("must have at least the program") }
        if let oomScoreAdj, !(-1000...1000).contains(oomScoreAdj) {
            throw try node.member("oomScoreAdj")!.error("\(oomScoreAdj) is out of range: -1000 to 1000")
        }
        var seen: Set<POSIXRlimit.Kind> = []
        for (index, rlimit) in rlimits.enumerated() where !seen.insert(rlimit.type).inserted {
            throw try node.member("rlimits")!.elements()[index].error("\(rlimit.type.rawValue) is given twice")
        }
    }
}

/// The size of a terminal in characters.
package struct ConsoleSize: JSONDecodable, Sendable {
    package var height: UInt16
    package var width: UInt16

    package init(from node: JSONNode) throws(JSONError) {
        height = try node.required("height")
        width = try node.required("width")
    }
}

/// As whom a process runs; root without any.
package struct User: JSONDecodable, Sendable {
    package var uid: UInt32 = 0
    package var gid: UInt32 = 0
    /// Permission bits; nil leaves the default, 0022.
    package var umask: UInt32?
    package var additionalGids: [UInt32] = []

    package init() {}

    package init(from node: JSONNode) throws(JSONError) {
        uid = try node.value("uid", or: 0)
        gid = try node.value("gid", or: 0)
        umask = try node.optional("umask")
        additionalGids = try node.list("additionalGids")
        if let umask, umask > 0o777 {
            throw try node.member("umask")!.error("\(umask) is out of range: 0 to 511, the permission bits")
        }
    }
}

/// Names such as `CAP_CHOWN`, as they were given: one that the kernel doesn't know, or that can't be granted, is warned
/// about and left out.
package struct LinuxCapabilities: JSONDecodable, Sendable {
    package var effective: [String] = []
    package var bounding: [String] = []
    package var inheritable: [String] = []
    package var permitted: [String] = []
    package var ambient: [String] = []

    package init() {}

    package init(from node: JSONNode) throws(JSONError) {
        effective = try node.list("effective")
        bounding = try node.list("bounding")
        inheritable = try node.list("inheritable")
        permitted = try node.list("permitted")
        ambient = try node.list("ambient")
    }
}

/// A resource limit. `UInt64.max` is `RLIM_INFINITY`.
package struct POSIXRlimit: JSONDecodable, Sendable {
    package enum Kind: String, JSONWord, Sendable {
        case addressSpace = "RLIMIT_AS"
        case core = "RLIMIT_CORE"
        case cpu = "RLIMIT_CPU"
        case data = "RLIMIT_DATA"
        case fileSize = "RLIMIT_FSIZE"
        case locks = "RLIMIT_LOCKS"
        case lockedMemory = "RLIMIT_MEMLOCK"
        case messageQueues = "RLIMIT_MSGQUEUE"
        case nice = "RLIMIT_NICE"
        case openFiles = "RLIMIT_NOFILE"
        case processes = "RLIMIT_NPROC"
        case residentSet = "RLIMIT_RSS"
        case realtimePriority = "RLIMIT_RTPRIO"
        case realtimeTime = "RLIMIT_RTTIME"
        case pendingSignals = "RLIMIT_SIGPENDING"
        case stack = "RLIMIT_STACK"
    }
    package var type: Kind
    package var soft: UInt64
    package var hard: UInt64

    package init(from node: JSONNode) throws(JSONError) {
        type = try node.required("type")
        soft = try node.required("soft")
        hard = try node.required("hard")
        if soft > hard { throw node.error("the soft limit \(soft) is above the hard one, \(hard)") }
    }
}
