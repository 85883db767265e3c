// SPDX-License-Identifier: Apache-2.0

public import CLinux

/// The calling process's mount namespace. See `mount_namespaces(7)`.
public enum MountNamespace {
    /// Makes one of our own. What is mounted in it stays in it; mounts and unmounts of the host still arrive.
    public static func makePrivate() throws(Errno) {
        try retrying { unshare(CLONE_NEWNS) }
        try retrying { mount(nil, "/", nil, CUnsignedLong(MS_REC | MS_SLAVE), nil) }
    }

    /// Mounts a tmpfs, `nosuid,nodev`, on `path`, which nobody else can have exchanged.
    ///
    /// - Parameters:
    ///   - mode: of its root.
    ///   - swaps: false: its pages never go to a swap device, on kernels that can promise that (6.4).
    public static func mountTemporary(
        on path: String, sizeBytes: Int64, inodes: Int64, mode: mode_t, noExecute: Bool, swaps: Bool = true
    ) throws(Errno) {
        var options = "size=\(sizeBytes),nr_inodes=\(inodes),mode=\(String(mode, radix: 8))"
        if !swaps, KernelVersion.running >= KernelVersion(6, 4) { options += ",noswap" }
        let flags = CUnsignedLong(MS_NOSUID | MS_NODEV | (noExecute ? MS_NOEXEC : 0))
        try retrying { mount("tmpfs", path, "tmpfs", flags, options) }
    }

    /// Mounts a hugetlbfs, `nosuid,nodev`, on `path`, which nobody else can have exchanged. See "HugeTLB Pages" in the
    /// kernel's documentation.
    ///
    /// - Parameter mode: of its root.
    public static func mountHugePages(
        on path: String, pageBytes: Int64, sizeBytes: Int64, mode: mode_t
    ) throws(Errno) {
        let options = "pagesize=\(pageBytes),size=\(sizeBytes),mode=\(String(mode, radix: 8))"
        try retrying { mount("hugetlbfs", path, "hugetlbfs", CUnsignedLong(MS_NOSUID | MS_NODEV), options) }
    }

    /// Takes the mount on `path` away, at once from sight and from the kernel when its last user is gone; follows no
    /// link. One that isn't there is success.
    public static func unmount(_ path: String) throws(Errno) {
        do throws(Errno) {
            try retrying { umount2(path, CInt(MNT_DETACH) | CInt(UMOUNT_NOFOLLOW)) }
        } catch {
            if error != EINVAL && error != ENOENT { throw error }
        }
    }
}
