// SPDX-License-Identifier: Apache-2.0

import PodPlan
import Sandbox

/// All that is known about the end of one attempt of a container.
struct Ending {
    var status: Sandbox.ExitStatus
    var startedAt: Int64
    var finishedAt: Int64
    var statistics: CgroupStatistics
    var memoryLimit: Int64?
    /// cgroup v2: the kernel ends all processes of the container at once (`memory.oom.group`), and its counter counts
    /// the first of them twice.
    var killsAsGroup: Bool
    /// From the termination message file, or the end of the log.
    var message: String

    /// How the kubelet would tell it. `OOMKilled` only by the counter of the container's own cgroup, never by 137.
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
        guard statistics.oomKills > 0 else { return result }
        if result.exitCode != 0 { result.reason = "OOMKilled" }
        result.message = [oomSentence, message].filter { !$0.isEmpty }.joined(separator: ": ")
        return result
    }

    private var oomSentence: String {
        let limit = memoryLimit.map { "memory limit \(binarySize($0)) reached" } ?? "the machine ran out of memory"
        let victims =
            killsAsGroup
            ? "all processes" : statistics.oomKills == 1 ? "1 process" : "\(statistics.oomKills) processes"
        let peak = statistics.memoryPeakBytes.map { " (peak \(decimalSize($0)))" } ?? ""
        return "\(limit): \(victims) killed by the kernel's OOM killer\(peak)"
    }
}

private let units: [(suffix: String, size: Int64)] = [("Gi", 1 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10)]

/// Bytes as a quantity, exactly: "64Mi", "1500000".
private func binarySize(_ bytes: Int64) -> String {
    for unit in units where bytes >= unit.size && bytes % unit.size == 0 { return "\(bytes / unit.size)\(unit.suffix)" }
    return "\(bytes)"
}

/// Bytes with one decimal: "63.9Mi".
private func decimalSize(_ bytes: Int64) -> String {
    for unit in units where bytes >= unit.size {
        return "\(bytes / unit.size).\(bytes % unit.size * 10 / unit.size)\(unit.suffix)"
    }
    return "\(bytes)"
}
