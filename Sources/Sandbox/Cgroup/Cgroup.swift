// SPDX-License-Identifier: Apache-2.0

/// Limits of one container's cgroup. Each that is set is read back; a host that cannot keep it is an error.
public struct CgroupLimits: Hashable, Sendable {
    /// `memory.max` (with `memory.swap.max` 0 and `memory.oom.group` 1) or `memory.limit_in_bytes`. nil: no limit.
    public var memoryMax: Int64?
    /// `memory.min` / `memory.low`, bytes; v2 only. The kernel caps them by those of the cgroups above.
    public var memoryMin: Int64?
    public var memoryLow: Int64?
    /// `pids.max`.
    public var pidsMax: Int64?
    /// Thousandths of a CPU: `cpu.max`, or `cpu.cfs_quota_us` over 100 ms. nil: no quota.
    public var cpuMillicores: Int64?
    /// `cpu.shares` (2…262144); `cpu.weight` on v2. nil: the kernel's default.
    public var cpuShares: UInt64?
    /// Kept where `CgroupController.hugetlb` is at work. A limit above 0 where it isn't is refused; 0 is not: nobody
    /// has asked for any then, and the container runs as on a host that doesn't count huge pages.
    public var hugePages: [HugePageLimit] = []
    /// False: only the standard devices may be used (security M8). True: all (`privileged`).
    public var allDevices = false
    /// v2: with one of its processes the kernel ends all of them when memory runs out (`memory.oom.group`).
    public var endsTogether = true

    public init() {}
}

/// How a child gets into its cgroup.
public enum CgroupJoin: Hashable, Sendable {
    /// cgroup v2: the directory's descriptor, for `CLONE_INTO_CGROUP`.
    case cloneInto(directory: CInt)
    /// cgroup v1: open `tasks` files; the child writes "0" to each, before it unshares its cgroup namespace.
    case writeTasks([CInt])
}

/// What a container used, read after its end and before its cgroup is removed.
public struct CgroupStatistics: Hashable, Sendable {
    /// `oom_kill` of the container's own cgroup. Above 0: the kernel killed for memory in it. No count of processes:
    /// with `memory.oom.group` (v2) the first victim is counted twice.
    public var oomKills: Int64 = 0
    public var memoryCurrentBytes: Int64 = 0
    /// nil where the kernel doesn't keep it (v2 before 5.19).
    public var memoryPeakBytes: Int64?
    public var cpuMicroseconds: Int64 = 0

    public init() {}
}
