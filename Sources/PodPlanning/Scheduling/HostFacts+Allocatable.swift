// SPDX-License-Identifier: Apache-2.0

extension HostFacts {
    /// What pods can have of this machine, as a kubelet without reservations of its own tells it.
    ///
    /// Memory that is set apart for huge pages can't be had as any other: the kubelet takes it off, too. The number of
    /// pods is not limited: the kubelet's 110 is a setting of its own and no property of a machine.
    package var allocatable: ResourceAmounts {
        var amounts = ResourceAmounts()
        amounts.cpuMillicores = cpuMillicores
        amounts.memoryBytes = memoryBytes
        amounts.storageBytes = diskBytes
        for (pageBytes, bytes) in hugePages {
            amounts.others[hugePageResource(pageBytes: pageBytes)] = bytes
            amounts.memoryBytes -= min(bytes, amounts.memoryBytes)
        }
        return amounts
    }
}
