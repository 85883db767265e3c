// SPDX-License-Identifier: Apache-2.0

import CLinux

/// What the program tells its caller: records of a letter and a text, a zero byte behind each.
///
///     pNUMBER      so many bytes of the archive have been read
///     wTEXT        something was left out
///     oPATH        this directory hides what is below it in lower layers
///     eTEXT        the end: why it was given up
///     dHASH BYTES ENTRIES   the end: SHA-256 of the uncompressed archive, size of the files, number of entries
final class Report: @unchecked Sendable {
    private let descriptor: CInt
    private var told: Int64 = 0

    init(descriptor: CInt) { self.descriptor = descriptor }

    /// Told once in a MiB.
    func progress(_ bytes: Int64) {
        guard bytes - told >= 1 << 20 else { return }
        told = bytes
        write("p", Array("\(bytes)".utf8))
    }

    func warn(_ text: String) { write("w", Array(text.utf8)) }

    func opaque(_ path: RawName) { write("o", path.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }) }

    func failed(_ text: String) { write("e", Array(text.utf8)) }

    func done(hash: String, bytes: Int64, entries: Int64) { write("d", Array("\(hash) \(bytes) \(entries)".utf8)) }

    /// When nobody reads, SIGPIPE ends the program: nobody waits for its work then.
    private func write(_ kind: Unicode.Scalar, _ text: [UInt8]) {
        let record = [UInt8(ascii: kind)] + text.filter { $0 != 0 } + [0]
        var offset = 0
        while offset < record.count {
            let count = record.withUnsafeBytes { CLinux.write(descriptor, $0.baseAddress! + offset, $0.count - offset) }
            guard count > 0 || clinux_errno() == EINTR else { _exit(3) }
            offset += max(0, count)
        }
    }
}
