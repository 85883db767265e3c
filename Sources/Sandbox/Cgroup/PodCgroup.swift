// SPDX-License-Identifier: Apache-2.0

/// A cgroup around those of a pod's containers, for limits that they share.
///
/// It is in the hierarchies of the memory, CPU and, with limits of huge pages, hugetlb controllers only; elsewhere the containers' cgroups are where they are
/// without it. Its end is explicit: `remove()` after those in it.
public final class PodCgroup: Sendable {
    public let name: String
    /// By the position of the hierarchy among `CgroupHierarchy.trees`.
    let places: [Int: Place]

    struct Place: Sendable {
        let parent: CgroupDirectory
        let directory: CgroupDirectory
    }

    init(name: String, places: [Int: Place]) {
        self.name = name
        self.places = places
    }

    /// Removes it from every hierarchy; success when it is gone already.
    ///
    /// - Throws: `notEmpty` when processes are in it for longer than two seconds.
    public func remove() throws(CgroupError) {
        for place in places.values { try place.parent.remove(name) }
    }
}

extension CgroupHierarchy {
    /// Makes the cgroup of a pod, limits it and reads every limit back. On an error nothing of it is left.
    ///
    /// - Parameters:
    ///   - name: as in `makeCgroup`, and not that of a container.
    ///   - limits: of memory and CPU time. Of the processes in it the kernel ends one container's at a time.
    ///   - allDevices: one of its containers may use all devices. The others are ruled one by one.
    public func makePodCgroup(
        named name: String, limits: CgroupLimits, allDevices: Bool
    ) throws(CgroupError) -> PodCgroup {
        try CgroupName.check(name)
        var limits = limits
        limits.allDevices = true
        limits.endsTogether = false
        try limits.check(against: controllers)
        var shared: Set<CgroupController> = [.memory, .cpu]
        if !limits.hugePages.isEmpty { shared.insert(.hugetlb) }
        var places: [Int: PodCgroup.Place] = [:]
        do throws(CgroupError) {
            for (index, tree) in trees.enumerated() where !tree.controllers.isDisjoint(with: shared) {
                guard let parent = tree.home(allDevices: allDevices) else { continue }
                try parent.make(name)
                let place = PodCgroup.Place(parent: parent, directory: try parent.child(name))
                places[index] = place
                try tree.handDown(in: place.directory)
                try Cgroup.Leaf(version: tree.version, controllers: tree.controllers, parent: parent, name: name)
                    .apply(limits)
            }
        } catch {
            // The first error is the one to tell; an empty cgroup that stays is found by the next sweep.
            for place in places.values { do { try place.parent.remove(name) } catch {} }
            throw error
        }
        return PodCgroup(name: name, places: places)
    }
}

extension CgroupTree {
    /// Makes the controllers work for the cgroups in `directory`, as they do in our base.
    fileprivate func handDown(in directory: CgroupDirectory) throws(CgroupError) {
        switch version {
        case .v2:
            for controller in [CgroupController.memory, .pids, .cpu, .hugetlb] where controllers.contains(controller) {
                try V2Setup.enable(controller, in: directory)
            }
        case .v1:
            // Before Linux 5.11 a cgroup's memory is not its parent's unless that is said.
            let file = "memory.use_hierarchy"
            if controllers.contains(.memory), directory.has(file), try directory.read(file) != "1" {
                try directory.set(file, to: "1")
            }
        }
    }

    /// Puts the device policy in force on the cgroup `name` of `parent`, where no cgroup above it has it.
    func restrictDevices(_ name: String, in parent: CgroupDirectory) throws(CgroupError) {
        let directory = try parent.child(name)
        switch version {
        case .v1: try V1Devices.restrict(directory)
        case .v2: try DeviceProgram().attach(to: directory)
        }
    }
}
