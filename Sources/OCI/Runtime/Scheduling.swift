// SPDX-License-Identifier: Apache-2.0

/// How a process is scheduled: `sched_setattr(2)`.
package struct Scheduler: JSONDecodable, Sendable {
    package enum Policy: String, JSONWord, Sendable {
        case other = "SCHED_OTHER"
        case fifo = "SCHED_FIFO"
        case roundRobin = "SCHED_RR"
        case batch = "SCHED_BATCH"
        case iso = "SCHED_ISO"
        case idle = "SCHED_IDLE"
        case deadline = "SCHED_DEADLINE"
    }
    package enum Flag: String, JSONWord, Sendable {
        case resetOnFork = "SCHED_FLAG_RESET_ON_FORK"
        case reclaim = "SCHED_FLAG_RECLAIM"
        case deadlineOverrun = "SCHED_FLAG_DL_OVERRUN"
        case keepPolicy = "SCHED_FLAG_KEEP_POLICY"
        case keepParameters = "SCHED_FLAG_KEEP_PARAMS"
        case utilizationMinimum = "SCHED_FLAG_UTIL_CLAMP_MIN"
        case utilizationMaximum = "SCHED_FLAG_UTIL_CLAMP_MAX"
    }
    package var policy: Policy
    package var nice: Int32
    package var priority: Int32
    package var flags: [Flag]
    /// Nanoseconds, as the next two: of `SCHED_DEADLINE`.
    package var runtime: UInt64
    package var deadline: UInt64
    package var period: UInt64

    package init(from node: JSONNode) throws(JSONError) {
        policy = try node.required("policy")
        nice = try node.value("nice", or: 0)
        priority = try node.value("priority", or: 0)
        flags = try node.list("flags")
        runtime = try node.value("runtime", or: 0)
        deadline = try node.value("deadline", or: 0)
        period = try node.value("period", or: 0)
        if !(-20...19).contains(nice) { throw try node.member("nice")!.error("\(nice) is out of range: -20 to 19") }
        let hasPriority = policy == .fifo || policy == .roundRobin
        if priority != 0, !hasPriority {
            throw try node.member("priority")!.error("only SCHED_FIFO and SCHED_RR have a priority")
        }
        if policy != .deadline, runtime != 0 || deadline != 0 || period != 0 {
            throw node.error("only SCHED_DEADLINE has runtime, deadline and period")
        }
    }
}

/// `ioprio_set(2)`.
package struct LinuxIOPriority: JSONDecodable, Sendable {
    package enum Class: String, JSONWord, Sendable {
        case realtime = "IOPRIO_CLASS_RT"
        case bestEffort = "IOPRIO_CLASS_BE"
        case idle = "IOPRIO_CLASS_IDLE"
    }
    package var `class`: Class
    /// 0, the highest, to 7.
    package var priority: Int

    package init(from node: JSONNode) throws(JSONError) {
        `class` = try node.required("class")
        priority = try node.value("priority", or: 0)
        if !(0...7).contains(priority) {
            throw try node.member("priority")!.error("\(priority) is out of range: 0 to 7")
        }
    }
}

/// Lists of CPUs such as `0-3,7` for a process that joins a container.
package struct CPUAffinity: JSONDecodable, Sendable {
    /// Until it is in the container's cgroup.
    package var initial: String?
    /// From then on. `final` in the configuration.
    package var finally: String?

    package init(from node: JSONNode) throws(JSONError) {
        initial = try node.optional("initial")
        finally = try node.optional("final")
    }
}
