// SPDX-License-Identifier: Apache-2.0

import PodPlan
import Sandbox

/// All that is known about the end of one attempt of a container.
struct Ending {
    var status: Sandbox.ExitStatus
    var startedAt: Int64
    var finishedAt: Int64
    var statistics: CgroupStatistics
    /// From the termination message file, or the end of the log.
    var message: String

    /// How the kubelet would tell it. `OOMKilled` by the counter of the container's own cgroup, never by 137; and also when
    /// its first process has got over the end of another.
    var termination: Termination {
        var result = Termination()
        switch status {
        case .exited(let code): result.exitCode = code
        case .signaled(let signal):
            result.exitCode = 128 + signal
            result.signal = signal
        }
        result.reason = result.exitCode == 0 ? "Completed" : "Error"
        result.message = message
        result.startedAt = startedAt
        result.finishedAt = finishedAt
        result.oomKills = statistics.oomKills
        result.peakMemoryBytes = statistics.memoryPeakBytes ?? 0
        result.cpuMicroseconds = statistics.cpuMicroseconds
        if statistics.oomKills > 0 { result.reason = "OOMKilled" }
        return result
    }
}
