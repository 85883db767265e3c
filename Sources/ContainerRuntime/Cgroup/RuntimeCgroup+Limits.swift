// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
package import OCI
import Sandbox

extension RuntimeCgroup {
    /// Puts limits in force; what `resources` doesn't name stays as it is.
    ///
    /// - Parameter isNew: the cgroup was just made: devices are denied but for those that are allowed.
    package func apply(
        _ resources: LinuxResources, isNew: Bool = false, warn: (String) -> Void
    ) throws(RuntimeError) {
        if place.branches.isEmpty { return }
        // What is new was started with them.
        if !isNew, let scope = SystemdScope(reopening: place) {
            try scope.set(try SystemdProperty.list(resources))
        }
        if let memory = resources.memory { try apply(memory, warn) }
        if let cpu = resources.cpu { try apply(cpu) }
        if let limit = resources.pids?.limit {
            try files("pids", "linux.resources.pids").write(limit > 0 ? String(limit) : "max", to: "pids.max")
        }
        if let block = resources.blockIO { try apply(block) }
        for limit in resources.hugepageLimits { try apply(limit) }
        if let network = resources.network { try apply(network) }
        for (device, limit) in resources.rdma.sorted(by: { $0.key < $1.key }) {
            let values = [limit.hcaHandles.map { "hca_handle=\($0)" }, limit.hcaObjects.map { "hca_object=\($0)" }]
            try files("rdma", "linux.resources.rdma").write(
                "\(device) \(values.compactMap { $0 }.joined(separator: " "))", to: "rdma.max")
        }
        try applyUnified(resources.unified)
        if isNew || !resources.devices.isEmpty { try CgroupDevices(resources.devices).apply(to: place) }
    }

    // MARK: - Where a controller is

    private func branch(_ controller: String) -> CgroupPlace.Branch? {
        place.branches.first { $0.version == .v1 && $0.controllers.contains(controller) }
            ?? place.branches.first { $0.version == .v2 && $0.controllers.contains(controller) }
    }

    private func located(
        _ controller: String, _ path: String
    ) throws(RuntimeError) -> (files: CgroupFiles, version: CgroupMount.Version) {
        guard let branch = branch(controller) else {
            throw RuntimeError("\(path): this host has no \(controller) controller, in cgroup v1 or v2")
        }
        return (CgroupFiles(path: branch.directory), branch.version)
    }

    func files(_ controller: String, _ path: String) throws(RuntimeError) -> CgroupFiles {
        try located(controller, path).files
    }

    // MARK: - Memory

    private func apply(_ memory: LinuxMemory, _ warn: (String) -> Void) throws(RuntimeError) {
        if memory == LinuxMemory() { return }
        let (files, version) = try located("memory", "linux.resources.memory")
        var isGone = memory.kernel != nil
        if let value = memory.kernelTCP, value != 0 {
            isGone = try !files.writeIfPresent(String(value), to: "memory.kmem.tcp.limit_in_bytes") || isGone
        }
        if isGone {
            warn("linux.resources.memory: limits of the kernel's memory alone are gone from the kernel: left out")
        }
        if memory.checkBeforeUpdate == true, let limit = memory.limit, limit > 0 {
            let used = Int64(try files.read(version == .v1 ? "memory.usage_in_bytes" : "memory.current")) ?? 0
            guard limit >= used else {
                throw RuntimeError("linux.resources.memory.limit: \(limit) bytes are less than the \(used) in use")
            }
        }
        if version == .v1 { return try applyLegacy(memory, files) }
        try applyUnified(memory, files)
        for (name, isSet) in [
            ("swappiness", memory.swappiness != nil), ("disableOOMKiller", memory.disableOOMKiller == true),
        ]
        where isSet {
            warn("linux.resources.memory.\(name): cgroup v2 has nothing like it: left out")
        }
    }

    /// Memory, and memory with swap, which may never be less: whichever grows is written first.
    private func applyLegacy(_ memory: LinuxMemory, _ files: CgroupFiles) throws(RuntimeError) {
        let (limit, both) = ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes")
        let hasSwap = files.has(both)
        if let swap = memory.swap, swap != 0, !hasSwap, swap > 0, swap != memory.limit {
            throw RuntimeError(
                "linux.resources.memory.swap: this kernel does not count swap (swapaccount=1 on its command line)")
        }
        var swap = hasSwap ? memory.swap : nil
        // Without a limit of memory there is none of both.
        if memory.limit == -1, swap == nil, hasSwap { swap = -1 }
        if let wanted = memory.limit, wanted != 0, let total = swap, total != 0 {
            let held = UInt64(try files.read(both)) ?? 0
            let grows = total < 0 || UInt64(total) > held
            let order = grows ? [(both, total), (limit, wanted)] : [(limit, wanted), (both, total)]
            for (file, value) in order { try files.write(String(value), to: file) }
        } else {
            if let wanted = memory.limit, wanted != 0 { try files.write(String(wanted), to: limit) }
            if let total = swap, total != 0 { try files.write(String(total), to: both) }
        }
        if let value = memory.reservation, value != 0 {
            try files.write(String(value), to: "memory.soft_limit_in_bytes")
        }
        if let value = memory.swappiness { try files.write(String(value), to: "memory.swappiness") }
        if let value = memory.disableOOMKiller { try files.write(value ? "1" : "0", to: "memory.oom_control") }
    }

