// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import OCI

/// Which namespaces of a container another process must join: those that are not our own already. See namespaces(7).
struct JoinedNamespaces {
    private(set) var kinds: Set<LinuxNamespace.Kind> = []

    private static let files: [(kind: LinuxNamespace.Kind, file: String)] = [
        (.user, "user"), (.pid, "pid"), (.mount, "mnt"), (.network, "net"), (.ipc, "ipc"), (.uts, "uts"),
        (.cgroup, "cgroup"), (.time, "time"),
    ]

    /// Compares the process's namespaces with ours.
    ///
    /// - Parameters:
    ///   - pid: the caller holds a pidfd of it, and asks that afterwards whether it still lives.
    ///   - proc: /proc of the host, checked.
    init(of pid: pid_t, proc: CInt) throws(RuntimeError) {
        for (kind, file) in Self.files {
            guard let own = try Self.identity("self/ns/\(file)", proc) else { continue }  // this kernel has none
            guard let theirs = try Self.identity("\(pid)/ns/\(file)", proc) else {
                throw RuntimeError("the container's process \(pid) has ended")
            }
            if own != theirs { kinds.insert(kind) }
        }
    }

    private static func identity(_ path: String, _ proc: CInt) throws(RuntimeError) -> [UInt64]? {
        var status = stat()
        do throws(Errno) {
            try retrying { fstatat(proc, path, &status, 0) }
        } catch {
            if error == ENOENT || error == ESRCH { return nil }
            throw RuntimeError("cannot look at /proc/\(path): \(error)")
        }
        return [UInt64(status.st_dev), UInt64(status.st_ino)]
    }

    /// For setns(2) with a pidfd; without the cgroup namespace, which is joined by whoever is in the cgroup already.
    var flags: UInt64 {
        kinds.subtracting([.cgroup]).reduce(0) { $0 | UInt64(UInt32(bitPattern: $1.cloneFlag)) }
    }
}
