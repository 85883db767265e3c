// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// How much an image may hold. An archive that goes beyond is given up before it fills the disk.
public struct ImportLimits: Hashable, Sendable {
    /// Bytes of all files, holes of sparse ones included.
    public var bytes: Int64
    /// Files, directories and links.
    public var entries: Int64
    /// Directories in one another.
    public var depth: Int

    public init(bytes: Int64 = 256 << 30, entries: Int64 = 8_000_000, depth: Int = 256) {
        self.bytes = bytes
        self.entries = entries
        self.depth = depth
    }

    /// These, lowered to what the file system of `directory` has room for, less a sixteenth that stays free.
    func lowered(toRoomAt directory: borrowing OwnedDescriptor) throws(Errno) -> ImportLimits {
        var room = statvfs()
        let descriptor = directory.rawValue
        try retrying { fstatvfs(descriptor, &room) }
        let free = UInt64(room.f_bavail).multipliedFullWidth(by: UInt64(room.f_frsize))
        var lowered = self
        if free.high == 0 { lowered.bytes = min(bytes, Int64(clamping: free.low / 16 * 15)) }
        // Some file systems count no inodes.
        if room.f_files > 0 { lowered.entries = min(entries, Int64(clamping: room.f_favail) / 16 * 15) }
        return lowered
    }

    /// Says what is too much, if anything is.
    func excess(bytes: Int64, entries: Int64) -> String? {
        if bytes > self.bytes { return "its files are larger than \(self.bytes >> 20) MiB together: it does not fit" }
        if entries > self.entries { return "it holds more than \(self.entries) files: it does not fit" }
        return nil
    }
}
