// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import PodPlan

/// The host's mount namespace. Supervisors live in copies of it from which nothing gets back; a mount that is to take part
/// in what happens on the host, `HostToContainer` or `Bidirectional`, must be cloned over there.
final class HostMounts: Sendable {
    private let namespace: OwnedDescriptor

    /// Holds the mount namespace that this process is in.
    init() throws(Errno) { namespace = try OwnedDescriptor.open("/proc/self/ns/mnt", O_RDONLY) }

    /// A detached copy of the mounts at a path of the host, in their propagation groups.
    ///
    /// - Parameter subPath: what of it; "" for all.
    /// - Throws: `notShared` when nothing would ever be propagated there.
    func clone(
        _ path: String, _ check: VolumePlan.HostPathCheck, subPath: String, _ propagation: ContainerPlan.Propagation
    ) throws(VolumeError) -> OwnedDescriptor {
        let own = try volume("open the mount namespace of", path) { () throws(Errno) in
            try OwnedDescriptor.open("/proc/self/ns/mnt", O_RDONLY)
        }
        try volume("enter the host's mount namespace for", path) { () throws(Errno) in try enter(namespace) }
        defer {
            // Over there what we mount would be the host's: better no pod than that.
            do throws(Errno) {
                try enter(own)
            } catch {
                fatalError("cannot leave the host's mount namespace: \(error)")
            }
        }
        var place = try openHostPath(path, check)
        if !subPath.isEmpty { place = try openSubPath(subPath, in: place) }
        let mount = try volume("look up the mount of", path) { () throws(Errno) in try MountEntry(of: place) }
        guard mount.isShared || propagation == .hostToContainer && mount.isSlave else {
            throw .notShared(path: path, mountPoint: mount.mountPoint, orSlave: propagation == .hostToContainer)
        }
        return try volume("clone the mounts at", path) { () throws(Errno) in
            let number = place.rawValue
            return OwnedDescriptor(adopting: try retrying { clinux_clone_mount(number, "", 1) })
        }
    }
}

private func enter(_ namespace: borrowing OwnedDescriptor) throws(Errno) {
    let number = namespace.rawValue
    try retrying { setns(number, CLONE_NEWNS) }
}

/// One line of `/proc/self/mountinfo`. See `proc_pid_mountinfo(5)`.
struct MountEntry: Hashable {
    var id: Int
    var mountPoint: String
    var isShared: Bool
    var isSlave: Bool

    init?(line: some StringProtocol) {
        let fields = line.split(separator: " ")
        guard fields.count > 6, let id = Int(fields[0]) else { return nil }
        self.id = id
        mountPoint = String(fields[4])
        // The optional ones end at a dash.
        let optional = fields[6...].prefix { $0 != "-" }
        isShared = optional.contains { $0.hasPrefix("shared:") }
        isSlave = optional.contains { $0.hasPrefix("master:") }
    }

    /// The mount that a descriptor is on.
    ///
    /// - Throws: `ENOENT` when it isn't in the table of this namespace.
    init(of descriptor: borrowing OwnedDescriptor) throws(Errno) {
        let info = try text("/proc/self/fdinfo/\(descriptor.rawValue)")
        let line = info.split(separator: "\n").first { $0.hasPrefix("mnt_id:") }
        let id = line.flatMap { Int($0.dropFirst(7).drop(while: \.isWhitespace)) }
        for line in try text("/proc/self/mountinfo").split(separator: "\n") {
            if let entry = MountEntry(line: line), entry.id == id {
                self = entry
                return
            }
        }
        throw Errno(ENOENT)
    }
}

private func text(_ path: String) throws(Errno) -> String {
    String(decoding: try OwnedDescriptor.open(path, O_RDONLY).readAll(limit: 64 << 20), as: UTF8.self)
}
