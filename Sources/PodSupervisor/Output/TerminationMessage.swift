// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// The file in which a container may leave a message about its end; mounted into it.
final class TerminationMessageFile {
    let name: String
    /// `O_RDWR`; also the source of the mount.
    let file: OwnedDescriptor

    /// All containers of a pod together may leave 12 KiB, each 4 KiB.
    static func limit(containers: Int) -> Int { min(4096, 12288 / max(1, containers)) }

    /// Makes the file, writable for every user of the container.
    init(_ name: String, in directory: borrowing OwnedDescriptor) throws(Errno) {
        let fresh = try directory.open(name, O_RDWR | O_CREAT | O_EXCL, mode: 0o666)
        self.name = name
        file = fresh
    }

    /// The beginning of what the container wrote.
    func read(limit: Int) throws(Errno) -> String {
        let number = file.rawValue
        return try withUnsafeTemporaryAllocation(byteCount: limit, alignment: 1) { buffer throws(Errno) in
            let count = try retrying { pread(number, buffer.baseAddress, buffer.count, 0) }
            return String(decoding: buffer[..<count], as: UTF8.self)
        }
    }

    func remove(from directory: borrowing OwnedDescriptor) throws(Errno) {
        let (number, name) = (directory.rawValue, name)
        do throws(Errno) {
            try retrying { unlinkat(number, name, 0) }
        } catch {
            if error != ENOENT { throw error }
        }
    }
}

/// The last lines of a container's output, as `FallbackToLogsOnError` takes them: 80 lines and 2048 bytes at most.
func lastLines(_ tail: [UInt8], limit: Int) -> String {
    let text = tail.suffix(limit)
    var lines = 0
    var start = text.endIndex
    while start > text.startIndex {
        let before = start - 1
        if text[before] == UInt8(ascii: "\n"), start != text.endIndex {
            lines += 1
            if lines == 80 { break }
        }
        start = before
    }
    return String(decoding: text[start...], as: UTF8.self)
}