    private func applyUnified(_ memory: LinuxMemory, _ files: CgroupFiles) throws(RuntimeError) {
        func text(_ bytes: Int64) -> String { bytes < 0 ? "max" : String(bytes) }
        if let value = memory.limit, value != 0 { try files.write(text(value), to: "memory.max") }
        if let total = memory.swap, total != 0 {
            var swap = total
            if total > 0 {
                guard let limit = memory.limit, limit > 0 else {
                    throw RuntimeError("linux.resources.memory.swap: memory and swap together need memory.limit")
                }
                guard total >= limit else {
                    throw RuntimeError("linux.resources.memory.swap: \(total) is below the limit of memory, \(limit)")
                }
                swap = total - limit
            }
            // A kernel without swap has none to limit.
            try files.writeIfPresent(text(swap), to: "memory.swap.max")
        } else if memory.limit == -1 {
            try files.writeIfPresent("max", to: "memory.swap.max")
        }
        if let value = memory.reservation, value != 0 { try files.write(text(value), to: "memory.low") }
    }

    // MARK: - CPU

    private func apply(_ cpu: LinuxCPU) throws(RuntimeError) {
        if cpu == LinuxCPU() { return }
        if cpu.cpus != nil || cpu.mems != nil {
            let files = try files("cpuset", "linux.resources.cpu.cpus")
            if let cpus = cpu.cpus { try files.write(cpus, to: "cpuset.cpus") }
            if let mems = cpu.mems { try files.write(mems, to: "cpuset.mems") }
        }
        var rest = cpu
        (rest.cpus, rest.mems) = (nil, nil)
        if rest == LinuxCPU() { return }
        let (files, version) = try located("cpu", "linux.resources.cpu")
        version == .v1 ? try applyLegacy(cpu, files) : try applyUnified(cpu, files)
    }

    private func applyLegacy(_ cpu: LinuxCPU, _ files: CgroupFiles) throws(RuntimeError) {
        if let shares = cpu.shares, shares != 0 { try files.write(String(shares), to: "cpu.shares") }
        // The period first, so that the quota is checked against it.
        if let period = cpu.period, period != 0 { try files.write(String(period), to: "cpu.cfs_period_us") }
        if let quota = cpu.quota, quota != 0 { try files.write(String(quota), to: "cpu.cfs_quota_us") }
        if let burst = cpu.burst { try files.write(String(burst), to: "cpu.cfs_burst_us") }
        if let period = cpu.realtimePeriod, period != 0 { try files.write(String(period), to: "cpu.rt_period_us") }
        if let runtime = cpu.realtimeRuntime, runtime != 0 { try files.write(String(runtime), to: "cpu.rt_runtime_us") }
        if let idle = cpu.idle { try files.write(String(idle), to: "cpu.idle") }
    }

    private func applyUnified(_ cpu: LinuxCPU, _ files: CgroupFiles) throws(RuntimeError) {
        if cpu.realtimePeriod.map({ $0 != 0 }) ?? false || cpu.realtimeRuntime.map({ $0 != 0 }) ?? false {
            throw RuntimeError("linux.resources.cpu.realtimeRuntime: cgroup v2 has no limit of realtime tasks")
        }
        if let idle = cpu.idle { try files.write(String(idle), to: "cpu.idle") }
        if let shares = cpu.shares, shares != 0, cpu.idle != 1 {
            try files.write(String(CPUWeight.weight(shares: shares)), to: "cpu.weight")
        }
        if cpu.quota.map({ $0 != 0 }) ?? false || cpu.period.map({ $0 != 0 }) ?? false {
            let held = try files.read("cpu.max").split(separator: " ").map(String.init)
            let quota = cpu.quota.flatMap { $0 == 0 ? nil : $0 < 0 ? "max" : String($0) } ?? held.first ?? "max"
            let period = cpu.period.flatMap { $0 == 0 ? nil : String($0) } ?? held.last ?? "100000"
            try files.write("\(quota) \(period)", to: "cpu.max")
        }
        if let burst = cpu.burst { try files.write(String(burst), to: "cpu.max.burst") }
    }

    // MARK: - Others

