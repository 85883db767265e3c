// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// Writes a tar archive of plain files, the same every time. See `tar(5)`, the ustar format.
struct TarWriter {
    let output: CInt

    init(output: CInt) { self.output = output }

    func add(_ name: String, _ content: [UInt8]) throws(ImageStoreError) {
        try write(Self.header(name, Int64(content.count)) + content + Self.padding(Int64(content.count)))
    }

    func add(_ name: String, _ digest: BlobDigest, from blobs: borrowing BlobStore) throws(ImageStoreError) {
        let file = try blobs.open(digest)
        guard let size = try blobs.size(of: digest) else { throw .source(path: "\(digest)", problem: "is not here") }
        try write(Self.header(name, size))
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        var left = size
        while left > 0 {
            let count = try attempt("read", "\(digest)") { () throws(Errno) in try file.read(into: buffer) }
            guard count > 0, Int64(count) <= left else {
                throw .damaged(path: "\(digest)", problem: "was changed on the disk")
            }
            try write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            left -= Int64(count)
        }
        try write(Self.padding(size))
    }

    /// Two empty blocks end an archive.
    func finish() throws(ImageStoreError) { try write([UInt8](repeating: 0, count: 1024)) }

    private func write(_ bytes: [UInt8]) throws(ImageStoreError) {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, bytes.count), alignment: 1)
        defer { copy.deallocate() }
        copy.copyBytes(from: bytes)
        try write(UnsafeRawBufferPointer(rebasing: copy[..<bytes.count]))
    }

    private func write(_ bytes: UnsafeRawBufferPointer) throws(ImageStoreError) {
        var offset = 0
        while offset < bytes.count {
            let here = offset
            offset += try attempt("write", "the archive") { () throws(Errno) in
                try retrying { CLinux.write(output, bytes.baseAddress! + here, bytes.count - here) }
            }
        }
    }

    private static func padding(_ size: Int64) -> [UInt8] {
        [UInt8](repeating: 0, count: Int((512 - size % 512) % 512))
    }

    /// - Parameter name: 100 bytes at most.
    static func header(_ name: String, _ size: Int64) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ bytes: [UInt8], _ offset: Int) { header.replaceSubrange(offset..<offset + bytes.count, with: bytes) }
        func octal(_ number: Int64, _ width: Int) -> [UInt8] {
            let digits = String(number, radix: 8)
            return Array((String(repeating: "0", count: width - digits.utf8.count) + digits).utf8)
        }
        put(Array(name.utf8), 0)
        put(octal(0o644, 7), 100)
        put(octal(0, 7), 108)
        put(octal(0, 7), 116)
        if size < 1 << 33 {
            put(octal(size, 11), 124)
        } else {
            // Base 256: what octal digits can't tell.
            put([0x80, 0, 0, 0] + (0..<8).map { UInt8(truncatingIfNeeded: size >> (56 - 8 * Int64($0))) }, 124)
        }
        put(octal(0, 11), 136)
        put(Array("        ".utf8), 148)
        header[156] = UInt8(ascii: "0")
        put(Array("ustar\u{0}00".utf8), 257)
        put(octal(header.reduce(0) { $0 + Int64($1) }, 6) + [0], 148)
        return header
    }
}
