// SPDX-License-Identifier: Apache-2.0

public import CLinux

extension OwnedDescriptor {
    /// The names in this directory, without `.` and `..`, in no order. See `readdir(3)`.
    public borrowing func names() throws(Errno) -> [String] {
        let directory = rawValue
        let copy = try retrying { clinux_openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0) }
        guard let stream = fdopendir(copy) else {
            let error = Errno.current
            _ = close(copy)
            throw error
        }
        defer { _ = closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }

    /// Removes what is called `name` here, and everything below it. Links are removed, never followed; what another
    /// file system is mounted on is left, with its parents, and reported (CVE-2017-1002102).
    ///
    /// However deep it is: what is deeper than we have descriptors for is moved up here first.
    ///
    /// - Throws: `EBUSY` or `EXDEV` at a mount. That nothing is there is no error.
    public borrowing func removeTree(_ name: String) throws(Errno) {
        var left = [name]
        while let next = left.popLast() { try remove(next, depth: 0, top: rawValue, &left) }
    }

    /// - Parameters:
    ///   - top: the directory to which what is too deep is moved.
    ///   - moved: the names it got there.
    private borrowing func remove(_ name: String, depth: Int, top: CInt, _ moved: inout [String]) throws(Errno) {
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
            let child = try openResolved(
                name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, resolve: UInt64(RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV))
            for entry in try child.names() { try child.remove(entry, depth: depth + 1, top: top, &moved) }
            try retrying { unlinkat(directory, name, AT_REMOVEDIR) }
        } catch {
            if error != ENOENT { throw error }
        }
    }

    private borrowing func moveUp(_ name: String, to top: CInt) throws(Errno) -> String {
        let directory = rawValue
        var number = 0
        while true {
            let new = ".removing-\(getpid())-\(number)"
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
