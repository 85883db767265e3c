// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// One run's own directory, `runs/<id>`: its lock, the UIDs of the pods it started, and the pods' directories.
///
/// The lock is on an open file that the supervisors share by inheritance. As long as one process of the run lives,
/// nobody else touches the directory; when it can be locked, whatever carries those UIDs belongs to nobody.
struct RunDirectory: ~Copyable {
    let id: String
    let path: String
    let lock: OwnedDescriptor
    private var pods: OwnedDescriptor
    private var noted = 0

    static let lockName = "lock"
    static let podsName = "pods"
    static let uidsName = "uids"

    /// - Parameter runs: the directory of all runs.
    init(_ id: String, in runs: borrowing OwnedDescriptor, at runsPath: String) throws(RunError) {
        let path = runsPath + "/" + id
        // No sweep takes a directory for a dead run's before its lock is held.
        let guardian = try RunDirectory.guardian(runs, path)
        let lock = try attempt("make the run's directory", path) { () throws(Errno) in
            try runs.makeDirectory(id)
            let own = try runs.open(id, O_RDONLY | O_DIRECTORY)
            let lock = try own.open(RunDirectory.lockName, O_RDWR | O_CREAT, mode: 0o600)
            _ = try lock.lock(wait: true)
            return lock
        }
        let pods = try attempt("make the list of pods in", path) { () throws(Errno) in
            let own = try runs.open(id, O_RDONLY | O_DIRECTORY)
            try own.makeDirectory(RunDirectory.podsName)
            return try own.open(RunDirectory.uidsName, O_WRONLY | O_CREAT | O_APPEND, mode: 0o600)
        }
        _ = consume guardian
        self.id = id
        self.path = path
        self.lock = lock
        self.pods = pods
    }

    var podsDirectory: String { path + "/" + RunDirectory.podsName }

    /// Notes that a pod of this UID is about to be started: intent before effect (security K1).
    mutating func note(uid: String) throws(Errno) {
        try pods.write(uid + "\n")
        noted += 1
    }

    /// The list has grown long beside the pods that are there.
    func isLong(for pods: Int) -> Bool { noted > max(RunDirectory.longList, pods * 2) }

    private static let longList = 4096

    /// Writes the list anew: a run of CronJobs has no end.
    ///
    /// - Parameter uids: of all pods that may still have left something.
    mutating func shorten(to uids: [String]) throws(Errno) {
        let (list, new) = ("\(path)/\(RunDirectory.uidsName)", "\(path)/\(RunDirectory.uidsName).new")
        let file = try OwnedDescriptor.open(new, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, mode: 0o600)
        try file.writeAll(Array(uids.map { $0 + "\n" }.joined().utf8))
        try retrying { rename(new, list) }
        pods = file
        noted = uids.count
    }

    /// Removes the directory. No pod may be left.
    borrowing func remove(from runs: borrowing OwnedDescriptor) throws(RunError) {
        let guardian = try RunDirectory.guardian(runs, path)
        try attempt("remove the run's directory", path) { () throws(Errno) in try runs.removeTree(id) }
        _ = consume guardian
    }

    /// Whoever makes or removes a run's directory holds this lock on the directory of all.
    private static func guardian(_ runs: borrowing OwnedDescriptor, _ path: String) throws(RunError) -> OwnedDescriptor
    {
        try attempt("lock the directory of", path) { () throws(Errno) in
            let guardian = try runs.open(".", O_RDONLY | O_DIRECTORY)
            _ = try guardian.lock(wait: true)
            return guardian
        }
    }
}
