// SPDX-License-Identifier: Apache-2.0

import CArchive
import CLinux
import CNettle
import Linux

/// The uncompressed bytes of an archive, and their SHA-256. A thread of its own reads, uncompresses and hashes, while the
/// caller's writes files: a few blocks are between them.
final class UncompressedStream: @unchecked Sendable {
    private static let blockSize = 1 << 20
    private static let blockCount = 6

    private struct Block {
        let bytes: UnsafeMutableRawPointer
        var count = 0
        /// Of the compressed archive, up to the end of this block.
        var readBytes: Int64 = 0
    }

    struct End {
        /// Of all of it, in hexadecimal.
        var hash: String
        /// It ends with a block of zeroes.
        var isComplete: Bool
    }

    private let limits: UnpackingLimits
    private let report: Report
    private let source: OpaquePointer
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    // Under the lock: blocks are filled and taken in turn.
    private var blocks: [Block]
    private var filled = 0
    private var taken = 0
    private var current: Int?
    private var ended = false
    private var problem: UnpackingError?
    // The thread's own until it has ended.
    private var hash = sha256_ctx()
    private var total: Int64 = 0
    private var isComplete = false

    init(descriptor: CInt, limits: UnpackingLimits, report: Report) throws(UnpackingError) {
        self.limits = limits
        self.report = report
        guard let source = archive_read_new() else { throw .archive("out of memory") }
        self.source = source
        blocks = (0..<Self.blockCount).map { _ in
            Block(bytes: UnsafeMutableRawPointer.allocate(byteCount: Self.blockSize, alignment: 4096))
        }
        pthread_mutex_init(lock, nil)
        pthread_cond_init(changed, nil)
        nettle_sha256_init(&hash)
        archive_read_support_filter_gzip(source)
        archive_read_support_filter_zstd(source)
        archive_read_support_filter_xz(source)
        archive_read_support_filter_bzip2(source)
        archive_read_support_format_raw(source)
        archive_read_support_format_empty(source)
        var entry: OpaquePointer?
        guard archive_read_open_fd(source, descriptor, Self.blockSize) == ARCHIVE_OK else {
            throw libraryFailure(of: source)
        }
        switch archive_read_next_header(source, &entry) {
        case ARCHIVE_OK, ARCHIVE_WARN: try startThread()
        case ARCHIVE_EOF: ended = true
        default: throw libraryFailure(of: source)
        }
    }

    private func startThread() throws(UnpackingError) {
        var thread = pthread_t()
        let error = pthread_create(
            &thread, nil,
            { argument in
                Unmanaged<UncompressedStream>.fromOpaque(argument!).takeRetainedValue().fill()
                return nil
            }, Unmanaged.passRetained(self).toOpaque())
        guard error == 0 else { throw .system("start", "a thread", Errno(error)) }
        pthread_detach(thread)
    }

    /// The next block, which is the caller's until it asks for another; empty at the end.
    func next() throws(UnpackingError) -> UnsafeRawBufferPointer {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        // The one that was given before goes back.
        if current != nil { taken += 1 }
        current = nil
        pthread_cond_signal(changed)
        while filled == taken, !ended { pthread_cond_wait(changed, lock) }
        guard filled > taken else {
            if let problem { throw problem }
            return UnsafeRawBufferPointer(start: nil, count: 0)
        }
        let index = taken % Self.blockCount
        current = index
        report.progress(blocks[index].readBytes)
        return UnsafeRawBufferPointer(start: blocks[index].bytes, count: blocks[index].count)
    }

    /// Reads what is behind the archive's end: it belongs to the hash.
    func finish() throws(UnpackingError) -> End {
        while !(try next().isEmpty) {}
        var bytes = [UInt8](repeating: 0, count: 32)
        nettle_sha256_digest(&hash, bytes.count, &bytes)
        let digits = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return End(hash: digits, isComplete: isComplete)
    }
}

// The thread.
extension UncompressedStream {
    private func fill() {
        var failure: UnpackingError?
        var atEnd = false
        while !atEnd {
            let block = room()
            var count = 0
            do throws(UnpackingError) {
                count = try read(into: block)
            } catch {
                failure = error
            }
            atEnd = count < Self.blockSize
            pthread_mutex_lock(lock)
            if count > 0, failure == nil {
                blocks[filled % Self.blockCount].count = count
                blocks[filled % Self.blockCount].readBytes = archive_filter_bytes(source, -1)
                filled += 1
            }
            if atEnd {
                ended = true
                problem = failure
            }
            pthread_cond_signal(changed)
            pthread_mutex_unlock(lock)
        }
    }

    /// The next block to fill, once it is free.
    private func room() -> UnsafeMutableRawPointer {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        while filled - taken == Self.blockCount { pthread_cond_wait(changed, lock) }
        return blocks[filled % Self.blockCount].bytes
    }

    /// - Returns: less than a block at the end.
    private func read(into block: UnsafeMutableRawPointer) throws(UnpackingError) -> Int {
        var count = 0
        while count < Self.blockSize {
            let got = archive_read_data(source, block + count, Self.blockSize - count)
            if got == 0 { break }
            guard got > 0 else { throw libraryFailure(of: source) }
            count += got
        }
        nettle_sha256_update(&hash, count, block.assumingMemoryBound(to: UInt8.self))
        total += Int64(count)
        if total > limits.streamBytes {
            throw .excess("it is larger than \(limits.bytes >> 20) MiB when uncompressed: it does not fit")
        }
        if count >= 512 {
            isComplete = !UnsafeRawBufferPointer(start: block + count - 512, count: 512).contains { $0 != 0 }
        } else if count > 0 {
            isComplete = false
        }
        return count
    }
}

/// What libarchive says of its last failure.
func libraryFailure(of archive: OpaquePointer) -> UnpackingError {
    let text = archive_error_string(archive).map { String(cString: $0) } ?? "it can't be read"
    return .archive(text)
}
