// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// Opens a path below a volume's root, whose missing directories are made with the mode of that root.
///
/// The container that writes to the volume may exchange anything in it for a link at any moment (CVE-2017-1002101,
/// CVE-2021-25741): each step is resolved by the kernel beneath the root, and what is mounted is what was opened.
///
/// - Parameter owner: user of the directories that are made, and their group unless the volume has one; nil: ours.
/// - Returns: an `O_PATH` descriptor.
func openSubPath(
    _ path: String, in root: borrowing OwnedDescriptor, owner: UInt32? = nil
) throws(VolumeError) -> OwnedDescriptor {
    let parts = path.pathParts.filter { $0 != "." }
    guard !path.isAbsolutePath, !parts.contains("..") else { throw .subPath(path, errno: Errno(EXDEV)) }
    do throws(Errno) {
        return try open(parts, in: root, owner)
    } catch {
        throw .subPath(path, errno: error)
    }
}

private let beneath = UInt64(RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS)

private func open(
    _ parts: [Substring], in root: borrowing OwnedDescriptor, _ owner: UInt32?
) throws(Errno) -> OwnedDescriptor {
    let whole = parts.isEmpty ? "." : parts.joined(separator: "/")
    do throws(Errno) {
        return try root.openResolved(whole, O_PATH, resolve: beneath)
    } catch {
        if error != ENOENT { throw error }
    }
    let mode = try root.status().st_mode & 0o7777
    for count in 1...parts.count {
        let parent = try root.openResolved(
            count == 1 ? "." : parts[..<(count - 1)].joined(separator: "/"), O_PATH | O_DIRECTORY, resolve: beneath)
        let name = String(parts[count - 1])
        if try parent.makeDirectory(name, mode: mode), let owner {
            // Whatever has come there meanwhile is of the same volume, and no link is followed.
            let number = parent.rawValue
            let group = mode & mode_t(S_ISGID) == 0 ? owner : gid_t.max  // else it has that of its parent
            try retrying { fchownat(number, name, owner, group, AT_SYMLINK_NOFOLLOW) }
        }
    }
    return try root.openResolved(whole, O_PATH, resolve: beneath)
}
