// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// Which cgroup version gives us each controller on this host, and what to do where none does.
public struct HostControllers: Hashable, Sendable {
    /// Where a controller is at work.
    public enum Home: Hashable, Sendable {
        case v2(mountPoint: String)
        case v1(mountPoint: String)
        /// Not to be had; `advice` says why and what to do.
        case absent(advice: String)
    }

    /// Every cgroup hierarchy that is mounted.
    public private(set) var mounts: [CgroupMount]
    private var homes: [CgroupController: Home] = [:]
    /// False: the kernel cannot count swap in a v1 hierarchy (`memory.memsw` is missing). Then a memory limit holds
    /// for memory alone, and `memory.swappiness` 0 keeps the container from being swapped.
    public internal(set) var swapIsLimited = true

    /// Where `controller` is at work.
    public internal(set) subscript(controller: CgroupController) -> Home {
        get { homes[controller] ?? .absent(advice: "the kernel does not have it") }
        set { homes[controller] = newValue }
    }

    /// Looks at this process's mounts and changes nothing.
    public static func read() throws(CgroupError) -> HostControllers {
        let mounts = try readMounts()
        let membership = try readText("/proc/self/cgroup", limit: 1 << 20)
        var result = HostControllers(mounts: mounts, membership: membership, hasHugePages: try hasHugePages())
        if case .v1(let mountPoint) = result[.memory] {
            let file = mountPoint + "/memory.memsw.limit_in_bytes"
            result.swapIsLimited = access(file, F_OK) == 0
        }
        return result
    }

    /// Every cgroup hierarchy that is mounted, and nothing else.
    package static func readMounts() throws(CgroupError) -> [CgroupMount] {
        var mounts = CgroupMount.parse(mountInfo: try readText("/proc/self/mountinfo", limit: 64 << 20))
        for index in mounts.indices where mounts[index].version == .v2 {
            do {
                let list = try readText(mounts[index].mountPoint + "/cgroup.controllers", limit: 4096)
                mounts[index].controllers = list.utf8.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }.map
                { String(Substring($0)) }
            } catch .system(_, _, let errno) where errno == ENOENT {
                // A mount that is listed but cannot be reached, such as one of a removed directory: it has nothing.
            }
        }
        return mounts
    }

    /// Decides per controller; pure.
    ///
    /// A controller is at work in one hierarchy only: in v2 when the mount's `cgroup.controllers` has it, else where
    /// v1 mounted it. Devices have no v2 controller: a BPF program rules them wherever v2 holds our processes.
    ///
    /// - Parameters:
    ///   - membership: the text of `/proc/self/cgroup`, for the controllers that are on but mounted nowhere.
    ///   - hasHugePages: some are set apart.
    init(mounts: [CgroupMount], membership: String, hasHugePages: Bool) {
        self.mounts = mounts
        let active = Set(
            membership.split(separator: "\n").flatMap { line -> [Substring] in
                let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
                return fields.count == 3 ? fields[1].split(separator: ",") : []
            })
        self[.hugetlb] = .absent(advice: "no huge pages are set apart: see /sys/kernel/mm/hugepages")
        let counting = [CgroupController.memory, .pids, .cpu] + (hasHugePages ? [.hugetlb] : [])
        for controller in counting {
            self[controller] = Self.home(of: controller, mounts, active)
        }
        let unified = Self.best(mounts.filter { $0.version == .v2 && !$0.readOnly })
        let processesAreUnified = [CgroupController.memory, .pids, .cpu].contains {
            if case .v2 = self[$0] { true } else { false }
        }
        for controller in [CgroupController.cpuAccounting, .devices] {
            let legacy = Self.home(of: controller, mounts, active)
            switch (legacy, unified) {
            case (_, .some(let mount)) where processesAreUnified: self[controller] = .v2(mountPoint: mount.mountPoint)
            case (.absent, .some(let mount)) where controller == .devices:
                self[controller] = .v2(mountPoint: mount.mountPoint)
            default: self[controller] = legacy
            }
        }
    }

    private static func hasHugePages() throws(CgroupError) -> Bool {
        do {
            return try !HugePagePool.all().isEmpty
        } catch {
            throw .system(.read, path: "/sys/kernel/mm/hugepages", errno: error)
        }
    }

    private static func home(of controller: CgroupController, _ mounts: [CgroupMount], _ active: Set<Substring>) -> Home
    {
        let name = controller.rawValue
        let candidates = mounts.filter { $0.controllers.contains(name) }
        if let mount = best(candidates.filter { $0.version == .v2 && !$0.readOnly }) {
            return .v2(mountPoint: mount.mountPoint)
        }
        if let mount = best(candidates.filter { $0.version == .v1 && !$0.readOnly }) {
            return .v1(mountPoint: mount.mountPoint)
        }
        if let mount = candidates.first {
            return .absent(advice: "\(mount.mountPoint) is mounted read-only: mount -o remount,rw \(mount.mountPoint)")
        }
        if active.contains(Substring(name)) {
            let place = "/sys/fs/cgroup/\(name)"
            return .absent(
                advice:
                    "it is on in cgroup v1 but mounted nowhere: mkdir -p \(place) && mount -t cgroup -o \(name) cgroup \(place)"
            )
        }
        if mounts.isEmpty {
            return .absent(advice: "no cgroup hierarchy is mounted: mount -t cgroup2 cgroup2 /sys/fs/cgroup")
        }
        return .absent(
            advice: mounts.contains { $0.version == .v2 }
                ? "neither the v2 mount's cgroup.controllers nor a v1 mount has it: enable it in the cgroup.subtree_control "
                    + "of the parents, and look for cgroup_disable= in /proc/cmdline"
                : "no v1 hierarchy has it: look at /proc/cgroups and for cgroup_disable= in /proc/cmdline")
    }

    /// The mount that shows the whole hierarchy, else the first.
    private static func best(_ mounts: [CgroupMount]) -> CgroupMount? {
        mounts.first { $0.root == "/" } ?? mounts.first
    }

    private static func readText(_ path: String, limit: Int) throws(CgroupError) -> String {
        do {
            return String(decoding: try OwnedDescriptor.open(path, O_RDONLY).readAll(limit: limit), as: UTF8.self)
        } catch {
            throw CgroupError.system(.read, path: path, errno: error)
        }
    }
}

extension HostControllers.Home: CustomStringConvertible {
    /// `v2 (/sys/fs/cgroup)`, or why it is absent.
    public var description: String {
        switch self {
        case .v2(let mountPoint): "v2 (\(mountPoint))"
        case .v1(let mountPoint): "v1 (\(mountPoint))"
        case .absent(let advice): "absent: \(advice)"
        }
    }
}
