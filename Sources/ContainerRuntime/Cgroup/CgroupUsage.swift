// SPDX-License-Identifier: Apache-2.0

package import OCI
import Sandbox

/// What a container uses, in the shape that `events --stats` of the field's runtimes has.
package struct CgroupUsage {
    /// Microseconds.
    package var cpu: UInt64 = 0
    package var cpuUser: UInt64 = 0
    package var cpuSystem: UInt64 = 0
    package var throttledPeriods: UInt64 = 0
    package var periods: UInt64 = 0
    package var throttled: UInt64 = 0
    /// Bytes.
    package var memory: UInt64 = 0
    package var memoryPeak: UInt64 = 0
    package var memoryLimit: UInt64 = 0
    package var memoryCache: UInt64 = 0
    package var memoryDetails: [(name: String, value: UInt64)] = []
    package var oomKills: UInt64 = 0
    package var pids: UInt64 = 0
    /// 0: none.
    package var pidsLimit: UInt64 = 0

    package var json: JSONValue {
        [
            "cpu": [
                "usage": [
                    "total": .number(cpu * 1000), "user": .number(cpuUser * 1000), "kernel": .number(cpuSystem * 1000),
                ],
                "throttling": [
                    "periods": .number(periods), "throttledPeriods": .number(throttledPeriods),
                    "throttledTime": .number(throttled * 1000),
                ],
            ],
            "memory": [
                "cache": .number(memoryCache),
                "usage": [
                    "limit": .number(memoryLimit), "usage": .number(memory), "max": .number(memoryPeak),
                ],
                "raw": .object(memoryDetails.map { JSONMember($0.name, .number($0.value)) }),
            ],
            "pids": ["current": .number(pids), "limit": .number(pidsLimit)],
        ]
    }
}

extension RuntimeCgroup {
    /// What the container uses now.
    package func statistics() throws(RuntimeError) -> CgroupUsage {
        var usage = CgroupUsage()
        for branch in place.branches {
            let files = CgroupFiles(path: branch.directory)
            switch branch.version {
            case .v1: try addLegacy(files, branch.controllers, to: &usage)
            case .v2: try addUnified(files, to: &usage)
            }
        }
        return usage
    }

    private func addLegacy(
        _ files: CgroupFiles, _ controllers: [String], to usage: inout CgroupUsage
    ) throws(RuntimeError) {
        if controllers.contains("memory") {
            usage.memory = try files.number("memory.usage_in_bytes")
            usage.memoryPeak = try files.number("memory.max_usage_in_bytes")
            usage.memoryLimit = try files.number("memory.limit_in_bytes")
            usage.memoryDetails = try files.pairs("memory.stat")
            usage.memoryCache = usage.memoryDetails.first { $0.name == "cache" }?.value ?? 0
            usage.oomKills = try files.pairs("memory.oom_control").first { $0.name == "oom_kill" }?.value ?? 0
        }
        if controllers.contains("cpuacct") {
            usage.cpu = try files.number("cpuacct.usage") / 1000
            for (name, ticks) in try files.pairs("cpuacct.stat") {
                // Ticks of a hundredth of a second.
                if name == "user" { usage.cpuUser = ticks * 10_000 }
                if name == "system" { usage.cpuSystem = ticks * 10_000 }
            }
        }
        if controllers.contains("cpu") {
            for (name, value) in try files.pairs("cpu.stat") {
                if name == "nr_periods" { usage.periods = value }
                if name == "nr_throttled" { usage.throttledPeriods = value }
                if name == "throttled_time" { usage.throttled = value / 1000 }
            }
        }
        if controllers.contains("pids") { try addPids(files, to: &usage) }
    }

    private func addUnified(_ files: CgroupFiles, to usage: inout CgroupUsage) throws(RuntimeError) {
        if files.has("memory.current") {
            usage.memory = try files.number("memory.current")
            if files.has("memory.peak") { usage.memoryPeak = try files.number("memory.peak") }
            usage.memoryLimit = try files.number("memory.max")
            usage.memoryDetails = try files.pairs("memory.stat")
            usage.memoryCache = usage.memoryDetails.first { $0.name == "file" }?.value ?? 0
            usage.oomKills = try files.pairs("memory.events").first { $0.name == "oom_kill" }?.value ?? 0
        }
        for (name, value) in try files.pairs("cpu.stat") {
            switch name {
            case "usage_usec": usage.cpu = max(usage.cpu, value)
            case "user_usec": usage.cpuUser = max(usage.cpuUser, value)
            case "system_usec": usage.cpuSystem = max(usage.cpuSystem, value)
            case "nr_periods": usage.periods = value
            case "nr_throttled": usage.throttledPeriods = value
            case "throttled_usec": usage.throttled = value
            default: break
            }
        }
        if files.has("pids.current") { try addPids(files, to: &usage) }
    }

    private func addPids(_ files: CgroupFiles, to usage: inout CgroupUsage) throws(RuntimeError) {
        usage.pids = try files.number("pids.current")
        let limit = try files.read("pids.max")
        usage.pidsLimit = UInt64(limit) ?? 0
    }
}

extension CgroupFiles {
    /// "max" is the largest number there is.
    fileprivate func number(_ file: String) throws(RuntimeError) -> UInt64 {
        let text = try read(file)
        if text == "max" { return .max }
        guard let number = UInt64(text) else { throw RuntimeError("\(path)/\(file) is no number: `\(text)`") }
        return number
    }

    /// Lines of a name and a number.
    fileprivate func pairs(_ file: String) throws(RuntimeError) -> [(name: String, value: UInt64)] {
        try read(file).split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            return words.count == 2 ? UInt64(words[1]).map { (String(words[0]), $0) } : nil
        }
    }
}
