// SPDX-License-Identifier: Apache-2.0

import CLinux

/// What directories take up on disk, as `du` counts: blocks, a file of several names once, no link followed and no other
/// mount entered.
public struct DiskUsage {
    private struct Inode: Hashable {
        let device: UInt64
        let number: UInt64
    }

    /// A tree deeper than this holds more than any limit: it can't be measured with the descriptors that we have.
    private static let maximumDepth = 500

    public private(set) var bytes: Int64 = 0
    private var linked: Set<Inode> = []

    public init() {}

    /// Adds all that is below a directory. What goes away meanwhile counts or not.
    public mutating func add(below directory: borrowing OwnedDescriptor) throws(Errno) { try add(directory, depth: 0) }

    private mutating func add(_ directory: borrowing OwnedDescriptor, depth: Int) throws(Errno) {
        if depth > Self.maximumDepth {
            bytes = .max / 4
            return
        }
        for name in try directory.rawNames() {
            do throws(Errno) {
                try add(name, in: directory, depth: depth)
            } catch {
                // Gone or exchanged since it was listed, or a mount.
                guard [ENOENT, ENOTDIR, ELOOP, EXDEV].contains(error.rawValue) else { throw error }
            }
        }
    }

    private mutating func add(_ name: [CChar], in directory: borrowing OwnedDescriptor, depth: Int) throws(Errno) {
        let number = directory.rawValue
        var status = stat()
        try retrying { fstatat(number, name, &status, AT_SYMLINK_NOFOLLOW) }
        let isDirectory = status.st_mode & mode_t(S_IFMT) == mode_t(S_IFDIR)
        if status.st_nlink > 1, !isDirectory {
            let inode = Inode(device: UInt64(status.st_dev), number: UInt64(status.st_ino))
            guard linked.insert(inode).inserted else { return }
        }
        bytes = min(bytes + Int64(status.st_blocks) * 512, .max / 4)
        if isDirectory { try add(try directory.openOnSameMount(name), depth: depth + 1) }
    }

    /// What has been written on the file system of a path, if it is an overlay: its upper layer is a file system of its own.
    ///
    /// - Returns: 0 when it is another kind, or gone.
    public static func overlayBytes(at path: String) throws(Errno) -> Int64 {
        var result = statfs()
        do throws(Errno) {
            try retrying { statfs(path, &result) }
        } catch {
            if error == ENOENT || error == ESRCH { return 0 }
            throw error
        }
        guard result.f_type == 0x794c_7630 else { return 0 }
        return Int64(clamping: (Int128(result.f_blocks) - Int128(result.f_bfree)) * Int128(result.f_bsize))
    }
}
