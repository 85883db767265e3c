// SPDX-License-Identifier: Apache-2.0

import CLinux
public import Linux

/// A cgroup controller by the kernel's name. See `cgroups(7)`.
public enum CgroupController: String, CaseIterable, Hashable, Sendable {
    case memory, pids, cpu
    /// CPU time used; part of every cgroup on v2.
    case cpuAccounting = "cpuacct"
    /// Which devices may be opened; a BPF program on v2.
    case devices
    /// Huge pages. At work only where some are set apart: it makes each cgroup dearer.
    case hugetlb
}

/// Why a cgroup could not be made, limited, read or removed. `description` says what to do.
public enum CgroupError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A system call on a cgroup file or directory.
    public enum Operation: String, Hashable, Sendable {
        case open, read, write, make, remove, list, lock, kill, detect
    }

    case system(Operation, path: String, errno: Errno)
    /// `limit` needs a controller that this host doesn't offer.
    case controllerMissing(CgroupController, limit: String, advice: String)
    /// `limit` has no counterpart on cgroup v1.
    case versionTwoOnly(limit: String)
    /// A limit out of the range that its field has.
    case invalidLimit(limit: String, value: String, range: String)
    /// The kernel took a value but holds another.
    case notKept(path: String, written: String, read: String)
    /// A name that is no single, plain directory name.
    case invalidName(String)
    /// A controller cannot be handed down while processes are in the cgroup itself ("no internal processes").
    case occupied(path: String, controller: CgroupController)
    /// Processes or cgroups are still in it after every try.
    case notEmpty(path: String, processes: [Int32])
    /// The rules that `devices.list` lacks or has too much.
    case deviceRulesDiffer(path: String, missing: [String], unexpected: [String])
    /// The device program was not loaded, or is not the one in force.
    case deviceProgram(path: String, errno: Errno)

    public var description: String {
        switch self {
        case .system(let operation, let path, let errno):
            return "cannot \(operation.rawValue) \(path): \(errno)\(Self.hint(operation, errno))"
        case .controllerMissing(let controller, let limit, let advice):
            return "\(limit) needs the cgroup controller \(controller.rawValue): \(advice)"
        case .versionTwoOnly(let limit):
            return
                "\(limit) needs cgroup v2 for its controller, and this host has it on v1: leave it out, or boot with cgroup v2"
        case .invalidLimit(let limit, let value, let range):
            return "\(limit) is \(value); it must be \(range)"
        case .notKept(let path, let written, let read):
            return
                "\(path) reads \(read) after \(written) was written: the kernel does not keep this limit; choose another value"
        case .invalidName(let name):
            return
                "\"\(name)\" cannot name a cgroup: it must be 1 to 255 bytes, without '/', NUL and line breaks, and not start with '.'"
        case .occupied(let path, let controller):
            return
                "cannot enable \(controller.rawValue) in \(path)/cgroup.subtree_control while processes are in \(path) itself: "
                + "move them into a child (mkdir \(path)/init; then write each number of \(path)/cgroup.procs to \(path)/init/cgroup.procs)"
        case .notEmpty(let path, let processes):
            let who =
                processes.isEmpty ? "" : ": processes \(processes.prefix(8).map(String.init).joined(separator: ", "))"
            return "cannot remove \(path), it is still in use\(who)"
        case .deviceRulesDiffer(let path, let missing, let unexpected):
            return
                "\(path)/devices.list is not what was set (missing: \(Self.list(missing)); too much: \(Self.list(unexpected))): "
                + "the cgroup that this runs in may not grant these devices itself"
        case .deviceProgram(let path, let errno):
            return "cannot put the device program (BPF_CGROUP_DEVICE) in force on \(path): \(errno); "
                + "it needs CONFIG_CGROUP_BPF and CAP_SYS_ADMIN, or CAP_BPF with CAP_NET_ADMIN"
        }
    }

    private static func list(_ rules: [String]) -> String {
        rules.isEmpty ? "none" : rules.joined(separator: ", ")
    }

    private static func hint(_ operation: Operation, _ errno: Errno) -> String {
        switch (operation, errno.rawValue) {
        case (.make, EEXIST): "; a container of the same name left it, or runs: sweep first"
        case (_, EROFS): "; mount it read-write"
        case (_, EPERM), (_, EACCES): "; run as root, outside of containers without their own cgroups"
        case (.make, ENOSPC), (.make, EAGAIN): "; cgroup.max.descendants or cgroup.max.depth of a parent is reached"
        default: ""
        }
    }
}
