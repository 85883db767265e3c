// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

extension ContainerRecord {
    /// Sends a signal to the first process.
    ///
    /// - Returns: false when it has ended, or there never was one.
    func signalFirst(_ signal: CInt) throws(RuntimeError) -> Bool {
        guard let process = try process?.open() else { return false }
        do throws(Errno) {
            try process.send(signal: signal)
            return true
        } catch {
            if error == ESRCH { return false }
            throw RuntimeError("cannot send signal \(signal) to process \(process.pid) of container `\(id)`: \(error)")
        }
    }

    /// Sends a signal to every process in the container's cgroup.
    ///
    /// - Returns: false when it has no cgroup of its own, by which they could be told.
    func signalAll(_ signal: CInt) throws(RuntimeError) -> Bool {
        guard let cgroup = try ContainerRemoval.cgroup(of: self), !cgroup.place.branches.isEmpty else { return false }
        try cgroup.kill(signal)
        return true
    }
}
