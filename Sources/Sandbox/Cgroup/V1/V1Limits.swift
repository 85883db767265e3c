// SPDX-License-Identifier: Apache-2.0

/// Limits and counters of a v1 cgroup `name` in `parent`.
///
/// v1 has no form of `memory.oom.group`: the kernel kills one process at a time, as it does for Kubernetes on v1.
struct V1Leaf {
    let parent: CgroupDirectory
    let name: String

    func apply(_ limits: CgroupLimits, _ controllers: Set<CgroupController>) throws(CgroupError) {
        if controllers.contains(.memory), let bytes = limits.memoryMax { try setMemory(bytes) }
        if controllers.contains(.pids), let count = limits.pidsMax { try set("pids.max", String(count)) }
        if controllers.contains(.hugetlb) {
            for limit in limits.hugePages { try limit.apply(to: name, in: parent, file: "limit_in_bytes") }
        }
        guard controllers.contains(.cpu) else { return }
        if let millicores = limits.cpuMillicores {
            try set("cpu.cfs_period_us", String(CPUQuota.periodMicroseconds))
            try set("cpu.cfs_quota_us", String(CPUQuota.microseconds(millicores: millicores)))
        }
        if let shares = limits.cpuShares { try set("cpu.shares", String(shares)) }
    }

    /// Memory, then memory and swap together at the same number: no swap. Where the kernel doesn't count swap
    /// (`swapaccount=0`) nothing of the cgroup is swapped for its own limit.
    private func setMemory(_ bytes: Int64) throws(CgroupError) {
        try parent.set("\(name)/memory.limit_in_bytes", to: String(bytes)) { PageRounding.matches($0, bytes) }
        let both = "\(name)/memory.memsw.limit_in_bytes"
        if parent.has(both) {
            try parent.set(both, to: String(bytes)) { PageRounding.matches($0, bytes) }
        } else {
            try set("memory.swappiness", "0")
        }
    }

    private func set(_ file: String, _ value: String) throws(CgroupError) {
        try parent.set("\(name)/\(file)", to: value)
    }

    /// Adds what the controllers at work here know.
    func add(to statistics: inout CgroupStatistics, _ controllers: Set<CgroupController>) throws(CgroupError) {
        if controllers.contains(.memory) {
            statistics.oomKills = KeyedFile.value("oom_kill", in: try parent.read("\(name)/memory.oom_control")) ?? 0
            statistics.memoryCurrentBytes = Int64(try parent.read("\(name)/memory.usage_in_bytes")) ?? 0
            statistics.memoryPeakBytes = Int64(try parent.read("\(name)/memory.max_usage_in_bytes"))
        }
        if controllers.contains(.cpuAccounting) {
            statistics.cpuMicroseconds = (Int64(try parent.read("\(name)/cpuacct.usage")) ?? 0) / 1000
        }
    }
}
