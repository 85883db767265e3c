// SPDX-License-Identifier: Apache-2.0

public import CLinux

extension OwnedDescriptor {
    /// The names in this directory, without `.` and `..`, in no order. See `readdir(3)`.
    ///
    /// For directories of our own: a name that is no UTF-8 comes out mended. What others may have filled is read by
    /// `rawNames()`.
    public borrowing func names() throws(Errno) -> [String] {
        try rawNames().map { $0.withUnsafeBufferPointer { String(cString: $0.baseAddress!) } }
    }

    /// The same as the kernel has them: bytes, a zero at the end. They can be given to `open` and to C as they are.
    public borrowing func rawNames() throws(Errno) -> [[CChar]] {
        let directory = rawValue
        let copy = try retrying { clinux_openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0) }
        guard let stream = fdopendir(copy) else {
            let error = Errno.current
            _ = close(copy)
            throw error
        }
        defer { _ = closedir(stream) }
        var names: [[CChar]] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) {
                    Array(UnsafeBufferPointer(start: $0, count: strlen($0) + 1))
                }
            }
            if name != [46, 0] && name != [46, 46, 0] { names.append(name) }
        }
        return names
    }

    /// Opens what has this raw name here, without following it when it is a link. See `openat(2)`.
    public borrowing func open(_ name: [CChar], _ flags: CInt) throws(Errno) -> OwnedDescriptor {
        let directory = rawValue
        return OwnedDescriptor(
            adopting: try retrying { clinux_openat(directory, name, flags | O_CLOEXEC | O_NOFOLLOW, 0) })
    }

    /// Removes what is called `name` here, and everything below it. Links are removed, never followed; what another
    /// file system is mounted on is left, with its parents, and reported (CVE-2017-1002102).
    ///
    /// However deep it is: what is deeper than we have descriptors for is moved up here first.
    ///
    /// - Throws: `EBUSY` or `EXDEV` at a mount. That nothing is there is no error.
    public borrowing func removeTree(_ name: String) throws(Errno) { try removeTree(Array(name.utf8CString)) }

    /// The same, of a raw name.
    public borrowing func removeTree(_ name: [CChar]) throws(Errno) {
        var left = [name]
        while let next = left.popLast() { try remove(next, depth: 0, top: rawValue, &left) }
    }

    /// - Parameters:
    ///   - top: the directory to which what is too deep is moved.
    ///   - moved: the names it got there.
    private borrowing func remove(_ name: [CChar], depth: Int, top: CInt, _ moved: inout [[CChar]]) throws(Errno) {
        let directory = rawValue
        do throws(Errno) {
            try retrying { unlinkat(directory, name, 0) }
            return
        } catch {
            if error == ENOENT { return }
            guard error == EISDIR || error == EPERM else { throw error }
        }
        if depth == 100 { return moved.append(try moveUp(name, to: top)) }
        do throws(Errno) {
            let child = try openOnSameMount(name)
            for entry in try child.rawNames() { try child.remove(entry, depth: depth + 1, top: top, &moved) }
            try retrying { unlinkat(directory, name, AT_REMOVEDIR) }
        } catch {
            if error != ENOENT { throw error }
        }
    }

    /// - Throws: `EXDEV` when something is mounted there, `ELOOP` when it is a link.
    borrowing func openOnSameMount(_ name: [CChar]) throws(Errno) -> OwnedDescriptor {
        let directory = rawValue
        return OwnedDescriptor(
            adopting: try retrying {
                clinux_openat2(
                    directory, name, UInt64(O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), 0,
                    UInt64(RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV))
            })
    }

    private borrowing func moveUp(_ name: [CChar], to top: CInt) throws(Errno) -> [CChar] {
        let directory = rawValue
        var number = 0
        while true {
            let new = Array(".removing-\(getpid())-\(number)".utf8CString)
            do throws(Errno) {
                try retrying { clinux_rename_new(directory, name, top, new) }
                return new
            } catch {
                if error != EEXIST { throw error }
                number += 1
            }
        }
    }

    /// Makes a directory here. See `mkdirat(2)`.
    ///
    /// - Returns: false when there was something of that name.
    @discardableResult
    public borrowing func makeDirectory(_ name: String, mode: mode_t = 0o700) throws(Errno) -> Bool {
        let directory = rawValue
        do throws(Errno) {
            try retrying { mkdirat(directory, name, mode) }
            return true
        } catch {
            if error == EEXIST { return false }
            throw error
        }
    }

    /// Makes a symbolic link here. See `symlinkat(2)`.
    ///
    /// - Throws: `EEXIST` when there is something of that name.
    public borrowing func makeLink(_ name: String, to target: String) throws(Errno) {
        let directory = rawValue
        try retrying { symlinkat(target, directory, name) }
    }

    /// Locks the open file for ourselves; others that share it by fork hold the lock, too. See `flock(2)`.
    ///
    /// - Parameter wait: false: don't wait for who holds it.
    /// - Returns: false when somebody else holds it.
    public borrowing func lock(wait: Bool) throws(Errno) -> Bool {
        let descriptor = rawValue
        do throws(Errno) {
            try retrying { flock(descriptor, wait ? LOCK_EX : LOCK_EX | LOCK_NB) }
            return true
        } catch {
            if error == EWOULDBLOCK { return false }
            throw error
        }
    }
}
