// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// One container's cgroup, in every hierarchy that limits or counts something for it.
///
/// Its end is explicit: `remove()` after the container's. A value that goes away only closes its descriptors.
public final class Cgroup {
    public let name: String
    /// How the container's first process gets in. The descriptors stay this object's, open for as long as it lives.
    ///
    /// v1 and v2 in use together (hybrid hosts) make it `writeTasks`, with v2's `cgroup.procs` among the files.
    public let join: CgroupJoin
    let leaves: [Leaf]
    private let descriptors: [SharedDescriptor]

    struct Leaf {
        let version: CgroupMount.Version
        let controllers: Set<CgroupController>
        let parent: CgroupDirectory
        let name: String

        func apply(_ limits: CgroupLimits) throws(CgroupError) {
            switch version {
            case .v1: try V1Leaf(parent: parent, name: name).apply(limits, controllers)
            case .v2: try V2Leaf(parent: parent, name: name).apply(limits, controllers)
            }
        }

        func add(to statistics: inout CgroupStatistics) throws(CgroupError) {
            switch version {
            case .v1: try V1Leaf(parent: parent, name: name).add(to: &statistics, controllers)
            case .v2: try V2Leaf(parent: parent, name: name).add(to: &statistics, controllers)
            }
        }
    }

    /// - Parameter shared: `tasks` files of cgroups that several containers join.
    init(name: String, leaves: [Leaf], shared: [SharedDescriptor]) throws(CgroupError) {
        self.name = name
        self.leaves = leaves
        if shared.isEmpty, leaves.count == 1, leaves[0].version == .v2 {
            let directory = SharedDescriptor(try leaves[0].parent.openFile(name, O_RDONLY | O_DIRECTORY))
            descriptors = [directory]
            join = .cloneInto(directory: directory.descriptor.rawValue)
            return
        }
        var files = shared
        for leaf in leaves {
            let file = leaf.version == .v1 ? "tasks" : "cgroup.procs"
            files.append(SharedDescriptor(try leaf.parent.openFile("\(name)/\(file)", O_WRONLY)))
        }
        descriptors = files
        join = .writeTasks(files.map { $0.descriptor.rawValue })
    }

    /// What the container has used up to now. Read it after the container's end and before `remove()`.
    public func statistics() throws(CgroupError) -> CgroupStatistics {
        var result = CgroupStatistics()
        for leaf in leaves { try leaf.add(to: &result) }
        return result
    }

    /// Some hierarchy knows which processes are in it. False on a host without any that we use.
    public var holdsProcesses: Bool { !leaves.isEmpty }

    /// Kills every process in it; success when there is none, or no cgroup any more. See `cgroup.kill` and `killAll(in:)`.
    ///
    /// Normally the end of the container's pid namespace has done it; this is for what came in otherwise.
    ///
    /// - Throws: `notEmpty` when some still live after two seconds (v1 only; v2 doesn't wait).
    public func kill() throws(CgroupError) {
        for leaf in leaves.sorted(by: { $0.controllers.contains(.pids) && !$1.controllers.contains(.pids) }) {
            try leaf.parent.killAll(in: name)
        }
    }

    /// Removes it from every hierarchy; success when it is gone already.
    ///
    /// - Throws: `notEmpty` when processes are in it for longer than two seconds; what could be removed is.
    public func remove() throws(CgroupError) {
        var first: CgroupError?
        for leaf in leaves {
            do {
                // Who stays in one hierarchy stays in the others: waiting once is enough.
                try leaf.parent.remove(name, patience: first == nil ? CgroupDirectory.patienceMicroseconds : 0)
            } catch {
                first = first ?? error
            }
        }
        if let first { throw first }
    }
}
