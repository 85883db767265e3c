// SPDX-License-Identifier: Apache-2.0

import OCI
import Sandbox

extension SystemdProperty {
    /// The limits that systemd knows as well. It writes them again whenever it is reloaded, so it has to know them; what it
    /// has no word for is only in the cgroup's files.
    ///
    /// See `systemd.resource-control(5)`.
    static func list(_ resources: LinuxResources) throws(RuntimeError) -> [Self] {
        var list = memory(resources.memory ?? LinuxMemory())
        list += try cpu(resources.cpu ?? LinuxCPU())
        if let limit = resources.pids?.limit { list.append(size("TasksMax", limit > 0 ? limit : -1)) }
        list += resources.unified.sorted { $0.key < $1.key }.compactMap { unified($0.key, $0.value) }
        return list
    }

    private static func memory(_ memory: LinuxMemory) -> [Self] {
        var list: [Self] = []
        if let limit = memory.limit, limit != 0 { list.append(size("MemoryMax", limit)) }
        if let low = memory.reservation, low != 0 { list.append(size("MemoryLow", low)) }
        if let total = memory.swap, total != 0 {
            list.append(size("MemorySwapMax", total < 0 ? -1 : max(total - max(memory.limit ?? 0, 0), 0)))
        } else if memory.limit == -1 {
            list.append(size("MemorySwapMax", -1))
        }
        return list
    }

    private static func cpu(_ cpu: LinuxCPU) throws(RuntimeError) -> [Self] {
        var list: [Self] = []
        if let shares = cpu.shares, shares != 0 {
            list.append(Self("CPUWeight", "t", String(CPUWeight.weight(shares: shares))))
        }
        if let period = cpu.period, period != 0 { list.append(Self("CPUQuotaPeriodUSec", "t", String(period))) }
        if let quota = cpu.quota, quota != 0 { list.append(Self.quota(quota, period: cpu.period)) }
        if let cpus = cpu.cpus, !cpus.isEmpty { list.append(try mask("AllowedCPUs", cpus, "linux.resources.cpu.cpus")) }
        if let mems = cpu.mems, !mems.isEmpty {
            list.append(try mask("AllowedMemoryNodes", mems, "linux.resources.cpu.mems"))
        }
        return list
    }

    /// A quota in each second. systemd keeps whole percents: rounded up, the cgroup's own file has the exact one.
    private static func quota(_ quota: Int64, period: UInt64?) -> Self {
        let period = period.flatMap { $0 == 0 ? nil : $0 } ?? 100_000
        guard quota > 0 else { return size("CPUQuotaPerSecUSec", -1) }
        let (product, overflows) = UInt64(quota).multipliedReportingOverflow(by: 1_000_000)
        let each = overflows ? UInt64.max / 2 : product / period
        return Self("CPUQuotaPerSecUSec", "t", String((each / 10_000 + (each % 10_000 == 0 ? 0 : 1)) * 10_000))
    }

    /// What engines write to files of v2 themselves.
    private static func unified(_ file: String, _ value: String) -> Self? {
        let names = [
            "memory.max": "MemoryMax", "memory.high": "MemoryHigh", "memory.low": "MemoryLow",
            "memory.min": "MemoryMin",
            "memory.swap.max": "MemorySwapMax", "pids.max": "TasksMax", "cpu.weight": "CPUWeight",
        ]
        if let name = names[file] {
            return value == "max" ? size(name, -1) : UInt64(value).map { Self(name, "t", String($0)) }
        }
        if file == "cpu.max" {
            let words = value.split(separator: " ")
            guard let first = words.first, let limit = first == "max" ? -1 : Int64(first) else { return nil }
            return quota(limit, period: words.count > 1 ? UInt64(words[1]) : nil)
        }
        return nil
    }

    /// Without a limit: the highest number.
    private static func size(_ name: String, _ value: Int64) -> Self {
        Self(name, "t", String(value < 0 ? UInt64.max : UInt64(value)))
    }

    private static func mask(_ name: String, _ list: String, _ path: String) throws(RuntimeError) -> Self {
        let bytes = try CPUList.mask(list, path)
        return Self(name, "ay", [String(bytes.count)] + bytes.map { String($0) })
    }

    private init(_ name: String, _ type: String, _ words: [String]) { arguments = [name, type] + words }
}
