// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// An open directory of a cgroup hierarchy; everything below it is reached through its descriptor.
final class CgroupDirectory: Sendable {
    let descriptor: OwnedDescriptor
    /// For messages only.
    let path: String

    init(_ descriptor: consuming OwnedDescriptor, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    /// Opens a directory by its path on the host, such as a mount point.
    convenience init(path: String) throws(CgroupError) {
        do {
            self.init(try OwnedDescriptor.open(path, O_RDONLY | O_DIRECTORY), path: path)
        } catch {
            throw .system(.open, path: path, errno: error)
        }
    }

    /// Opens a mount point; nil: it is listed but cannot be reached.
    static func ifPresent(path: String) throws(CgroupError) -> CgroupDirectory? {
        do {
            return try CgroupDirectory(path: path)
        } catch .system(.open, _, let errno) where errno == ENOENT {
            return nil
        }
    }

    /// Opens the cgroup `name` in this one.
    func child(_ name: String) throws(CgroupError) -> CgroupDirectory {
        try CgroupDirectory(openFile(name, O_RDONLY | O_DIRECTORY), path: "\(path)/\(name)")
    }

    /// Opens the cgroup `name` in this one; nil: there is none.
    func childIfPresent(_ name: String) throws(CgroupError) -> CgroupDirectory? {
        do {
            return try child(name)
        } catch .system(.open, _, let errno) where errno == ENOENT {
            return nil
        }
    }

    /// Makes the cgroup `name` unless it is there, and opens it.
    func childMade(_ name: String) throws(CgroupError) -> CgroupDirectory {
        do {
            try make(name)
        } catch .system(.make, _, let errno) where errno == EEXIST {
            // Ours already: made at an earlier start or by another berth.
        }
        return try child(name)
    }

    /// Makes the cgroup `name`. See `mkdirat(2)`.
    func make(_ name: String) throws(CgroupError) {
        let directory = descriptor.rawValue
        do {
            try retrying { mkdirat(directory, name, 0o755) }
        } catch {
            throw .system(.make, path: "\(path)/\(name)", errno: error)
        }
    }

    /// Opens a file, `memory.max` or `child/memory.max`.
    func openFile(_ file: String, _ flags: CInt) throws(CgroupError) -> OwnedDescriptor {
        do {
            return try descriptor.open(file, flags)
        } catch {
            throw .system(.open, path: "\(path)/\(file)", errno: error)
        }
    }

    /// True when the kernel offers this file here.
    func has(_ file: String) -> Bool {
        faccessat(descriptor.rawValue, file, F_OK, 0) == 0
    }

    /// The contents of a small file, without the line break at the end.
    func read(_ file: String) throws(CgroupError) -> String {
        try text(of: openFile(file, O_RDONLY), file)
    }

    /// Writes a value in one call. See `write(2)`.
    func write(_ value: String, to file: String) throws(CgroupError) {
        try write(value, to: openFile(file, O_WRONLY), file)
    }

    /// Writes a limit and reads it back.
    ///
    /// - Parameter accepts: whether what the kernel holds now is what was meant; by default the same text.
    /// - Throws: `notKept` when it is not.
    func set(_ file: String, to value: String, accepts: (String) -> Bool) throws(CgroupError) {
        let open = try openFile(file, O_RDWR)
        try write(value, to: open, file)
        let held = try text(of: open, file)
        if !accepts(held) { throw .notKept(path: "\(path)/\(file)", written: value, read: held) }
    }

    /// Writes a limit and checks that the same text is read back.
    func set(_ file: String, to value: String) throws(CgroupError) {
        try set(file, to: value) { $0 == value }
    }

    private func write(_ value: String, to open: borrowing OwnedDescriptor, _ file: String) throws(CgroupError) {
        do {
            try open.write(value)
        } catch {
            throw .system(.write, path: "\(path)/\(file)", errno: error)
        }
    }

    /// Reads from the start of the file wherever its offset is. A limit or a counter file is far below a page.
    private func text(of open: borrowing OwnedDescriptor, _ file: String) throws(CgroupError) -> String {
        let number = open.rawValue
        do {
            return try withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer throws(Errno) in
                let count = try retrying { pread(number, buffer.baseAddress, buffer.count, 0) }
                if count == buffer.count { throw Errno(EFBIG) }
                let bytes = buffer[..<count]
                return String(decoding: bytes.last == UInt8(ascii: "\n") ? bytes.dropLast() : bytes, as: UTF8.self)
            }
        } catch {
            throw .system(.read, path: "\(path)/\(file)", errno: error)
        }
    }

    /// The numbers in `cgroup.procs`; 0 stands for a process that our pid namespace doesn't show.
    func processes(in child: String) throws(CgroupError) -> [pid_t] {
        let file = child + "/cgroup.procs"
        let open = try openFile(file, O_RDONLY)
        do {
            let bytes = try open.readAll(limit: 16 << 20)
            return bytes.split(separator: UInt8(ascii: "\n")).compactMap { pid_t(String(decoding: $0, as: UTF8.self)) }
        } catch {
            // The cgroup is being removed: nobody can be in it.
            if error == ENODEV { return [] }
            throw .system(.read, path: "\(path)/\(file)", errno: error)
        }
    }

    /// The names of the cgroups in this one. Opens the directory anew, since forked processes share our offset.
    func children() throws(CgroupError) -> [String] {
        let own = try openFile(".", O_RDONLY | O_DIRECTORY).release()
        guard let stream = fdopendir(own) else {
            let errno = Errno.current
            close(own)
            throw .system(.list, path: path, errno: errno)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            guard entry.pointee.d_type == UInt8(DT_DIR) else { continue }
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }

    /// Holds this directory for us alone while `body` runs: two that start at once don't undo each other's set-up.
    func locked<Result>(_ body: () throws(CgroupError) -> Result) throws(CgroupError) -> Result {
        // A lock belongs to the open file, so this one is opened for it and unlocked by being closed.
        let lock = try openFile(".", O_RDONLY | O_DIRECTORY)
        let number = lock.rawValue
        do {
            try retrying { flock(number, LOCK_EX) }
        } catch {
            throw .system(.lock, path: path, errno: error)
        }
        return try body()
    }
}
