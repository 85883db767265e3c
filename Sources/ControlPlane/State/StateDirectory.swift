// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// The directory that everything on disk is below: `images`, `runs`, `logs/pods`, `seccomp`.
///
/// It belongs to root and nobody else writes there: what is in it is trusted (security A4).
struct StateDirectory: ~Copyable {
    let path: String
    let descriptor: OwnedDescriptor

    /// Opens it, and makes it when it isn't there.
    init(_ path: String) throws(RunError) {
        self.path = path
        descriptor = try StateDirectory.prepare(path)
    }

    /// Opens a directory below it, made when it isn't there.
    borrowing func directory(_ name: String) throws(RunError) -> OwnedDescriptor {
        let full = path + "/" + name
        return try attempt("open", full) { () throws(Errno) in
            var parent = try descriptor.duplicate()
            for part in name.pathParts {
                try parent.makeDirectory(String(part))
                parent = try parent.open(String(part), O_RDONLY | O_DIRECTORY)
            }
            return parent
        }
    }

    private static func prepare(_ path: String) throws(RunError) -> OwnedDescriptor {
        let directory = try opened(path)
        var status = stat()
        let descriptor = directory.rawValue
        try attempt("look at the state directory", path) { () throws(Errno) in
            _ = try retrying { fstat(descriptor, &status) }
        }
        guard status.st_uid == geteuid() else {
            throw .stateDirectory(path: path, problem: "it belongs to another user")
        }
        guard status.st_mode & 0o022 == 0 else {
            throw .stateDirectory(path: path, problem: "others may write there; `chmod go-w` it")
        }
        return directory
    }

    private static func opened(_ path: String) throws(RunError) -> OwnedDescriptor {
        do throws(Errno) {
            return try open(path)
        } catch {
            guard error == ENOENT else { throw .system(action: "open the state directory", object: path, errno: error) }
        }
        let made = try attempt("make the state directory", path) { () throws(Errno) in
            var partial = ""
            for part in path.pathParts {
                partial += "/" + part
                let here = partial
                do throws(Errno) {
                    try retrying { mkdir(here, here == path ? 0o700 : 0o755) }
                } catch {
                    if error != EEXIST { throw error }
                }
            }
            return try open(path)
        }
        return made
    }

    private static func open(_ path: String) throws(Errno) -> OwnedDescriptor {
        try OwnedDescriptor.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    }
}

/// Runs a system call whose failure ends the run.
func attempt<Result: ~Copyable>(
    _ action: String, _ object: String, _ body: () throws(Errno) -> Result
) throws(RunError) -> Result {
    do throws(Errno) {
        return try body()
    } catch {
        throw .system(action: action, object: object, errno: error)
    }
}
