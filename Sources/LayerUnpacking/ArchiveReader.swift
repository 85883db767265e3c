// SPDX-License-Identifier: Apache-2.0

import CArchive
import CLinux

/// The entries of an uncompressed tar archive: ustar, pax and GNU, with long names and sparse files.
final class ArchiveReader {
    private let archive: OpaquePointer
    private let stream: UncompressedStream
    private var streamProblem: UnpackingError?

    init(_ stream: UncompressedStream) throws(UnpackingError) {
        guard let archive = archive_read_new() else { throw .archive("out of memory") }
        self.archive = archive
        self.stream = stream
        archive_read_support_format_tar(archive)
        archive_read_support_format_empty(archive)
        // Names are bytes.
        archive_read_set_options(archive, "hdrcharset=BINARY")
        let status = archive_read_open(
            archive, Unmanaged.passUnretained(self).toOpaque(), nil,
            { _, reader, buffer in Unmanaged<ArchiveReader>.fromOpaque(reader!).takeUnretainedValue().read(buffer!) },
            nil)
        guard status == ARCHIVE_OK else { throw failure() }
    }

    private func read(_ buffer: UnsafeMutablePointer<UnsafeRawPointer?>) -> la_ssize_t {
        do throws(UnpackingError) {
            let block = try stream.next()
            buffer.pointee = block.baseAddress
            return block.count
        } catch {
            streamProblem = error
            return -1
        }
    }

    /// nil at the end.
    func next() throws(UnpackingError) -> OpaquePointer? {
        var entry: OpaquePointer?
        switch archive_read_next_header(archive, &entry) {
        // A warning: a name that is no UTF-8 and is given as it is; an attribute of an unknown kind.
        case ARCHIVE_OK, ARCHIVE_WARN: return entry
        case ARCHIVE_EOF: return nil
        default: throw failure()
        }
    }

    /// The next piece of the entry's content, and where in the file it belongs; nil at its end.
    func piece() throws(UnpackingError) -> (bytes: UnsafeRawBufferPointer, offset: Int64)? {
        var start: UnsafeRawPointer?
        var count = 0
        var offset: la_int64_t = 0
        switch archive_read_data_block(archive, &start, &count, &offset) {
        case ARCHIVE_OK, ARCHIVE_WARN: return (UnsafeRawBufferPointer(start: start, count: count), offset)
        case ARCHIVE_EOF: return nil
        default: throw failure()
        }
    }

    private func failure() -> UnpackingError { streamProblem ?? libraryFailure(of: archive) }
}
