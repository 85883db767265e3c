// SPDX-License-Identifier: Apache-2.0

import CLaunch
import CLinux
import Linux
import OCI
import Sandbox

/// A further process on its way into a running container.
///
/// A first child joins the container's namespaces, unseen by those inside, and clones the process into them. Neither can be
/// traced or read by them, and neither has more open than it needs (CVE-2016-9962, CVE-2024-21626).
struct ExecLaunch {
    var settings: ProcessSettings
    let namespaces: JoinedNamespaces
    /// A pidfd of the container's first process.
    let container: CInt
    /// How it gets into the container's cgroups: a directory of v2 (−1: none) to be cloned into, and v1 `tasks` files.
    var cgroup: (directory: CInt, tasks: [CInt])
    /// /proc of the host, checked.
    let proc: CInt
    /// `execCPUAffinity.initial`, until it is in the cgroup.
    var initialAffinity: [UInt8]?

    /// Clones the process; it comes to `Gate.ready` when all is done but execve.
    func start() throws(LaunchError) -> GatedLaunch {
        var steps = LaunchSteps()
        addOuterSteps(to: &steps)
        let outer = steps.ops.count
        if namespaces.kinds.contains(.cgroup) {
            steps.add(
                LAUNCH_JOIN_NAMESPACE, descriptor: container, flags: UInt64(UInt32(bitPattern: CLONE_NEWCGROUP)))
        }
        if namespaces.kinds.contains(.user) { steps.add(LAUNCH_ROOT_IDS) }
        settings.addTerminal(to: &steps, asConsole: false)
        settings.addSteps(to: &steps, proc: proc, isRootReadOnly: false, makesWorkingDirectory: false)
        steps.add(LAUNCH_GATE, mode: UInt32(Gate.ready.rawValue))
        settings.addLastSteps(to: &steps)
        var kept = [container, proc] + cgroup.tasks + (3..<(3 + settings.preservedDescriptors)).map { CInt($0) }
        if cgroup.directory >= 0 { kept.append(cgroup.directory) }
        if let listener = settings.filter.listener { kept.append(listener.socket) }
        if let terminal = settings.terminal { kept.append(terminal.socket) }
        return try GatedLaunch.start(
            steps, outer: outer, namespaces: 0, cgroup: cgroup.directory, kept: kept, settings.texts)
    }

    private func addOuterSteps(to steps: inout LaunchSteps) {
        steps.add(LAUNCH_KEEP)
        settings.addFirstSteps(to: &steps, proc: proc)
        if let initialAffinity {
            steps.add(LAUNCH_AFFINITY, nil, structure: initialAffinity, flags: UInt64(initialAffinity.count))
        }
        for file in cgroup.tasks { steps.add(LAUNCH_JOIN_CGROUP, descriptor: file) }
        if namespaces.flags != 0 {
            steps.add(LAUNCH_JOIN_NAMESPACE, descriptor: container, flags: namespaces.flags)
        }
    }
}
