// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

extension CgroupDirectory {
    /// How long a kill or a removal may take; the last reaped process leaves its cgroup microseconds after `waitid`.
    static let patienceMicroseconds: UInt32 = 2_000_000

    /// Removes the cgroup `name` with all cgroups in it. One that isn't there is success.
    ///
    /// - Parameter patience: microseconds for which to try again while it is in use.
    /// - Throws: `notEmpty` when processes are still in it after that.
    func remove(_ name: String, patience: UInt32 = patienceMicroseconds) throws(CgroupError) {
        var waited: UInt32 = 0
        var pause: UInt32 = 20
        if try removeOnce(name) { return }
        try removeChildren(of: name, patience: patience)
        while true {
            if try removeOnce(name) { return }
            if waited >= patience {
                throw .notEmpty(path: "\(path)/\(name)", processes: try processes(in: name))
            }
            clinux_sleep_microseconds(pause)
            waited += pause
            pause = min(pause * 2, 20_000)
        }
    }

    /// - Returns: false when the cgroup is in use.
    private func removeOnce(_ name: String) throws(CgroupError) -> Bool {
        let directory = descriptor.rawValue
        do {
            try retrying { unlinkat(directory, name, AT_REMOVEDIR) }
            return true
        } catch {
            if error == ENOENT { return true }
            if error == EBUSY || error == ENOTEMPTY { return false }
            throw .system(.remove, path: "\(path)/\(name)", errno: error)
        }
    }

    /// Only a privileged container can have made some.
    private func removeChildren(of name: String, patience: UInt32) throws(CgroupError) {
        guard let directory = try childIfPresent(name) else { return }
        for child in try directory.children() { try directory.remove(child, patience: patience) }
    }

    /// Kills every process in the cgroup `name` and in the cgroups below it. One that isn't there is success.
    ///
    /// v2: `cgroup.kill`, which no fork can outrun; the processes end soon after. v1, and v2 before Linux 5.14: `SIGKILL`
    /// to each, again and again until none is left; where there is a `pids.max` it is set to 0 first, so that they
    /// cannot fork faster than they die.
    ///
    /// - Throws: `notEmpty` when some live on after two seconds.
    func killAll(in name: String) throws(CgroupError) {
        guard let directory = try childIfPresent(name) else { return }
        do {
            try directory.write("1", to: "cgroup.kill")
            return
        } catch .system(.open, _, let errno) where errno == ENOENT {
            // A v1 hierarchy.
        } catch .system(_, _, let errno) where errno == ENODEV {
            return
        }
        if directory.has("pids.max") { try directory.write("0", to: "pids.max") }
        for child in try directory.children() { try directory.killAll(in: child) }
        try directory.killUntilEmpty()
    }

    private func killUntilEmpty() throws(CgroupError) {
        var waited: UInt32 = 0
        var pause: UInt32 = 50
        while true {
            let left = try killOnce()
            if left.isEmpty { return }
            if waited >= Self.patienceMicroseconds { throw .notEmpty(path: path, processes: left) }
            clinux_sleep_microseconds(pause)
            waited += pause
            pause = min(pause * 2, 20_000)
        }
    }

    /// Sends `SIGKILL` to each process that is in this cgroup.
    ///
    /// A number may come to mean another process between reading it and opening its pidfd. So all pidfds are opened
    /// first and the list is read again: who is listed then is in this cgroup, whoever it is.
    private func killOnce() throws(CgroupError) -> [pid_t] {
        let listed = try processes(in: ".")
        if listed.isEmpty { return [] }
        var held: [pid_t: HeldProcess] = [:]
        for pid in listed where pid > 0 {
            if let process = try HeldProcess(pid, path: path) { held[pid] = process }
        }
        let still = try processes(in: ".")
        for pid in still {
            guard let process = held[pid] else { continue }
            do {
                try process.pidfd.send(signal: SIGKILL)
            } catch {
                if error != ESRCH { throw .system(.kill, path: "\(path) (process \(pid))", errno: error) }
            }
        }
        return still
    }
}

/// A box, for collections cannot hold what cannot be copied.
private final class HeldProcess {
    let pidfd: PidFD

    /// nil: the process has ended.
    init?(_ pid: pid_t, path: String) throws(CgroupError) {
        do {
            pidfd = PidFD(adopting: OwnedDescriptor(adopting: try retrying { clinux_pidfd_open(pid, 0) }), pid: pid)
        } catch {
            // EINVAL: a thread whose leader has left the cgroup; the leader's own cgroup is killed by whoever owns it.
            if error == ESRCH || error == EINVAL { return nil }
            throw .system(.kill, path: "\(path) (process \(pid))", errno: error)
        }
    }
}
