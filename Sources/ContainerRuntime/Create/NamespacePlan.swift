// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import OCI

/// `linux.namespaces`: which are made, which are joined, and which stay the runtime's own. See namespaces(7).
struct NamespacePlan {
    private(set) var made: Set<LinuxNamespace.Kind> = []
    /// The user namespace first: those that follow may belong to it.
    private(set) var joined: [(kind: LinuxNamespace.Kind, descriptor: CInt)] = []

    /// - Throws: for one that is named twice, can't be opened or is of another kind than it is said to be.
    init(_ namespaces: [LinuxNamespace], _ held: HeldDescriptors) throws(RuntimeError) {
        var seen: Set<LinuxNamespace.Kind> = []
        for namespace in namespaces {
            let kind = namespace.type
            guard seen.insert(kind).inserted else {
                throw RuntimeError("linux.namespaces: \(kind.rawValue) is there twice")
            }
            guard let path = namespace.path, !path.isEmpty else {
                made.insert(kind)
                continue
            }
            joined.append((kind, try Self.open(path, kind, held)))
        }
        joined.sort { $0.kind == .user && $1.kind != .user }
        guard made.contains(.mount) else {
            throw RuntimeError(
                "linux.namespaces: a container needs a mount namespace of its own (\"type\": \"mount\", without a path)"
            )
        }
    }

    private static func open(
        _ path: String, _ kind: LinuxNamespace.Kind, _ held: HeldDescriptors
    ) throws(RuntimeError) -> CInt {
        guard path.isAbsolutePath else {
            throw RuntimeError("linux.namespaces: the path `\(path)` of the \(kind.rawValue) namespace is not absolute")
        }
        let descriptor = try failing("cannot open the \(kind.rawValue) namespace `\(path)`") { () throws(Errno) in
            try OwnedDescriptor.open(path, O_RDONLY)
        }
        let number = descriptor.rawValue
        let actual = clinux_namespace_kind(number)
        guard actual == kind.cloneFlag else {
            throw RuntimeError("linux.namespaces: `\(path)` is no \(kind.rawValue) namespace")
        }
        return held.hold(descriptor)
    }

    /// The container is in another user namespace than we are.
    var hasUser: Bool { made.contains(.user) || joined.contains { $0.kind == .user } }

    /// It doesn't share our namespace of that kind.
    func isOwn(_ kind: LinuxNamespace.Kind) -> Bool { made.contains(kind) || joined.contains { $0.kind == kind } }

    /// For clone3: all but cgroup, which is made once the process is in its cgroup, and time, which must be set first.
    var cloneFlags: UInt64 {
        made.reduce(0) { flags, kind in
            kind == .cgroup || kind == .time ? flags : flags | UInt64(UInt32(bitPattern: kind.cloneFlag))
        }
    }
}

extension LinuxNamespace.Kind {
    /// CLONE_NEW* of that kind.
    var cloneFlag: CInt {
        switch self {
        case .pid: CLONE_NEWPID
        case .network: CLONE_NEWNET
        case .mount: CLONE_NEWNS
        case .ipc: CLONE_NEWIPC
        case .uts: CLONE_NEWUTS
        case .user: CLONE_NEWUSER
        case .cgroup: CLONE_NEWCGROUP
        case .time: 0x80  // CLONE_NEWTIME
        }
    }
}
