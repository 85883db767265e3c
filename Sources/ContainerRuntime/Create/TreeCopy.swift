// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// Copies what is in one directory to another, empty one: files, directories, links, FIFOs and devices with owner, mode and
/// times. For `tmpcopyup`.
struct TreeCopy {
    private var depthLeft = 512

    /// Both by descriptor; nothing is followed, and other mounts are not entered.
    func copy(_ source: borrowing OwnedDescriptor, to target: borrowing OwnedDescriptor) throws(Errno) {
        guard depthLeft > 0 else { throw Errno(ELOOP) }
        for name in try source.rawNames() {
            var status = stat()
            let from = source.rawValue
            try retrying { fstatat(from, name, &status, AT_SYMLINK_NOFOLLOW) }
            try copy(name, status, source, target)
        }
    }

    private func copy(
        _ name: [CChar], _ status: stat, _ source: borrowing OwnedDescriptor, _ target: borrowing OwnedDescriptor
    ) throws(Errno) {
        let (from, to) = (source.rawValue, target.rawValue)
        let kind = CInt(status.st_mode) & S_IFMT
        switch kind {
        case S_IFDIR:
            try retrying { mkdirat(to, name, 0o700) }
            var inner = self
            inner.depthLeft -= 1
            try inner.copy(
                try source.open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW),
                to: try target.open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW))
        case S_IFREG:
            try copyFile(name, source, target)
        case S_IFLNK:
            var text = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
            let count = text.count - 1
            try retrying { readlinkat(from, name, &text, count) }
            try retrying { symlinkat(text, to, name) }
        case S_IFIFO, S_IFCHR, S_IFBLK:
            try retrying { mknodat(to, name, status.st_mode, status.st_rdev) }
        default: return  // a socket is nothing without who listens
        }
        try retrying { fchownat(to, name, status.st_uid, status.st_gid, AT_SYMLINK_NOFOLLOW) }
        if kind != S_IFLNK { try retrying { fchmodat(to, name, status.st_mode & 0o7777, 0) } }
        var times = [status.st_atim, status.st_mtim]
        try retrying { utimensat(to, name, &times, AT_SYMLINK_NOFOLLOW) }
    }

    private func copyFile(
        _ name: [CChar], _ source: borrowing OwnedDescriptor, _ target: borrowing OwnedDescriptor
    ) throws(Errno) {
        let reading = try source.open(name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
        let to = target.rawValue
        let writing = OwnedDescriptor(
            adopting: try retrying {
                clinux_openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
            })
        let (input, output) = (reading.rawValue, writing.rawValue)
        while try retrying({ sendfile(output, input, nil, 1 << 30) }) > 0 {}
    }
}
