// SPDX-License-Identifier: Apache-2.0

extension CgroupLimits {
    /// Refuses what this host cannot keep: never a run without its limit.
    ///
    /// - Throws: `controllerMissing`, `versionTwoOnly` or `invalidLimit`.
    func check(against controllers: HostControllers) throws(CgroupError) {
        let needs: [(CgroupController, limit: String, isSet: Bool)] = [
            (.memory, "the memory limit", memoryMax != nil),
            (.memory, "memory.min", memoryMin != nil),
            (.memory, "memory.low", memoryLow != nil),
            (.pids, "the limit of processes", pidsMax != nil),
            (.cpu, "the CPU limit", cpuMillicores != nil),
            (.cpu, "the CPU request", cpuShares != nil),
            (.hugetlb, "the limit of huge pages", hugePages.contains { $0.maxBytes > 0 }),
            (.devices, "the restriction to the standard devices", !allDevices),
        ]
        for (controller, limit, isSet) in needs where isSet {
            if case .absent(let advice) = controllers[controller] {
                throw .controllerMissing(controller, limit: limit, advice: advice)
            }
        }
        if case .v1 = controllers[.memory], memoryMin != nil || memoryLow != nil {
            throw .versionTwoOnly(limit: memoryMin != nil ? "memory.min" : "memory.low")
        }
        try checkRanges()
    }

    private func checkRanges() throws(CgroupError) {
        let positive = "1 or more"
        let numbers: [(String, Int64?)] = [
            ("the memory limit in bytes", memoryMax), ("memory.min", memoryMin), ("memory.low", memoryLow),
            ("the limit of processes", pidsMax), ("the CPU limit in thousandths", cpuMillicores),
        ]
        for (limit, value) in numbers {
            if let value, value < 1 { throw .invalidLimit(limit: limit, value: String(value), range: positive) }
        }
        if let cpuMillicores, cpuMillicores > Int64.max / 1000 {
            throw .invalidLimit(limit: "the CPU limit in thousandths", value: String(cpuMillicores), range: "less")
        }
        for limit in hugePages where limit.maxBytes < 0 || limit.pageBytes < 4096 {
            throw .invalidLimit(limit: "the limit of huge pages", value: String(limit.maxBytes), range: "0 or more")
        }
        if let cpuShares, !(2...262_144).contains(cpuShares) {
            throw .invalidLimit(limit: "cpu.shares", value: String(cpuShares), range: "2 to 262144")
        }
    }
}
