// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// Limits and counters of a v2 cgroup `name` in `parent`.
struct V2Leaf {
    let parent: CgroupDirectory
    let name: String

    func apply(_ limits: CgroupLimits, _ controllers: Set<CgroupController>) throws(CgroupError) {
        if controllers.contains(.memory) { try applyMemory(limits) }
        if controllers.contains(.pids), let count = limits.pidsMax { try set("pids.max", String(count)) }
        if controllers.contains(.hugetlb) {
            for limit in limits.hugePages { try limit.apply(to: name, in: parent, file: "max") }
        }
        guard controllers.contains(.cpu) else { return }
        if let millicores = limits.cpuMillicores {
            let quota = CPUQuota.microseconds(millicores: millicores)
            try set("cpu.max", "\(quota) \(CPUQuota.periodMicroseconds)")
        }
        if let shares = limits.cpuShares { try set("cpu.weight", String(CPUWeight.weight(shares: shares))) }
    }

    /// No swap, and the container is killed as a whole: what is left of it after an OOM kill of one process is
    /// seldom of use. A kernel without swap has no `memory.swap.max`.
    private func applyMemory(_ limits: CgroupLimits) throws(CgroupError) {
        if let bytes = limits.memoryMax {
            try setBytes("memory.max", bytes)
            do {
                try set("memory.swap.max", "0")
            } catch .system(.open, _, let errno) where errno == ENOENT {
                // Nothing to limit.
            }
            if limits.endsTogether { try set("memory.oom.group", "1") }
        }
        if let bytes = limits.memoryMin { try setBytes("memory.min", bytes) }
        if let bytes = limits.memoryLow { try setBytes("memory.low", bytes) }
    }

    private func setBytes(_ file: String, _ bytes: Int64) throws(CgroupError) {
        try parent.set("\(name)/\(file)", to: String(bytes)) { PageRounding.matches($0, bytes) }
    }

    private func set(_ file: String, _ value: String) throws(CgroupError) {
        try parent.set("\(name)/\(file)", to: value)
    }

    /// Adds what the controllers at work here know.
    ///
    /// `oom_kill` of `memory.events` counts the kills in this cgroup and in those that a privileged container made
    /// below it. `oom` would not do: it counts at the cgroup whose limit was hit, which may be a parent.
    func add(to statistics: inout CgroupStatistics, _ controllers: Set<CgroupController>) throws(CgroupError) {
        if controllers.contains(.memory) {
            statistics.oomKills = KeyedFile.value("oom_kill", in: try parent.read("\(name)/memory.events")) ?? 0
            statistics.memoryCurrentBytes = Int64(try parent.read("\(name)/memory.current")) ?? 0
            do {
                statistics.memoryPeakBytes = Int64(try parent.read("\(name)/memory.peak"))
            } catch .system(.open, _, let errno) where errno == ENOENT {
                // Linux before 5.19.
            }
        }
        statistics.cpuMicroseconds = KeyedFile.value("usage_usec", in: try parent.read("\(name)/cpu.stat")) ?? 0
    }
}
