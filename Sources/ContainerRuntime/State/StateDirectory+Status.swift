// SPDX-License-Identifier: Apache-2.0

package import OCI

extension StateDirectory {
    /// What the container is doing now. Nothing but the record is kept: what has ended is found out by looking.
    package borrowing func status(_ record: ContainerRecord?) throws(RuntimeError) -> State.Status {
        guard let process = record?.process else {
            // Without its maker it never comes to be; it can be deleted.
            return try isLocked() ? .creating : .stopped
        }
        guard try process.isAlive() else { return .stopped }
        if try waitsForStart() { return .created }
        return try ContainerRemoval.cgroup(of: record)?.isFrozen() ?? false ? .paused : .running
    }

    /// The record, or an error that says what to do with a container that has none.
    package borrowing func knownRecord() throws(RuntimeError) -> ContainerRecord {
        if let record = try record() { return record }
        if try isLocked() { throw RuntimeError("container `\(id)` is being created") }
        throw RuntimeError("container `\(id)` was never created in full: delete it with delete --force")
    }
}
