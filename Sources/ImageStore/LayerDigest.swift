// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// SHA-256 over a directory tree: every name in order, with type, mode, owner, time, links, extended attributes and
/// content. Two imports of the same files give the same digest, wherever they lie. (A directory's time is left out: it
/// tells when it was unpacked.)
struct LayerDigest {
    private let limits: ImportLimits
    private var hash = BlobHash(.sha256)
    /// Bytes of all regular files, each hard link once.
    private(set) var sizeBytes: Int64 = 0
    private var entries: Int64 = 0
    /// Number, by inode, of each file that has several names.
    private var linked: [UInt64: Int64] = [:]
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)

    init(limits: ImportLimits) {
        self.limits = limits
    }

    /// The digest in hexadecimal. To be asked once.
    ///
    /// - Throws: when there is more below `root` than the limits allow.
    mutating func digest(of root: borrowing OwnedDescriptor, path: String) throws(ImageStoreError) -> String {
        defer { buffer.deallocate() }
        try addAttributes(of: root, [46, 0], path: path)
        try addEntries(of: root, path: path, depth: 0)
        return hash.final()
    }

    private mutating func addEntries(
        of directory: borrowing OwnedDescriptor, path: String, depth: Int
    ) throws(ImageStoreError) {
        guard depth <= limits.depth else {
            throw .source(path: path, problem: "its directories are more than \(limits.depth) deep")
        }
        let names = try attempt("read", path) { () throws(Errno) in try directory.rawNames() }
        for name in names.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            let entryPath = "\(path)/\(name.withUnsafeBufferPointer { String(cString: $0.baseAddress!) })"
            let child = try attempt("read", entryPath) { () throws(Errno) in try directory.open(name, O_PATH) }
            let kind = try addAttributes(of: child, name, path: entryPath)
            if let problem = limits.excess(bytes: sizeBytes, entries: entries) {
                throw .source(path: entryPath, problem: problem)
            }
            if kind == S_IFDIR {
                let below = try attempt("read", entryPath) { () throws(Errno) in
                    try directory.open(name, O_RDONLY | O_DIRECTORY)
                }
                try addEntries(of: below, path: entryPath, depth: depth + 1)
                update("..")
            } else if kind == S_IFREG {
                try addContent(
                    of: try attempt("read", entryPath) { () throws(Errno) in try directory.open(name, O_RDONLY) },
                    entryPath)
            }
        }
    }

    /// - Returns: the type; 0 for a regular file that was added under another name already.
    @discardableResult
    private mutating func addAttributes(
        of file: borrowing OwnedDescriptor, _ name: [CChar], path: String
    ) throws(ImageStoreError) -> CInt {
        var status = stat()
        let descriptor = file.rawValue
        try attempt("read", path) { () throws(Errno) in try retrying { fstat(descriptor, &status) } }
        let kind = CInt(status.st_mode) & S_IFMT
        name.withUnsafeBytes { update($0) }
        update("\(status.st_mode) \(status.st_uid) \(status.st_gid) \(status.st_rdev)")
        if kind == S_IFLNK {
            let count = readlinkat(
                descriptor, "", buffer.baseAddress!.assumingMemoryBound(to: CChar.self), buffer.count)
            guard count >= 0 else { throw .system(action: "read", object: path, errno: .current) }
            update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        } else if kind != S_IFDIR {
            update("\(status.st_size) \(status.st_mtim.tv_sec)")
        }
        try addExtendedAttributes(of: descriptor, path, kind)
        entries += 1
        guard kind == S_IFREG else { return kind }
        if status.st_nlink > 1 {
            if let first = linked[UInt64(status.st_ino)] {
                update("=\(first)")
                return 0
            }
            linked[UInt64(status.st_ino)] = entries
        }
        sizeBytes += Int64(status.st_size)
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
            update("@\(name)")
            update(UnsafeRawBufferPointer(rebasing: buffer[..<size]))
        }
    }

    private mutating func addContent(of file: consuming OwnedDescriptor, _ path: String) throws(ImageStoreError) {
        while true {
            let count = try attempt("read", path) { () throws(Errno) in try file.read(into: buffer) }
            if count == 0 { return }
            hash.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }

    private mutating func update(_ text: String) {
        let bytes = Array(text.utf8)
        bytes.withUnsafeBytes { update($0) }
    }

    /// Each part says how long it is, so that no two trees make the same stream.
    private mutating func update(_ part: UnsafeRawBufferPointer) {
        hash.update(Array("\(part.count):".utf8))
        hash.update(part)
    }
}

/// SHA-256 of a text.
func hexadecimalHash(of text: String) -> String { BlobDigest(of: Array(text.utf8)).hexadecimal }
