// SPDX-License-Identifier: Apache-2.0

import Linux

/// One mounted hierarchy in which we make cgroups.
///
/// Where the hierarchy rules devices, containers are made below `restricted` (the device policy is on it) or
/// `privileged` (there is none); elsewhere directly in the base.
struct CgroupTree: Sendable {
    let version: CgroupMount.Version
    /// Those of ours that are at work here.
    var controllers: Set<CgroupController>
    let base: CgroupDirectory
    /// Set where this hierarchy rules devices and the policy is in force.
    var restricted: CgroupDirectory?
    var privileged: CgroupDirectory?
    /// v1 with devices alone: containers have no cgroup of their own here, they all join `restricted` by this file.
    var sharedTasks: SharedDescriptor?

    /// Where a container's cgroup is made; nil: this hierarchy has nothing to do for it.
    func parent(for limits: CgroupLimits) -> CgroupDirectory? {
        needsLeaf(for: limits) ? home(allDevices: limits.allDevices) : nil
    }

    func home(allDevices: Bool) -> CgroupDirectory? {
        if !controllers.contains(.devices) { return base }
        return allDevices ? privileged : restricted
    }

    /// Each cgroup costs some 50 µs to make, so one is made only where it counts or limits something.
    func needsLeaf(for limits: CgroupLimits) -> Bool {
        if version == .v2 || !controllers.isDisjoint(with: [.memory, .pids, .cpuAccounting]) { return true }
        if controllers.contains(.hugetlb), !limits.hugePages.isEmpty { return true }
        return controllers.contains(.cpu) && (limits.cpuMillicores != nil || limits.cpuShares != nil)
    }
}

/// A descriptor with several holders, closed with the last of them.
final class SharedDescriptor: Sendable {
    let descriptor: OwnedDescriptor

    init(_ descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }
}
