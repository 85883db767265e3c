// SPDX-License-Identifier: Apache-2.0

import CLinux
package import Linux
package import OCI

/// One container's directory, `<root>/<id>`: held open, so that it stays this one whatever happens to the name.
package struct StateDirectory: ~Copyable {
    package let id: String
    /// The path, for messages and hooks.
    package let path: String
    package let directory: OwnedDescriptor
    /// Set while we are the one who makes, starts or deletes the container; nil when we only look.
    private let held: HeldLock?
    private let lockNumber: CInt

    /// Who opens the directory.
    enum Purpose {
        case look
        /// To start or delete: waits until nobody else does.
        case change
        /// The directory is new and empty.
        case make
    }

    /// - Returns: nil when it was deleted meanwhile.
    static func opened(
        _ id: String, _ path: String, _ directory: consuming OwnedDescriptor, to purpose: Purpose
    ) throws(RuntimeError) -> StateDirectory? {
        if purpose == .look {
            return StateDirectory(id: id, path: path, directory: directory, held: nil, lockNumber: -1)
        }
        guard let held = try hold(id, path, directory, make: purpose == .make) else { return nil }
        let number = held.rawValue
        return StateDirectory(id: id, path: path, directory: directory, held: held, lockNumber: number)
    }

    /// What stands in it.
    enum File {
        /// The `ContainerRecord`.
        static let record = "state.json"
        static let newRecord = "state.json.new"
        /// The bundle's `config.json` as it was when the container was made.
        static let config = "config.json"
        /// Held by whoever makes, starts or deletes the container.
        static let lock = "lock"
        /// Where the created container waits; its name goes when the container is started.
        static let start = "start"
    }

    /// Records and configurations are smaller than this.
    static let sizeLimit = JSONValue.sizeLimit

    // MARK: - The record

    /// - Returns: nil when there is none: the call that was to make the container ended before it wrote one.
    package borrowing func record() throws(RuntimeError) -> ContainerRecord? {
        guard let text = try contents(File.record) else { return nil }
        do throws(JSONError) {
            return try ContainerRecord(json: text)
        } catch {
            throw RuntimeError("the state of container `\(id)` cannot be read: \(path)/\(File.record): \(error)")
        }
    }

    /// Takes the place of the record before, in one step. Only for who holds the lock.
    package borrowing func save(_ record: ContainerRecord) throws(RuntimeError) {
        let text = record.json.text()
        try write(File.newRecord, Array(text.utf8))
        try renameNewRecord()
    }

    private borrowing func renameNewRecord() throws(RuntimeError) {
        let descriptor = directory.rawValue
        try failing("cannot replace \(path)/\(File.record)") { () throws(Errno) in
            _ = try retrying { renameat(descriptor, File.newRecord, descriptor, File.record) }
        }
    }

    // MARK: - The configuration

    /// Keeps the bundle's configuration as it is now.
    package borrowing func keep(config text: [UInt8]) throws(RuntimeError) { try write(File.config, text) }

    /// The same; nil when it isn't there any more: a removal was cut off behind it.
    package borrowing func configIfReadable() throws(RuntimeError) -> ContainerConfig? {
        guard let text = try contents(File.config) else { return nil }
        do throws(JSONError) {
            return try ContainerConfig(json: text)
        } catch {
            throw RuntimeError("the configuration of container `\(id)`: \(path)/\(File.config): \(error)")
        }
    }

    /// Gives the lock back: others may start, end and delete the container.
    package borrowing func unlock() {
        if lockNumber >= 0 { _ = flock(lockNumber, LOCK_UN) }
    }

    /// Takes back the lock that was given back, waiting for whoever has it.
    ///
    /// - Returns: false when the container was deleted meanwhile.
    package borrowing func lockAgain() throws(RuntimeError) -> Bool {
        let number = lockNumber
        var status = stat()
        try failing("cannot lock container `\(id)`") { () throws(Errno) in
            try retrying { flock(number, LOCK_EX) }
            try retrying { fstat(number, &status) }
        }
        return status.st_nlink > 0
    }

    /// The configuration with which the container was made.
    package borrowing func config() throws(RuntimeError) -> ContainerConfig {
        guard let config = try configIfReadable() else {
            throw RuntimeError("the configuration of container `\(id)` is missing: \(path)/\(File.config)")
        }
        return config
    }

    // MARK: - The lock

    /// - Returns: nil when the directory was removed, also while we waited.
    private static func hold(
        _ id: String, _ path: String, _ directory: borrowing OwnedDescriptor, make: Bool
    ) throws(RuntimeError) -> HeldLock? {
        guard let file = try openLock(path, directory, make: make) else { return nil }
        let number = file.rawValue
        var status = stat()
        do throws(Errno) {
            let lock = try HeldLock(file)
            try retrying { fstat(number, &status) }
            return status.st_nlink > 0 ? consume lock : nil
        } catch {
            throw RuntimeError("cannot lock container `\(id)`: \(error)")
        }
    }

    /// Whether somebody else makes, starts or deletes the container right now.
    borrowing func isLocked() throws(RuntimeError) -> Bool {
        if held != nil { return false }
        guard let file = try Self.openLock(path, directory, make: false) else { return false }
        // Shared: two who only look don't take each other for somebody who works.
        let descriptor = file.rawValue
        do throws(Errno) {
            try retrying { flock(descriptor, LOCK_SH | LOCK_NB) }
            return false
        } catch {
            if error == EWOULDBLOCK { return true }
            throw RuntimeError("cannot look at the lock of container `\(id)`: \(error)")
        }
    }

    /// - Parameter make: only in a new directory: in one that is being removed, the file would hold that up.
    private static func openLock(
        _ path: String, _ directory: borrowing OwnedDescriptor, make: Bool
    ) throws(RuntimeError) -> OwnedDescriptor? {
        do throws(Errno) {
            return try directory.open(File.lock, make ? O_RDWR | O_CREAT : O_RDWR, mode: 0o600)
        } catch {
            if error == ENOENT { return nil }
            throw RuntimeError("cannot open \(path)/\(File.lock): \(error)")
        }
    }

    static func missing(_ id: String) -> RuntimeError { RuntimeError("container does not exist: `\(id)`") }

    // MARK: - Files

    /// - Returns: nil when there is no such file.
    private borrowing func contents(_ name: String) throws(RuntimeError) -> [UInt8]? {
        do throws(Errno) {
            return try directory.open(name, O_RDONLY).readAll(limit: Self.sizeLimit)
        } catch {
            if error == ENOENT { return nil }
            throw RuntimeError("cannot read \(path)/\(name): \(error)")
        }
    }

    private borrowing func write(_ name: String, _ bytes: [UInt8]) throws(RuntimeError) {
        do throws(Errno) {
            try directory.open(name, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600).writeAll(bytes)
        } catch {
            throw RuntimeError("cannot write \(path)/\(name): \(error)")
        }
    }

    /// Whether a created container waits for its start.
    borrowing func waitsForStart() throws(RuntimeError) -> Bool {
        let descriptor = directory.rawValue
        do throws(Errno) {
            try retrying { faccessat(descriptor, File.start, F_OK, AT_SYMLINK_NOFOLLOW) }
            return true
        } catch {
            if error == ENOENT { return false }
            throw RuntimeError("cannot look for \(path)/\(File.start): \(error)")
        }
    }
}
