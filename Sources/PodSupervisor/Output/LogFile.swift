// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// `<directory>/<name>`, made with its parents when the first byte comes, and set aside as `<name>.<date>` when it is
/// full. Of those at most so many are kept that the bound of files holds. They are not compressed.
final class LogFile {
    private let directory: String
    private let name: String
    private let maximumBytes: Int64
    private let maximumFiles: Int
    private var open: Open?
    /// Set aside, the oldest first.
    private var rotated: [String] = []

    private final class Open {
        let directory: OwnedDescriptor
        var file: OwnedDescriptor
        var size: Int64 = 0

        init(directory: consuming OwnedDescriptor, file: consuming OwnedDescriptor) {
            self.directory = directory
            self.file = file
        }
    }

    init(directory: String, name: String, maximumBytes: Int64, maximumFiles: Int32) {
        self.directory = directory
        self.name = name
        self.maximumBytes = max(1, maximumBytes)
        self.maximumFiles = max(1, Int(maximumFiles))
    }

    /// Appends whole lines.
    ///
    /// - Parameter time: nanoseconds since the epoch; names the file that is set aside.
    func append(_ lines: [UInt8], at time: Int64) throws(Errno) {
        if lines.isEmpty { return }
        let open = try opened()
        if open.size > 0 && open.size + Int64(lines.count) > maximumBytes { try rotate(open, time) }
        // Also when it fails: how much was written is unknown, and this decides only when the next file begins.
        open.size += Int64(lines.count)
        try lines.withUnsafeBufferPointer { bytes throws(Errno) in
            try open.file.writeAll(UnsafeRawBufferPointer(bytes))
        }
    }

    private func opened() throws(Errno) -> Open {
        if let open { return open }
        let parent = try makeDirectories(directory, mode: 0o700)
        let file = try create(in: parent)
        let fresh = Open(directory: parent, file: file)
        open = fresh
        return fresh
    }

    private func create(in parent: borrowing OwnedDescriptor) throws(Errno) -> OwnedDescriptor {
        try parent.open(name, O_WRONLY | O_CREAT | O_APPEND, mode: 0o600)
    }

    private func rotate(_ open: Open, _ time: Int64) throws(Errno) {
        let directory = open.directory.rawValue
        var seconds = time / 1_000_000_000
        while true {
            let aside = "\(name).\(CivilTime(seconds: seconds).compact)"
            do throws(Errno) {
                try retrying { clinux_rename_new(directory, name, directory, aside) }
                rotated.append(aside)
                break
            } catch {
                // Full twice in a second: the names must still tell the order.
                guard error == EEXIST else { throw error }
                seconds += 1
            }
        }
        open.file = try create(in: open.directory)
        open.size = 0
        while rotated.count >= maximumFiles {
            let oldest = rotated.removeFirst()
            do throws(Errno) {
                try retrying { unlinkat(directory, oldest, 0) }
            } catch {
                if error != ENOENT { throw error }
            }
        }
    }
}

/// Opens a directory by its path, making what is missing of it.
func makeDirectories(_ path: String, mode: mode_t) throws(Errno) -> OwnedDescriptor {
    do throws(Errno) {
        return try OwnedDescriptor.open(path, O_RDONLY | O_DIRECTORY)
    } catch {
        if error != ENOENT { throw error }
    }
    var prefix = ""
    for part in path.pathParts {
        prefix += "/\(part)"
        let here = prefix
        do throws(Errno) {
            try retrying { mkdir(here, mode) }
        } catch {
            if error != EEXIST { throw error }
        }
    }
    return try OwnedDescriptor.open(path, O_RDONLY | O_DIRECTORY)
}
