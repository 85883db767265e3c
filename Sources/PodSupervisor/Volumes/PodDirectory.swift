// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// A descriptor with several holders.
final class Held: Sendable {
    let descriptor: OwnedDescriptor

    init(_ descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }
}

/// The pod's own directory on the host, and what is mounted below it in the supervisor's own mount namespace.
///
/// It is made before anything else of the pod and removed after everything else: that it is still there when the
/// supervisor isn't says that something was left behind.
final class PodDirectory {
    let path: String
    let descriptor: OwnedDescriptor
    private let parent: OwnedDescriptor
    private let name: String
    private var mountPoints: [String] = []

    /// - Parameter mounting: something will be mounted below it. Then this process gets a mount namespace of its own, before
    ///   anything is opened: what an older namespace shows cannot be cloned from the new one.
    init(_ path: String, mounting: Bool) throws(Errno) {
        if mounting { try MountNamespace.makePrivate() }
        guard path.isAbsolutePath, let slash = path.lastIndex(of: "/"), !path.hasSuffix("/") else {
            throw Errno(EINVAL)
        }
        self.path = path
        name = String(path[path.index(after: slash)...])
        parent = try makeDirectories(slash == path.startIndex ? "/" : String(path[..<slash]), mode: 0o700)
        try parent.makeDirectory(name, mode: 0o700)
        descriptor = try parent.open(name, O_RDONLY | O_DIRECTORY)
    }

    /// Mounts a tmpfs on a new directory of this one, out of sight of the host, and gives its root as `O_PATH`.
    func mountTemporary(
        _ name: String, sizeBytes: Int64, mode: mode_t, noExecute: Bool, swaps: Bool = true
    ) throws(Errno) -> OwnedDescriptor {
        try mounted(name) { place throws(Errno) in
            // Files are counted, too: a page each is what they cost at least.
            try MountNamespace.mountTemporary(
                on: place, sizeBytes: sizeBytes, inodes: max(1024, min(sizeBytes / 4096, 1 << 20)), mode: mode,
                noExecute: noExecute, swaps: swaps)
        }
    }

    /// Mounts a hugetlbfs in the same way, which everybody may write to.
    func mountHugePages(_ name: String, pageBytes: Int64, sizeBytes: Int64) throws(Errno) -> OwnedDescriptor {
        try mounted(name) { place throws(Errno) in
            try MountNamespace.mountHugePages(on: place, pageBytes: pageBytes, sizeBytes: sizeBytes, mode: 0o777)
        }
    }

    private func mounted(_ name: String, _ mount: (String) throws(Errno) -> Void) throws(Errno) -> OwnedDescriptor {
        try descriptor.makeDirectory(name)
        let place = "\(path)/\(name)"
        // It is made anew, after a try that failed later on.
        if let earlier = mountPoints.firstIndex(of: place) {
            try MountNamespace.unmount(place)
            mountPoints.remove(at: earlier)
        }
        try mount(place)
        mountPoints.append(place)
        // By path: what was opened before is below the mount.
        return try OwnedDescriptor.open(place, O_PATH | O_DIRECTORY | O_NOFOLLOW)
    }

    /// Takes the mounts away and removes the directory with everything in it; stops at anything that is mounted there
    /// otherwise (security P9).
    func remove() throws(Errno) {
        for place in mountPoints.reversed() { try MountNamespace.unmount(place) }
        mountPoints = []
        let (number, name) = (parent.rawValue, name)
        do throws(Errno) {
            try retrying { unlinkat(number, name, AT_REMOVEDIR) }
        } catch {
            if error == ENOENT { return }
            guard error == ENOTEMPTY || error == EEXIST else { throw error }
            try parent.removeTree(name)
        }
    }
}
