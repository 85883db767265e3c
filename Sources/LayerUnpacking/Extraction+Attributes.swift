// SPDX-License-Identifier: Apache-2.0

import CArchive
import CLinux
import Linux

// What an entry says of its file beside the content.
extension Extraction {
    /// - Throws: `EINVAL` for an id that no user can have.
    static func owner(of entry: OpaquePointer) throws(Errno) -> (user: uid_t, group: gid_t) {
        guard let user = uid_t(exactly: archive_entry_uid(entry)), user != .max,
            let group = gid_t(exactly: archive_entry_gid(entry)), group != .max
        else { throw Errno(EINVAL) }
        return (user, group)
    }

    static func mode(of entry: OpaquePointer) -> mode_t { mode_t(archive_entry_perm(entry)) & 0o7777 }

    static func time(of entry: OpaquePointer) -> timespec {
        timespec(tv_sec: Int(archive_entry_mtime(entry)), tv_nsec: archive_entry_mtime_nsec(entry))
    }

    /// File capabilities, the users' own attributes and access lists. All others are the host's business: labels of its
    /// security modules, and those of overlayfs, which decide what a layer shows.
    func addAttributes(
        of entry: OpaquePointer, to file: CInt, _ parts: [[UInt8]], isDirectory: Bool
    ) throws(UnpackingError) {
        try addAccessLists(of: entry, to: file, parts, isDirectory: isDirectory)
        guard archive_entry_xattr_reset(entry) > 0 else { return }
        var name: UnsafePointer<CChar>?
        var value: UnsafeRawPointer?
        var size = 0
        while archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK {
            guard let name else { continue }
            let key = String(cString: name)
            guard key == "security.capability" || key.hasPrefix("user.") && !key.hasPrefix("user.overlay.") else {
                if key != "security.selinux", strangeAttributes.count < 10, strangeAttributes.insert(key).inserted {
                    report.warn("left out extended attributes: \(key)")
                }
                continue
            }
            try set(key, value, size, on: file, parts)
        }
    }

    private func addAccessLists(
        of entry: OpaquePointer, to file: CInt, _ parts: [[UInt8]], isDirectory: Bool
    ) throws(UnpackingError) {
        let types = archive_entry_acl_types(entry)
        for (type, key) in [
            (ARCHIVE_ENTRY_ACL_TYPE_ACCESS, "system.posix_acl_access"),
            (ARCHIVE_ENTRY_ACL_TYPE_DEFAULT, "system.posix_acl_default"),
        ] where types & type != 0 && (isDirectory || type == ARCHIVE_ENTRY_ACL_TYPE_ACCESS) {
            guard let list = AccessList(of: entry, type: type) else {
                throw .entry(Tree.shown(parts[...]), "has an access control list for a user or group without a number")
            }
            let bytes = list.bytes
            let copy = UnsafeMutableRawPointer.allocate(byteCount: bytes.count, alignment: 4)
            defer { copy.deallocate() }
            bytes.withUnsafeBytes { copy.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
            try set(key, copy, bytes.count, on: file, parts)
        }
    }

    private func set(
        _ key: String, _ value: UnsafeRawPointer?, _ size: Int, on file: CInt, _ parts: [[UInt8]]
    ) throws(UnpackingError) {
        do throws(Errno) {
            try retrying { fsetxattr(file, key, value, size, 0) }
        } catch {
            guard error == ENOTSUP else {
                throw .system("set \(key) of", Tree.shown(parts[...]), error)
            }
            if strangeAttributes.insert(key).inserted {
                report.warn("left out extended attributes, which the file system does not have: \(key)")
            }
        }
    }
}

/// A POSIX access control list as the kernel keeps it in an attribute. See `acl(5)` and `linux/posix_acl_xattr.h`.
struct AccessList {
    private struct Item {
        var tag: UInt16
        var permissions: UInt16
        var id: UInt32
    }

    private var items: [Item] = []

    /// nil when a user or group has a name only: names mean nothing here.
    init?(of entry: OpaquePointer, type: CInt) {
        guard archive_entry_acl_reset(entry, type) > 0 else { return nil }
        var (kind, permissions, tag, id): (CInt, CInt, CInt, CInt) = (0, 0, 0, -1)
        var name: UnsafePointer<CChar>?
        while archive_entry_acl_next(entry, type, &kind, &permissions, &tag, &id, &name) == ARCHIVE_OK {
            let number: UInt16
            var named = false
            switch tag {
            case ARCHIVE_ENTRY_ACL_USER_OBJ: number = 0x01
            case ARCHIVE_ENTRY_ACL_USER: (number, named) = (0x02, true)
            case ARCHIVE_ENTRY_ACL_GROUP_OBJ: number = 0x04
            case ARCHIVE_ENTRY_ACL_GROUP: (number, named) = (0x08, true)
            case ARCHIVE_ENTRY_ACL_MASK: number = 0x10
            case ARCHIVE_ENTRY_ACL_OTHER: number = 0x20
            default: return nil
            }
            if named, id < 0 { return nil }
            items.append(
                Item(tag: number, permissions: UInt16(permissions & 7), id: named ? UInt32(id) : .max))
        }
        items.sort { ($0.tag, $0.id) < ($1.tag, $1.id) }
    }

    var bytes: [UInt8] {
        var bytes: [UInt8] = [2, 0, 0, 0]
        for item in items {
            for number in [UInt32(item.tag), UInt32(item.permissions)] {
                bytes += [UInt8(number & 0xff), UInt8(number >> 8)]
            }
            bytes += (0..<4).map { UInt8(truncatingIfNeeded: item.id >> (8 * UInt32($0))) }
        }
        return bytes
    }
}
