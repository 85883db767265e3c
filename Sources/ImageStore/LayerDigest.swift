// SPDX-License-Identifier: Apache-2.0

import CLinux
import CMd
import Linux

/// SHA-256 over a directory tree: every name in order, with type, mode, owner, times, links, extended attributes and
/// content. Two imports of the same files give the same digest.
struct LayerDigest {
    private var context = SHA2_CTX()
    /// Bytes of all regular files, each hard link once.
    private(set) var sizeBytes: Int64 = 0
    private var inodes: [UInt64: String] = [:]
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)

    init() { SHA256Init(&context) }

    /// The digest in hexadecimal. To be asked once.
    mutating func digest(of root: borrowing OwnedDescriptor, path: String) throws(ImageStoreError) -> String {
        defer { buffer.deallocate() }
        try add(root, path: path, name: "")
        var bytes = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
        SHA256Final(&bytes, &context)
        return bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// A directory, after its own attributes have been added by its parent; the root adds its own here.
    private mutating func add(_ directory: borrowing OwnedDescriptor, path: String, name: String)
        throws(ImageStoreError)
    {
        if name.isEmpty { try addAttributes(of: directory, path: path, name: ".") }
        let names = try attempt("read", path) { () throws(Errno) in try directory.names() }
        for entry in names.sorted() {
            let entryPath = "\(path)/\(entry)"
            let child = try attempt("read", entryPath) { () throws(Errno) in try directory.open(entry, O_PATH) }
            let kind = try addAttributes(of: child, path: entryPath, name: entry)
            if kind == S_IFDIR {
                let below = try attempt("read", entryPath) { () throws(Errno) in
                    try directory.open(entry, O_RDONLY | O_DIRECTORY)
                }
                try add(below, path: entryPath, name: entry)
                update("..")
            } else if kind == S_IFREG {
                try addContent(
                    of: try attempt("read", entryPath) { () throws(Errno) in try directory.open(entry, O_RDONLY) },
                    entryPath)
            }
        }
    }

    /// - Returns: the type; 0 for a regular file that was added under another name already.
    @discardableResult
    private mutating func addAttributes(
        of file: borrowing OwnedDescriptor, path: String, name: String
    ) throws(ImageStoreError) -> CInt {
        var status = stat()
        let descriptor = file.rawValue
        try attempt("read", path) { () throws(Errno) in try retrying { fstat(descriptor, &status) } }
        let kind = CInt(status.st_mode) & S_IFMT
        update("\(name)\0\(status.st_mode) \(status.st_uid) \(status.st_gid) \(status.st_rdev)")
        if kind == S_IFLNK {
            let count = readlinkat(
                descriptor, "", buffer.baseAddress!.assumingMemoryBound(to: CChar.self), buffer.count)
            guard count >= 0 else { throw .system(action: "read", object: path, errno: .current) }
            SHA256Update(&context, buffer.baseAddress!.assumingMemoryBound(to: UInt8.self), count)
        } else if kind != S_IFDIR {
            update(" \(status.st_size) \(status.st_mtim.tv_sec)")
        }
        try addExtendedAttributes(of: descriptor, path, kind)
        guard kind == S_IFREG, status.st_nlink > 1 else { return kind }
        if let first = inodes[UInt64(status.st_ino)] {
            update("=\(first)")
            return 0
        }
        inodes[UInt64(status.st_ino)] = path
        return kind
    }

    private mutating func addExtendedAttributes(of descriptor: CInt, _ path: String, _ kind: CInt)
        throws(ImageStoreError)
    {
        guard kind == S_IFREG || kind == S_IFDIR else { return }
        let link = "/proc/self/fd/\(descriptor)"
        let count = listxattr(link, buffer.baseAddress!.assumingMemoryBound(to: CChar.self), buffer.count)
        if count <= 0 {
            if count == 0 || Errno.current == ENOTSUP { return }
            throw .system(action: "read the extended attributes of", object: path, errno: .current)
        }
        let names = String(decoding: buffer[..<count], as: UTF8.self).split(separator: "\0").map(String.init).sorted()
        for name in names {
            let size = getxattr(link, name, buffer.baseAddress, buffer.count)
            guard size >= 0 else { throw .system(action: "read \(name) of", object: path, errno: .current) }
            update("@\(name)=")
            SHA256Update(&context, buffer.baseAddress!.assumingMemoryBound(to: UInt8.self), size)
        }
    }

    private mutating func addContent(of file: consuming OwnedDescriptor, _ path: String) throws(ImageStoreError) {
        while true {
            let count = try attempt("read", path) { () throws(Errno) in try file.read(into: buffer) }
            if count == 0 { return }
            sizeBytes += Int64(count)
            SHA256Update(&context, buffer.baseAddress!.assumingMemoryBound(to: UInt8.self), count)
        }
    }

    private mutating func update(_ text: String) {
        // Each part says how long it is, so that no two trees make the same stream.
        let bytes = Array("\(text.utf8.count):\(text)".utf8)
        SHA256Update(&context, bytes, bytes.count)
    }
}
