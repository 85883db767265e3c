// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// The directory below which every container has its own: `--root`.
package struct StateRoot: Sendable {
    /// Absolute.
    package let path: String

    package init(_ path: String) { self.path = "/" + path.pathParts.joined(separator: "/") }

    /// Where the containers of the machine's root are.
    package static let standard = "/run/berth-runtime"

    /// Makes the directory of a new container, locked: until it is closed, the container is being made.
    ///
    /// - Throws: when there is a container of that ID, or what can't be one.
    package func make(_ id: String) throws(RuntimeError) -> StateDirectory {
        try Self.check(id)
        try makeRoot()
        guard let root = try open() else { throw RuntimeError("the state directory \(path) was removed") }
        while true {
            let isNew = try failing("cannot make \(path)/\(id)") { () throws(Errno) in try root.makeDirectory(id) }
            guard isNew else { throw RuntimeError("container with given ID already exists: `\(id)`") }
            // Somebody may have taken the empty directory for a leftover and removed it.
            if let directory = try directory(id, in: root, to: .make) { return directory }
        }
    }

    /// The directory of a container that is there.
    ///
    /// - Parameter lock: wait until nobody else makes, starts or deletes it.
    /// - Throws: when there is none.
    package func container(_ id: String, lock: Bool = false) throws(RuntimeError) -> StateDirectory {
        guard let directory = try find(id, lock: lock) else { throw StateDirectory.missing(id) }
        return directory
    }

    /// The same; nil when there is none.
    package func find(_ id: String, lock: Bool = false) throws(RuntimeError) -> StateDirectory? {
        try Self.check(id)
        guard let root = try open() else { return nil }
        if let directory = try directory(id, in: root, to: lock ? .change : .look) { return directory }
        // Without its lock it is what was left of a removal, or of a call that ended before it made anything.
        let holder = root.rawValue
        if lock { _ = unlinkat(holder, id, AT_REMOVEDIR) }
        return nil
    }

    /// The IDs of all containers, sorted.
    package func ids() throws(RuntimeError) -> [String] {
        guard let root = try open() else { return [] }
        let names = try failing("cannot read \(path)") { () throws(Errno) in try root.names() }
        return names.filter { Self.isID($0) }.sorted()
    }

    /// Removes the directory of a container, whose lock the caller holds; nothing of it may be left elsewhere.
    package func remove(_ directory: borrowing StateDirectory) throws(RuntimeError) {
        guard let root = try open() else { return }
        let id = directory.id
        // The lock goes last: until then nobody else begins anything here. Without a record what is left is no container.
        let inside = directory.directory.rawValue
        for name in [
            StateDirectory.File.start, StateDirectory.File.config, StateDirectory.File.newRecord,
            StateDirectory.File.record,
        ] {
            do throws(Errno) { _ = try retrying { unlinkat(inside, name, 0) } } catch {
                if error != ENOENT { throw RuntimeError("cannot remove \(directory.path)/\(name): \(error)") }
            }
        }
        let parent = root.rawValue
        if unlinkat(inside, StateDirectory.File.lock, 0) == 0, unlinkat(parent, id, AT_REMOVEDIR) == 0 { return }
        var status = stat()
        // Somebody took the empty directory for a leftover: what has the name now is another container's.
        if fstat(inside, &status) == 0, status.st_nlink == 0 { return }
        // There is something in it that isn't ours.
        try failing("cannot remove \(directory.path)") { () throws(Errno) in try root.removeTree(id) }
    }

    // MARK: - IDs

    private static func check(_ id: String) throws(RuntimeError) {
        guard isID(id) else {
            throw RuntimeError(
                "invalid container ID `\(id)`: letters, digits and _ + - . are allowed, at most 255, and not . or ..")
        }
    }

    static func isID(_ id: String) -> Bool {
        guard !id.isEmpty, id.utf8.count <= 255, id != ".", id != ".." else { return false }
        return id.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "_+-.".utf8.contains(byte)
            }
        }
    }

    // MARK: - The directory

    /// - Returns: nil when it isn't there: nobody has made a container.
    private func open() throws(RuntimeError) -> OwnedDescriptor? {
        do throws(Errno) {
            return try OwnedDescriptor.open(path, O_RDONLY | O_DIRECTORY)
        } catch {
            if error == ENOENT { return nil }
            throw RuntimeError("cannot open the state directory \(path): \(error)")
        }
    }

    private func directory(
        _ id: String, in root: borrowing OwnedDescriptor, to purpose: StateDirectory.Purpose
    ) throws(RuntimeError) -> StateDirectory? {
        let directory: OwnedDescriptor
        do throws(Errno) {
            directory = try root.open(id, O_RDONLY | O_DIRECTORY)
        } catch {
            if error == ENOENT { return nil }
            throw RuntimeError("cannot open \(path)/\(id): \(error)")
        }
        return try StateDirectory.opened(id, "\(path)/\(id)", directory, to: purpose)
    }

    /// Makes the directory and those above it.
    private func makeRoot() throws(RuntimeError) {
        var made = ""
        for part in path.pathParts {
            made += "/" + part
            do throws(Errno) {
                try retrying { mkdir(made, made.utf8.count == path.utf8.count ? 0o700 : 0o711) }
            } catch {
                // Also where the directories above are there and can't be written, such as `/`.
                if error != EEXIST && error != EROFS && error != EACCES {
                    throw RuntimeError("cannot make the state directory \(made): \(error)")
                }
            }
        }
    }
}