    private func apply(_ limit: LinuxHugepageLimit) throws(RuntimeError) {
        let (files, version) = try located("hugetlb", "linux.resources.hugepageLimits")
        let end = version == .v1 ? "limit_in_bytes" : "max"
        let name = "hugetlb.\(limit.pageSize)"
        guard files.has("\(name).\(end)") else {
            throw RuntimeError("linux.resources.hugepageLimits: this kernel has no huge pages of \(limit.pageSize)")
        }
        try files.write(String(limit.limit), to: "\(name).\(end)")
        // Pages that were reserved are counted by themselves.
        try files.writeIfPresent(String(limit.limit), to: "\(name).rsvd.\(end)")
    }

    private func apply(_ network: LinuxNetwork) throws(RuntimeError) {
        if let id = network.classID, id != 0 {
            try files("net_cls", "linux.resources.network.classID").write(String(id), to: "net_cls.classid")
        }
        for priority in network.priorities {
            try files("net_prio", "linux.resources.network.priorities").write(
                "\(priority.name) \(priority.priority)", to: "net_prio.ifpriomap")
        }
    }

    private func applyUnified(_ unified: [String: String]) throws(RuntimeError) {
        if unified.isEmpty { return }
        guard let branch = place.branches.first(where: { $0.version == .v2 }) else {
            throw RuntimeError("linux.resources.unified: needs cgroup v2, which this host doesn't have mounted")
        }
        let files = CgroupFiles(path: branch.directory)
        for (file, value) in unified.sorted(by: { $0.key < $1.key }) {
            guard files.has(file) else {
                throw RuntimeError("linux.resources.unified: there is no \(file) in \(branch.directory)")
            }
            try files.write(value, to: file)
        }
    }

    // MARK: - Block devices

    private func apply(_ block: LinuxBlockIO) throws(RuntimeError) {
        let lists = BlockLists(block)
        if lists.isEmpty { return }
        if let branch = branch("blkio") {
            try lists.applyLegacy(CgroupFiles(path: branch.directory))
        } else {
            try lists.applyUnified(try files("io", "linux.resources.blockIO"))
        }
    }
}

/// `linux.resources.blockIO`.
private struct BlockLists {
    private let block: LinuxBlockIO

    init(_ block: LinuxBlockIO) { self.block = block }

    /// The name of a throttle on v1, on v2, and what it is for.
    private var throttles: [(legacy: String, unified: String, devices: [LinuxThrottleDevice])] {
        [
            ("read_bps_device", "rbps", block.throttleReadBpsDevice),
            ("write_bps_device", "wbps", block.throttleWriteBpsDevice),
            ("read_iops_device", "riops", block.throttleReadIOPSDevice),
            ("write_iops_device", "wiops", block.throttleWriteIOPSDevice),
        ]
    }

    var isEmpty: Bool {
        block.weight ?? 0 == 0 && block.leafWeight ?? 0 == 0 && block.weightDevice.isEmpty
            && throttles.allSatisfy { $0.devices.isEmpty }
    }

    func applyLegacy(_ files: CgroupFiles) throws(RuntimeError) {
        if let weight = block.weight, weight != 0 {
            // The scheduler that has weights is BFQ; the older one, with its own file, is gone from the kernel.
            if try !files.writeIfPresent(String(weight), to: "blkio.weight") {
                try files.write(String(weight), to: "blkio.bfq.weight")
            }
        }
        if let weight = block.leafWeight, weight != 0 { try files.write(String(weight), to: "blkio.leaf_weight") }
        for device in block.weightDevice {
            let name = "\(device.major):\(device.minor)"
            if let weight = device.weight, weight != 0 {
                let file = files.has("blkio.weight_device") ? "blkio.weight_device" : "blkio.bfq.weight_device"
                try files.write("\(name) \(weight)", to: file)
            }
            if let weight = device.leafWeight, weight != 0 {
                try files.write("\(name) \(weight)", to: "blkio.leaf_weight_device")
            }
        }
        for (file, _, devices) in throttles {
            for device in devices {
                try files.write("\(device.major):\(device.minor) \(device.rate)", to: "blkio.throttle.\(file)")
            }
        }
    }

    func applyUnified(_ files: CgroupFiles) throws(RuntimeError) {
        if let weight = block.weight, weight != 0 {
            if files.has("io.bfq.weight") {
                try files.write(String(weight), to: "io.bfq.weight")
            } else {
                // 10…1000 to 1…10000.
                try files.write(String(1 + (UInt32(max(weight, 10)) - 10) * 9999 / 990), to: "io.weight")
            }
        }
        for device in block.weightDevice where device.weight ?? 0 != 0 {
            try files.write("\(device.major):\(device.minor) \(device.weight ?? 0)", to: "io.bfq.weight")
        }
        for (_, key, devices) in throttles {
            for device in devices {
                let rate = device.rate == 0 ? "max" : String(device.rate)
                try files.write("\(device.major):\(device.minor) \(key)=\(rate)", to: "io.max")
            }
        }
    }
}
