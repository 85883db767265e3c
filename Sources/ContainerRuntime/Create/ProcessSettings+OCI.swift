// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import OCI
import Sandbox

extension ProcessSettings {
    /// `process` of a configuration.
    ///
    /// - Parameter personality: `linux.personality`.
    /// - Throws: for what this host can't do. A capability that it can't give is left out with a warning.
    init(
        _ process: OCI.Process, personality: LinuxPersonality?, warn: (String) -> Void
    ) throws(RuntimeError) {
        self.init()
        arguments = process.args
        environment = process.env
        workingDirectory = process.cwd
        userID = process.user.uid
        groupID = process.user.gid
        additionalGroupIDs = process.user.additionalGids
        umask = process.user.umask ?? 0o022
        noNewPrivileges = process.noNewPrivileges
        oomScoreAdjustment = process.oomScoreAdj.map(Int32.init)
        limits = process.rlimits.compactMap { Limit(name: $0.type.rawValue, soft: $0.soft, hard: $0.hard) }
        capabilities = Self.sets(process.capabilities ?? LinuxCapabilities(), warn)
        labels = try Self.labels(process)
        scheduler = process.scheduler.map(Self.attributes)
        ioPriority = process.ioPriority.map(Self.priority)
        self.personality = personality.map { $0.domain == .linux32 ? 8 : 0 }
        for text in arguments + environment + [workingDirectory] where text.utf8.contains(0) {
            throw RuntimeError("process: a text with a zero byte in it can't be an argument, a variable or a path")
        }
    }

    private static func sets(_ names: LinuxCapabilities, _ warn: (String) -> Void) -> CapabilitySets {
        var unknown: Set<String> = []
        func set(_ names: [String]) -> CapabilitySet {
            var result: CapabilitySet = []
            for name in names {
                let short = name.utf8.starts(with: "CAP_".utf8) ? String(name.dropFirst(4)) : name
                if let capability = CapabilitySet(named: short) {
                    result.insert(capability)
                } else {
                    unknown.insert(name)
                }
            }
            return result
        }
        var sets = CapabilitySets()
        sets.bounding = set(names.bounding)
        sets.effective = set(names.effective)
        sets.permitted = set(names.permitted)
        sets.inheritable = set(names.inheritable)
        sets.ambient = set(names.ambient)
        for name in unknown.sorted() { warn("process.capabilities: there is no \(name); it is left out") }
        let lacking = sets.limit(to: .available)
        if !lacking.isEmpty {
            let list = lacking.names.map { "CAP_\($0)" }.joined(separator: ", ")
            warn("process.capabilities: this host's bounding set lacks \(list): left out")
        }
        // An ambient capability must be permitted and inheritable; execve wants no less.
        let possible = sets.permitted.intersection(sets.inheritable)
        let impossible = sets.ambient.subtracting(possible)
        if !impossible.isEmpty {
            let list = impossible.names.map { "CAP_\($0)" }.joined(separator: ", ")
            warn("process.capabilities: \(list) can't be ambient without being permitted and inheritable: left out")
            sets.ambient = sets.ambient.intersection(possible)
        }
        return sets
    }

    /// What security modules want to be told before execve. See proc_pid_attr(5).
    private static func labels(_ process: OCI.Process) throws(RuntimeError) -> [(file: String, text: String)] {
        var labels: [(file: String, text: String)] = []
        if let profile = process.apparmorProfile {
            if access("/sys/module/apparmor/parameters/enabled", F_OK) == 0 {
                let own = access("/proc/self/attr/apparmor/exec", F_OK) == 0
                labels.append((own ? "attr/apparmor/exec" : "attr/exec", "exec \(profile)"))
            } else if profile != "unconfined" {
                throw RuntimeError(
                    "process.apparmorProfile: `\(profile)` can't be applied: this kernel has no AppArmor")
            }
        }
        if let label = process.selinuxLabel {
            guard access("/sys/fs/selinux", F_OK) == 0 else {
                throw RuntimeError("process.selinuxLabel: `\(label)` can't be applied: this kernel has no SELinux")
            }
            labels.append(("attr/exec", label))
        }
        return labels
    }

    /// SCHED_FLAG_* of sched_setattr(2).
    private static func bit(_ flag: Scheduler.Flag) -> UInt64 {
        switch flag {
        case .resetOnFork: 0x01
        case .reclaim: 0x02
        case .deadlineOverrun: 0x04
        case .keepPolicy: 0x08
        case .keepParameters: 0x10
        case .utilizationMinimum: 0x20
        case .utilizationMaximum: 0x40
        }
    }

    /// `struct sched_attr` of sched_setattr(2).
    private static func attributes(_ scheduler: Scheduler) -> [UInt8] {
        let policy: UInt32 =
            switch scheduler.policy {
            case .other: 0
            case .fifo: 1
            case .roundRobin: 2
            case .batch: 3
            case .iso: 4
            case .idle: 5
            case .deadline: 6
            }
        let flags = scheduler.flags.reduce(UInt64(0)) { $0 | bit($1) }
        var bytes: [UInt8] = []
        func add(_ value: some FixedWidthInteger) { withUnsafeBytes(of: value) { bytes += $0 } }
        add(UInt32(48))
        add(policy)
        add(flags)
        add(scheduler.nice)
        add(UInt32(bitPattern: scheduler.priority))
        add(scheduler.runtime)
        add(scheduler.deadline)
        add(scheduler.period)
        return bytes
    }

    /// Class and level as one number, see ioprio_set(2).
    private static func priority(_ priority: LinuxIOPriority) -> UInt32 {
        let kind: UInt32 =
            switch priority.class {
            case .realtime: 1
            case .bestEffort: 2
            case .idle: 3
            }
        return kind << 13 | UInt32(priority.priority)
    }
}
