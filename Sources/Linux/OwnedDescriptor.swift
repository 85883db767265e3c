// SPDX-License-Identifier: Apache-2.0

public import CLinux

/// An open file descriptor with one owner, closed when that owner goes.
@frozen public struct OwnedDescriptor: ~Copyable, Sendable {
    public let rawValue: CInt

    /// Takes over `rawValue`, which nobody else may close from now on.
    public init(adopting rawValue: CInt) { self.rawValue = rawValue }

    deinit { _ = close(rawValue) }

    /// Gives the descriptor up without closing it.
    public consuming func release() -> CInt {
        let rawValue = self.rawValue
        discard self
        return rawValue
    }

    /// Opens `path`, absolute or relative to the working directory. See `open(2)`. `O_CLOEXEC` is always added.
    public static func open(_ path: String, _ flags: CInt, mode: mode_t = 0) throws(Errno) -> OwnedDescriptor {
        OwnedDescriptor(adopting: try retrying { clinux_openat(AT_FDCWD, path, flags | O_CLOEXEC, mode) })
    }

    /// Opens `path` below this directory without following a final link. See `openat(2)`.
    ///
    /// - Throws: `ENOENT` when nothing is there; `ELOOP` when it is a symbolic link.
    public borrowing func open(_ path: String, _ flags: CInt, mode: mode_t = 0) throws(Errno) -> OwnedDescriptor {
        let directory = rawValue
        return OwnedDescriptor(
            adopting: try retrying { clinux_openat(directory, path, flags | O_CLOEXEC | O_NOFOLLOW, mode) })
    }

    /// Opens `path` with this directory as `/`: neither `..` nor a link leads outside. See `openat2(2)`.
    ///
    /// - Parameter resolve: `RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS`, or `RESOLVE_BENEATH | …`.
    /// - Throws: `EAGAIN` when somebody kept renaming below us for 32 tries; `EXDEV` when `RESOLVE_BENEATH` would leave.
    public borrowing func openResolved(
        _ path: String, _ flags: CInt, mode: mode_t = 0,
        resolve: UInt64 = UInt64(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS)
    ) throws(Errno) -> OwnedDescriptor {
        let directory = rawValue
        var tries = 0
        while true {
            do {
                return OwnedDescriptor(
                    adopting: try retrying {
                        clinux_openat2(directory, path, UInt64(flags | O_CLOEXEC), UInt64(mode), resolve)
                    })
            } catch {
                tries += 1
                if error == EAGAIN && tries < 32 { continue }
                throw error
            }
        }
    }

    /// Another descriptor of the same open file, close-on-exec. See `F_DUPFD_CLOEXEC` in `fcntl(2)`.
    public borrowing func duplicate() throws(Errno) -> OwnedDescriptor {
        let descriptor = rawValue
        return OwnedDescriptor(adopting: try retrying { clinux_fcntl(descriptor, F_DUPFD_CLOEXEC, 3) })
    }

    /// Reads once. See `read(2)`.
    ///
    /// - Returns: the number of bytes read; 0 at the end of the file.
    public borrowing func read(into buffer: UnsafeMutableRawBufferPointer) throws(Errno) -> Int {
        let descriptor = rawValue
        return try retrying { systemRead(descriptor, buffer.baseAddress, buffer.count) }
    }

    /// Reads to the end of the file, at most `limit` bytes.
    ///
    /// - Throws: `EFBIG` when there is more than `limit`.
    public borrowing func readAll(limit: Int) throws(Errno) -> [UInt8] {
        var bytes: [UInt8] = []
        let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: min(limit, 65535) + 1, alignment: 1)
        defer { chunk.deallocate() }
        while true {
            let count = try read(into: chunk)
            if count == 0 { return bytes }
            if bytes.count + count > limit { throw Errno(EFBIG) }
            bytes.append(contentsOf: chunk[..<count])
        }
    }

    /// Writes all of `bytes`, in as many calls as it takes. See `write(2)`.
    public borrowing func writeAll(_ bytes: UnsafeRawBufferPointer) throws(Errno) {
        var offset = 0
        let descriptor = rawValue
        while offset < bytes.count {
            offset += try retrying { systemWrite(descriptor, bytes.baseAddress! + offset, bytes.count - offset) }
        }
    }

    /// Writes all of `bytes`, in as many calls as it takes. See `write(2)`.
    public borrowing func writeAll(_ bytes: [UInt8]) throws(Errno) {
        var offset = 0
        let descriptor = rawValue
        while offset < bytes.count {
            offset += try retrying {
                bytes.withUnsafeBytes { systemWrite(descriptor, $0.baseAddress! + offset, $0.count - offset) }
            }
        }
    }

    /// Writes the UTF-8 of `text` in one call, as cgroup and proc files want it.
    ///
    /// - Throws: `EIO` when the kernel took only a part.
    public borrowing func write(_ text: String) throws(Errno) {
        let bytes = Array(text.utf8)
        let descriptor = rawValue
        if try retrying({ systemWrite(descriptor, bytes, bytes.count) }) != bytes.count { throw Errno(EIO) }
    }
}

// The method names hide the functions of libc.
private func systemRead(_ descriptor: CInt, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    read(descriptor, buffer, count)
}

// The method names hide the functions of libc.
private func systemWrite(_ descriptor: CInt, _ buffer: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, buffer, count)
}
