// SPDX-License-Identifier: Apache-2.0

import CLaunch
import CLinux
import Linux
import Synchronization

/// The namespaces that the containers of one pod share: network with loopback up, ipc, uts with the host name.
public enum PodNamespaces {
    /// Makes them for the calling process, whose containers then inherit them; what `makeAhead` made is used.
    ///
    /// - Parameters:
    ///   - hostname: at most 64 bytes; not set in the host's uts namespace.
    ///   - shared: the ones that are the host's instead.
    public static func enter(
        hostname: String, shared: Namespaces = [], host: HostNamespaces? = nil
    ) throws(LaunchError) {
        if !areMade {
            try make()
            madeAhead.store(true, ordering: .releasing)
        }
        if let host { try host.enter(shared) }
        if shared.contains(.uts) { return }
        try attempt(.setHostname, hostname) { () throws(Errno) in
            try retrying { launch_set_hostname(hostname) }
        }
    }

    /// Makes them before the pod is known, for a process that carries one pod. What fails is tried again, and told, by
    /// `enter`.
    public static func makeAhead() {
        do throws(LaunchError) {
            try make()
            madeAhead.store(true, ordering: .releasing)
        } catch {}
    }

    /// The calling process has them.
    public static var areMade: Bool { madeAhead.load(ordering: .acquiring) }

    private static let madeAhead = Atomic(false)

    private static func make() throws(LaunchError) {
        try attempt(.clone, "network, ipc and uts namespaces") { () throws(Errno) in
            try retrying { unshare(CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS) }
        }
        try attempt(.loopback, "lo") { () throws(Errno) in try retrying { launch_loopback_up() } }
    }
}

/// The same with a user namespace that owns them: for `ContainerSpec.joinedNamespaces`.
public struct UserNamespace: ~Copyable, Sendable {
    private let user: OwnedDescriptor
    private let network: OwnedDescriptor
    private let ipc: OwnedDescriptor
    private let uts: OwnedDescriptor

    /// The network namespace alone.
    public var networkDescriptor: CInt { network.rawValue }

    /// For `ContainerSpec.joinedNamespaces`; the user namespace comes first.
    public var descriptors: [CInt] { [user.rawValue, network.rawValue, ipc.rawValue, uts.rawValue] }

    /// Makes the namespaces by a short-lived process; they live as long as this value.
    public static func make(mapping: UserMapping, hostname: String) throws(LaunchError) -> UserNamespace {
        var gate: (CInt, CInt) = (-1, -1)
        var ready: (CInt, CInt) = (-1, -1)
        try pipe(&gate)
        let gateRead = OwnedDescriptor(adopting: gate.0)
        let gateWrite = OwnedDescriptor(adopting: gate.1)
        try pipe(&ready)
        let readyRead = OwnedDescriptor(adopting: ready.0)
        let readyWrite = OwnedDescriptor(adopting: ready.1)
        var pidfd: CInt = -1
        let flags = UInt64(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS)
        let pid = try attempt(.clone, "user namespace") { () throws(Errno) in
            try retrying { launch_holder(flags, hostname, gateRead.rawValue, readyWrite.rawValue, &pidfd) }
        }
        let holder = RunningContainer(process: PidFD(adopting: OwnedDescriptor(adopting: pidfd), pid: pid))
        defer { end(holder) }
        try write(mapping, of: pid)
        try attempt(.prepare, "user namespace") { () throws(Errno) in
            try gateWrite.write("x")
            var result: CInt = 0
            let count = try withUnsafeMutableBytes(of: &result) { bytes throws(Errno) in try readyRead.read(into: bytes)
            }
            if count != 4 { throw Errno(ECHILD) }
            if result != 0 { throw Errno(result) }
        }
        return UserNamespace(
            user: try opened("/proc/\(pid)/ns/user", O_RDONLY), network: try opened("/proc/\(pid)/ns/net", O_RDONLY),
            ipc: try opened("/proc/\(pid)/ns/ipc", O_RDONLY), uts: try opened("/proc/\(pid)/ns/uts", O_RDONLY))
    }

    private static func end(_ holder: borrowing RunningContainer) {
        do throws(Errno) {
            try holder.send(signal: SIGKILL)
            _ = try holder.wait()
        } catch {}  // it is gone already: that is what was wanted
    }

    private static func pipe(_ ends: inout (CInt, CInt)) throws(LaunchError) {
        var pair: [CInt] = [-1, -1]
        try attempt(.prepare, "pipe") { () throws(Errno) in try retrying { pipe2(&pair, O_CLOEXEC) } }
        ends = (pair[0], pair[1])
    }

    /// See `user_namespaces(7)`. The process is our unreaped child, so its number is its own.
    private static func write(_ mapping: UserMapping, of pid: pid_t) throws(LaunchError) {
        guard mapping.hostStart > 0, mapping.count > 0 else {
            throw LaunchError(step: .prepare, object: "user namespace that maps the host's root", errno: Errno(EINVAL))
        }
        for file in ["uid_map", "gid_map"] {
            let path = "/proc/\(pid)/\(file)"
            let descriptor = try opened(path, O_WRONLY)
            try attempt(.prepare, path) { () throws(Errno) in
                try descriptor.write("0 \(mapping.hostStart) \(mapping.count)\n")
            }
        }
    }
}
