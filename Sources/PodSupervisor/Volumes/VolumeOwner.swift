// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import PodPlan

/// Who owns what the supervisor puts into a volume, in ids of the host.
///
/// A tmpfs of the pod's own in a user namespace has the namespace's ids right away: kernels before 6.3 can't map the ids of
/// a tmpfs, and nobody else ever sees it.
struct VolumeOwner {
    /// The user who is root of the pod; nil: we.
    private let user: UInt32?
    private let group: UInt32?
    /// `fsGroup`: its rights are given, too.
    private let isShared: Bool

    /// - Parameters:
    ///   - group: `fsGroup`, as the container sees it.
    ///   - ids: the ids of the pod's user namespace; nil: the volume has those of the container.
    /// - Throws: `EOVERFLOW` when the namespace has no such group.
    init(_ group: UInt32?, _ ids: IDRange?) throws(Errno) {
        isShared = group != nil
        guard let ids else {
            (user, self.group) = (nil, group)
            return
        }
        user = ids.start
        guard group ?? 0 < ids.count else { throw Errno(EOVERFLOW) }
        self.group = ids.start + (group ?? 0)
    }

    /// Everything is as it should be when we have made it.
    var isOurs: Bool { user == nil && group == nil }

    /// Takes what is below a directory of our own.
    ///
    /// - Parameter mode: what `fsGroup` needs; nil for a link, which has none.
    func take(_ path: String, in directory: borrowing OwnedDescriptor, mode: mode_t?) throws(Errno) {
        let number = directory.rawValue
        if isOurs { return }
        try retrying { fchownat(number, path, user ?? uid_t.max, group ?? gid_t.max, AT_SYMLINK_NOFOLLOW) }
        // After the owner: that change takes the set-group-ID bit away.
        if isShared, let mode { try retrying { fchmodat(number, path, mode, 0) } }
    }

    /// Takes the root of a volume, whose descriptor may be a place only.
    func take(_ root: borrowing OwnedDescriptor, mode: mode_t) throws(Errno) { try take(".", in: root, mode: mode) }
}
