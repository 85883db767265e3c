// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import OCI
import Sandbox

/// `delete`: what a container leaves behind goes; a repeat goes on where one was cut off.
package struct ContainerRemoval {
    let root: StateRoot
    let warn: (String) -> Void

    package init(root: StateRoot, warn: @escaping (String) -> Void) {
        self.root = root
        self.warn = warn
    }

    /// - Parameter force: a container that lives is killed first, and one that isn't there is no error.
    package func remove(_ id: String, force: Bool) throws(RuntimeError) {
        if force { try killBeforeLocking(id) }
        guard let directory = try root.find(id, lock: true) else {
            if force { return }
            throw StateDirectory.missing(id)
        }
        let record: ContainerRecord?
        do throws(RuntimeError) {
            record = try directory.record()
        } catch {
            // Without a readable record nothing is known of it; what is not known can't be removed.
            throw error
        }
        let status = try directory.status(record)
        if status != .stopped {
            guard force || status == .created else {
                throw RuntimeError("cannot delete container `\(id)` that is not stopped: it is \(status.rawValue)")
            }
        }
        let cgroup = try Self.cgroup(of: record)
        if let process = record?.process { try end(process, cgroup) }
        try remove(directory, cgroup, record, config: record == nil ? nil : try directory.configIfReadable())
    }

    /// What is left of a container whose first process has ended.
    ///
    /// - Parameter directory: locked by the caller.
    func remove(
        _ directory: borrowing StateDirectory, _ cgroup: RuntimeCgroup?, _ record: ContainerRecord?,
        config: ContainerConfig?
    ) throws(RuntimeError) {
        // Without a pid namespace of its own others may have outlived it; and a `create` that was killed may have made
        // a process which it could not write down.
        if let cgroup, !cgroup.place.branches.isEmpty, try !cgroup.processes().isEmpty { try cgroup.kill(SIGKILL) }
        try cgroup?.remove()
        try root.remove(directory)
        if let record, let config, !config.hooks.poststop.isEmpty {
            let state = Array(record.state(.stopped).json.text().utf8)
            warnOfHooks(config.hooks.poststop, .poststop, state: state, warn: warn)
        }
    }

    /// Who makes or starts the container holds its lock, perhaps at a hook that waits for the container.
    private func killBeforeLocking(_ id: String) throws(RuntimeError) {
        guard let directory = try root.find(id), let record = try directory.record() else { return }
        // Its first process is written down once it runs; until then it is known by its cgroup.
        if record.process == nil, let cgroup = try Self.cgroup(of: record), !cgroup.place.branches.isEmpty {
            if try !cgroup.processes().isEmpty { try cgroup.kill(SIGKILL) }
            return
        }
        _ = try record.signalFirst(SIGKILL)
    }

    static func cgroup(of record: ContainerRecord?) throws(RuntimeError) -> RuntimeCgroup? {
        guard let record, let value = record.cgroup else { return nil }
        do throws(JSONError) {
            return RuntimeCgroup(reopening: try CgroupPlace(from: JSONNode(value)))
        } catch {
            throw RuntimeError("the state of container `\(record.id)` cannot be read: cgroup: \(error)")
        }
    }

    /// Kills what lives of it, and waits until it is gone.
    private func end(_ process: ProcessIdentity, _ cgroup: RuntimeCgroup?) throws(RuntimeError) {
        if let running = try process.open() {
            do throws(Errno) {
                try running.send(signal: SIGKILL)
            } catch {
                if error != ESRCH { throw RuntimeError("cannot kill process \(process.pid): \(error)") }
            }
            // A frozen process takes its SIGKILL when it is thawed (v1).
            if try cgroup?.isFrozen() ?? false { try cgroup?.thaw() }
            try failing("cannot wait for process \(process.pid)") { () throws(Errno) in
                var entry = pollfd(fd: running.descriptor.rawValue, events: Int16(POLLIN), revents: 0)
                let count = try retrying { poll(&entry, 1, 10_000) }
                if count == 0 { throw Errno(ETIMEDOUT) }
            }
        }
    }
}
