// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// The directory that is filled, by paths that never lead out of it: a link in it is followed as if it were `/`.
final class Tree {
    let root: CInt
    /// The directory that the last entry was in: mostly it is that of the next one, too.
    private var lastPath: [UInt8]?
    private var last: OwnedDescriptor

    /// Told of a directory that takes the place of a whiteout, by its path.
    private let becameOpaque: (RawName) -> Void

    init(root: CInt, becameOpaque: @escaping (RawName) -> Void) throws(UnpackingError) {
        self.root = root
        self.becameOpaque = becameOpaque
        last = try Self.attempt("open", []) { () throws(Errno) in
            OwnedDescriptor(adopting: try retrying { clinux_fcntl(root, F_DUPFD_CLOEXEC, 3) })
        }
    }

    /// A directory, made with those above it where they are missing. The descriptor is `O_PATH`, and good until the next
    /// call.
    func directory(_ parts: ArraySlice<[UInt8]>) throws(UnpackingError) -> CInt {
        let path = Self.joined(parts)
        if lastPath == path { return last.rawValue }
        lastPath = nil
        last = try Self.attempt("enter the directory", parts) { () throws(Errno) in try opened(parts, path) }
        lastPath = path
        return last.rawValue
    }

    private func opened(_ parts: ArraySlice<[UInt8]>, _ path: [UInt8]) throws(Errno) -> OwnedDescriptor {
        do throws(Errno) {
            return try open(path, O_PATH | O_DIRECTORY)
        } catch {
            guard error == ENOENT || error == ENOTDIR else { throw error }
        }
        return try open(try make(parts), O_PATH | O_DIRECTORY)
    }

    /// The same, when it is there.
    func existing(_ parts: ArraySlice<[UInt8]>, _ flags: CInt = O_PATH) throws(Errno) -> OwnedDescriptor {
        try open(Self.joined(parts), flags | O_DIRECTORY)
    }

    /// Takes away what has this name in `directory`, with everything below it.
    func remove(_ name: RawName, in directory: CInt) throws(Errno) {
        // What is gone may be where the last entry was; `directory` itself is not below what is in it.
        lastPath = nil
        let parent = OwnedDescriptor(adopting: try retrying { clinux_fcntl(directory, F_DUPFD_CLOEXEC, 3) })
        let readable = try parent.open(".", O_RDONLY | O_DIRECTORY)
        try readable.removeTree(name)
    }

    private func open(_ path: [UInt8], _ flags: CInt) throws(Errno) -> OwnedDescriptor {
        let name = raw(path.isEmpty ? [UInt8(ascii: ".")] : path)
        let root = self.root
        return OwnedDescriptor(
            adopting: try retrying {
                clinux_openat2(
                    root, name, UInt64(flags | O_CLOEXEC), 0, UInt64(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS))
            })
    }

    /// Makes the missing directories of a path, links on the way taken to where they lead below the root.
    ///
    /// - Returns: the path without links.
    private func make(_ parts: ArraySlice<[UInt8]>) throws(Errno) -> [UInt8] {
        var left = Array(parts.reversed())
        var here: [[UInt8]] = []
        var links = 0
        while let part = left.popLast() {
            if part == Array(".".utf8) { continue }
            if part == Array("..".utf8) {
                _ = here.popLast()
                continue
            }
            here.append(part)
            let path = raw(Self.joined(here[...]))
            let root = self.root
            var status = stat()
            do throws(Errno) {
                try retrying { fstatat(root, path, &status, AT_SYMLINK_NOFOLLOW) }
            } catch {
                guard error == ENOENT else { throw error }
                try retrying { mkdirat(root, path, 0o755) }
                continue
            }
            switch CInt(status.st_mode) & S_IFMT {
            case S_IFDIR: continue
            // A whiteout of this layer: what is below it is new.
            case S_IFCHR:
                try retrying { unlinkat(root, path, 0) }
                try retrying { mkdirat(root, path, 0o755) }
                becameOpaque(path)
            case S_IFLNK:
                links += 1
                guard links <= 40 else { throw Errno(ELOOP) }
                here.removeLast()
                let target = try target(of: path)
                if target.first == UInt8(ascii: "/") { here = [] }
                left += target.split(separator: UInt8(ascii: "/")).map { Array($0) }.reversed()
            default: throw Errno(ENOTDIR)
            }
        }
        return Self.joined(here[...])
    }

    private func target(of path: RawName) throws(Errno) -> [UInt8] {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let root = self.root
        let count = try retrying { readlinkat(root, path, &buffer, buffer.count) }
        return buffer[..<count].map { UInt8(bitPattern: $0) }
    }

    static func joined(_ parts: ArraySlice<[UInt8]>) -> [UInt8] { Array(parts.joined(separator: [UInt8(ascii: "/")])) }

    /// For messages.
    static func shown(_ parts: ArraySlice<[UInt8]>) -> String { parts.isEmpty ? "/" : text(raw(joined(parts))) }

    static func attempt<Result: ~Copyable>(
        _ action: String, _ parts: ArraySlice<[UInt8]>, _ body: () throws(Errno) -> Result
    ) throws(UnpackingError) -> Result {
        do throws(Errno) {
            return try body()
        } catch {
            throw .system(action, shown(parts), error)
        }
    }
}

func raw(_ bytes: [UInt8]) -> RawName { bytes.map { CChar(bitPattern: $0) } + [0] }
