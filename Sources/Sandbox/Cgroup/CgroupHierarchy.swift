// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// Our place in the host's cgroup hierarchies, set up once: a base cgroup in each, controllers handed down, the device
/// policy in force.
///
/// Holds directory descriptors only, so a forked process may go on using it. Cgroups of containers are made flat below
/// the base: `berth/NAME`, or `berth/restricted/NAME` and `berth/privileged/NAME` where the hierarchy rules devices.
public final class CgroupHierarchy: Sendable {
    /// Where each controller is at work after the set-up; one that refused it is absent, with the reason.
    public let controllers: HostControllers
    /// The base cgroup's name.
    public let base: String
    let trees: [CgroupTree]

    /// Finds the host's hierarchies and sets up the base cgroup in each that is used.
    ///
    /// A controller that isn't to be had is no error here: it is one in `makeCgroup` if a limit needs it.
    ///
    /// - Parameter base: the name of the base cgroup, at the root of each mount.
    /// - Throws: when the base cgroup cannot be made in a hierarchy that has controllers we use.
    public static func detect(base: String = "berth") throws(CgroupError) -> CgroupHierarchy {
        try CgroupName.check(base)
        var controllers = try HostControllers.read()
        var mountPoints: [String: (CgroupMount.Version, Set<CgroupController>)] = [:]
        for controller in CgroupController.allCases {
            switch controllers[controller] {
            case .v2(let path): mountPoints[path, default: (.v2, [])].1.insert(controller)
            case .v1(let path): mountPoints[path, default: (.v1, [])].1.insert(controller)
            case .absent: break
            }
        }
        var trees: [CgroupTree] = []
        for (path, (version, present)) in mountPoints.sorted(by: { $0.key < $1.key }) {
            let root = try CgroupDirectory(path: path)
            let own = try root.childMade(base)
            let tree = try own.locked { () throws(CgroupError) in
                version == .v2
                    ? try setUpV2(root, own, present, &controllers) : try setUpV1(root, own, present, &controllers)
            }
            trees.append(tree)
        }
        return CgroupHierarchy(controllers: controllers, base: base, trees: trees)
    }

    private init(controllers: HostControllers, base: String, trees: [CgroupTree]) {
        self.controllers = controllers
        self.base = base
        self.trees = trees
    }

    private static func setUpV2(
        _ root: CgroupDirectory, _ base: CgroupDirectory, _ present: Set<CgroupController>,
        _ controllers: inout HostControllers
    ) throws(CgroupError) -> CgroupTree {
        var tree = CgroupTree(version: .v2, controllers: present, base: base)
        let restricted = try base.childMade("restricted")
        let privileged = try base.childMade("privileged")
        for controller in [CgroupController.memory, .pids, .cpu, .hugetlb] where present.contains(controller) {
            do {
                for directory in [root, base, restricted, privileged] { try V2Setup.enable(controller, in: directory) }
            } catch {
                controllers[controller] = .absent(advice: error.description)
                tree.controllers.remove(controller)
            }
        }
        guard present.contains(.devices) else { return tree }
        tree.privileged = privileged
        do {
            try DeviceProgram().attach(to: restricted)
            tree.restricted = restricted
        } catch {
            controllers[.devices] = .absent(advice: error.description)
        }
        return tree
    }

    private static func setUpV1(
        _ root: CgroupDirectory, _ base: CgroupDirectory, _ present: Set<CgroupController>,
        _ controllers: inout HostControllers
    ) throws(CgroupError) -> CgroupTree {
        var tree = CgroupTree(version: .v1, controllers: present, base: base)
        try V1Setup.inheritCpuset(root, base)
        guard present.contains(.devices) else { return tree }
        let restricted = try base.childMade("restricted")
        do {
            try V1Devices.restrict(restricted)
            tree.restricted = restricted
            if present == [.devices] { tree.sharedTasks = SharedDescriptor(try restricted.openFile("tasks", O_WRONLY)) }
        } catch {
            controllers[.devices] = .absent(advice: error.description)
        }
        if present != [.devices] { tree.privileged = try base.childMade("privileged") }
        return tree
    }

    /// Does what `makeCgroup` does without the kernel: for a process that is going to fork others which make some.
    public func rehearse(_ limits: CgroupLimits, named name: String) {
        do throws(CgroupError) {
            try CgroupName.check(name)
            try limits.check(against: controllers)
        } catch {}  // `makeCgroup` will say it
        var leaves: [Cgroup.Leaf] = []
        for tree in trees {
            guard let parent = tree.parent(for: limits) else { continue }
            leaves.append(Cgroup.Leaf(version: tree.version, controllers: tree.controllers, parent: parent, name: name))
        }
        let descriptors: [SharedDescriptor] = leaves.compactMap { _ in nil }
        _ = descriptors.map { $0.descriptor.rawValue }
        _ = trees.compactMap { $0.sharedTasks }
    }

    /// Makes the cgroup of one container, limits it and reads every limit back. On an error nothing of it is left.
    ///
    /// - Parameters:
    ///   - name: contains the pod's UID, so that a sweep can tell whose it is. One plain directory name.
    ///   - pod: the one around it, if there is one.
    /// - Throws: `controllerMissing` when this host cannot keep one of `limits`; `notKept` when it does not;
    ///   `system(.make, …, EEXIST)` when there is one of that name.
    public func makeCgroup(
        named name: String, limits: CgroupLimits, in pod: PodCgroup? = nil
    ) throws(CgroupError) -> Cgroup {
        try CgroupName.check(name)
        try limits.check(against: controllers)
        var leaves: [Cgroup.Leaf] = []
        do {
            for (index, tree) in trees.enumerated() {
                let around = pod?.places[index]
                guard let parent = around?.directory ?? tree.parent(for: limits) else { continue }
                try parent.make(name)
                let leaf = Cgroup.Leaf(version: tree.version, controllers: tree.controllers, parent: parent, name: name)
                leaves.append(leaf)
                try leaf.apply(limits)
                // A pod with a container that may use all devices is where none is restricted.
                if let around, !limits.allDevices, let free = tree.privileged, around.parent === free {
                    try tree.restrictDevices(name, in: parent)
                }
            }
            let shared = limits.allDevices ? [] : trees.compactMap { $0.sharedTasks }
            return try Cgroup(name: name, leaves: leaves, shared: shared)
        } catch {
            for leaf in leaves.reversed() {
                // The first error is the one to tell; an empty cgroup that stays is found by the next sweep.
                do { try leaf.parent.remove(name) } catch {}
            }
            throw error
        }
    }
}

/// What may name a cgroup of ours.
enum CgroupName {
    static func check(_ name: String) throws(CgroupError) {
        let bytes = name.utf8
        let forbidden: Set<UInt8> = [0, UInt8(ascii: "/"), UInt8(ascii: "\n")]
        if bytes.isEmpty || bytes.count > 255 || bytes.first == UInt8(ascii: ".")
            || bytes.contains(where: forbidden.contains)
        {
            throw .invalidName(name)
        }
    }
}
