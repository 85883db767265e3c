// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// Hands controllers down from the root of the v2 mount to our cgroups.
enum V2Setup {
    /// Enables `controller` for the children of `directory`, unless it is already.
    ///
    /// - Throws: `occupied` when the kernel refuses because processes are in `directory` itself, which it does
    ///   everywhere but at the root of the whole hierarchy.
    static func enable(_ controller: CgroupController, in directory: CgroupDirectory) throws(CgroupError) {
        let enabled = try directory.read("cgroup.subtree_control").split(separator: " ")
        if enabled.contains(Substring(controller.rawValue)) { return }
        do {
            try directory.write("+\(controller.rawValue)", to: "cgroup.subtree_control")
        } catch .system(.write, let path, let errno) {
            if errno == EBUSY { throw .occupied(path: directory.path, controller: controller) }
            throw .system(.write, path: path, errno: errno)
        }
    }
}
