// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// The files of one cgroup, by its path on the host.
struct CgroupFiles {
    let path: String

    func has(_ file: String) -> Bool { access("\(path)/\(file)", F_OK) == 0 }

    /// Without the line break at the end.
    func read(_ file: String) throws(RuntimeError) -> String {
        try failing("cannot read \(path)/\(file)") { () throws(Errno) in try text(file) }
    }

    /// nil: there is no such file, or the cgroup goes while we look: systemd takes its units away when they are empty.
    func readIfPresent(_ file: String) throws(RuntimeError) -> String? {
        do throws(Errno) { return try text(file) } catch {
            if Self.isGone(error) { return nil }
            throw RuntimeError("cannot read \(path)/\(file): \(error)")
        }
    }

    private func text(_ file: String) throws(Errno) -> String {
        let bytes = try OwnedDescriptor.open("\(path)/\(file)", O_RDONLY).readAll(limit: 16 << 20)
        return String(decoding: bytes.last == UInt8(ascii: "\n") ? bytes.dropLast() : bytes, as: UTF8.self)
    }

    private static func isGone(_ error: Errno) -> Bool { error == ENOENT || error == ENODEV }

    /// A cgroup that is gone needs it no more.
    func writeUnlessGone(_ value: String, to file: String) throws(RuntimeError) {
        do throws(Errno) { try OwnedDescriptor.open("\(path)/\(file)", O_WRONLY).write(value) } catch {
            if !Self.isGone(error) { throw RuntimeError("cannot write `\(value)` to \(path)/\(file): \(error)") }
        }
    }

    func write(_ value: String, to file: String) throws(RuntimeError) {
        try failing("cannot write `\(value)` to \(path)/\(file)") { () throws(Errno) in
            try OwnedDescriptor.open("\(path)/\(file)", O_WRONLY).write(value)
        }
    }

    /// Writes them one by one, each with a call of its own.
    func write(_ values: [String], to file: String) throws(RuntimeError) {
        if values.isEmpty { return }
        let descriptor = try failing("cannot open \(path)/\(file)") { () throws(Errno) in
            try OwnedDescriptor.open("\(path)/\(file)", O_WRONLY)
        }
        for value in values {
            try failing("cannot write `\(value)` to \(path)/\(file)") { () throws(Errno) in
                try descriptor.write(value)
            }
        }
    }

    /// Writes, unless the kernel doesn't have the file.
    ///
    /// - Returns: whether it has.
    @discardableResult
    func writeIfPresent(_ value: String, to file: String) throws(RuntimeError) -> Bool {
        guard has(file) else { return false }
        try write(value, to: file)
        return true
    }

    /// The numbers in `cgroup.procs`, here and in the cgroups below.
    func processes() throws(RuntimeError) -> [pid_t] {
        var all: [pid_t] = []
        do throws(Errno) {
            let bytes = try OwnedDescriptor.open("\(path)/cgroup.procs", O_RDONLY).readAll(limit: 16 << 20)
            all = bytes.split(separator: UInt8(ascii: "\n")).compactMap { pid_t(String(decoding: $0, as: UTF8.self)) }
        } catch {
            if Self.isGone(error) { return [] }
            // A threaded cgroup of v2 tells of its processes at its domain.
            if error != EOPNOTSUPP { throw RuntimeError("cannot read \(path)/cgroup.procs: \(error)") }
        }
        for child in try children() { all += try CgroupFiles(path: "\(path)/\(child)").processes() }
        return all
    }

    func children() throws(RuntimeError) -> [String] {
        do throws(Errno) {
            let directory = try OwnedDescriptor.open(path, O_RDONLY | O_DIRECTORY)
            let number = directory.rawValue
            var status = stat()
            try retrying { fstat(number, &status) }
            // Its own two links, and one from each directory in it.
            if status.st_nlink == 2 { return [] }
            var children: [String] = []
            for name in try directory.names() {
                guard fstatat(number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
                if CInt(status.st_mode) & S_IFMT == S_IFDIR { children.append(name) }
            }
            return children
        } catch {
            if Self.isGone(error) { return [] }
            throw RuntimeError("cannot read \(path): \(error)")
        }
    }

    /// Removes this cgroup and those below it, trying again while processes are dying in it.
    func remove() throws(RuntimeError) {
        var waited: UInt32 = 0
        var pause: UInt32 = 20
        while true {
            do throws(Errno) {
                try retrying { rmdir(path) }
                return
            } catch {
                if Self.isGone(error) { return }
                guard error == EBUSY || error == ENOTEMPTY, waited < 2_000_000 else {
                    throw RuntimeError("cannot remove the cgroup \(path): \(error)")
                }
            }
            let children = try children()
            for child in children { try CgroupFiles(path: "\(path)/\(child)").remove() }
            if !children.isEmpty { continue }
            clinux_sleep_microseconds(pause)
            waited += pause
            pause = min(pause * 2, 20_000)
        }
    }
}
