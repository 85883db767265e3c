// SPDX-License-Identifier: Apache-2.0

/// What a v1 hierarchy asks for before a process may join a new cgroup in it.
enum V1Setup {
    /// Where cpuset is mounted together with a controller of ours, a cgroup without CPUs and memory nodes takes no
    /// process. Gives ours those of the root, and lets the cgroups in it have them by themselves.
    static func inheritCpuset(_ root: CgroupDirectory, _ base: CgroupDirectory) throws(CgroupError) {
        guard base.has("cpuset.cpus") else { return }
        for file in ["cpuset.cpus", "cpuset.mems"] where try base.read(file).isEmpty {
            try base.write(try root.read(file), to: file)
        }
        try base.write("1", to: "cgroup.clone_children")
    }
}
