// SPDX-License-Identifier: Apache-2.0

import CLaunch
import CLinux
import Linux
import OCI

/// The maps of a user namespace. See user_namespaces(7).
struct IDMappings: Hashable {
    var users: [LinuxIDMapping]
    var groups: [LinuxIDMapping]

    /// Writes them for a process that is in a new user namespace and waits. The number must be its own: an unreaped child.
    func write(of pid: pid_t) throws(RuntimeError) {
        try write(users, to: "/proc/\(pid)/uid_map")
        try write(groups, to: "/proc/\(pid)/gid_map")
    }

    private func write(_ map: [LinuxIDMapping], to path: String) throws(RuntimeError) {
        let text = map.map { "\($0.containerID) \($0.hostID) \($0.size)\n" }.joined()
        try failing("cannot map the ids of the user namespace (\(path))") { () throws(Errno) in
            try OwnedDescriptor.open(path, O_WRONLY).write(text)
        }
    }

    /// A user namespace with these maps and no process in it.
    func namespace() throws(RuntimeError) -> OwnedDescriptor {
        var gate: [CInt] = [-1, -1]
        try failing("cannot make a pipe") { () throws(Errno) in try retrying { pipe2(&gate, O_CLOEXEC) } }
        let reading = OwnedDescriptor(adopting: gate[0])
        let writing = OwnedDescriptor(adopting: gate[1])
        var pidfd: CInt = -1
        let pid = try failing("cannot make a user namespace for an id-mapped mount") { () throws(Errno) in
            try retrying { launch_holder(UInt64(CLONE_NEWUSER), "", reading.rawValue, writing.rawValue, &pidfd) }
        }
        let holder = OwnedDescriptor(adopting: pidfd)
        defer {
            let number = holder.rawValue
            _ = clinux_pidfd_send_signal(number, SIGKILL)
            var (code, status) = (CInt(0), CInt(0))
            var usage = rusage()
            while clinux_waitid_pidfd(number, WEXITED, &code, &status, &usage) < 0, Errno.current == EINTR {}
        }
        try write(of: pid)
        return try failing("cannot open the user namespace of an id-mapped mount") { () throws(Errno) in
            try OwnedDescriptor.open("/proc/\(pid)/ns/user", O_RDONLY)
        }
    }
}
