// SPDX-License-Identifier: Apache-2.0

import CLinux
import Testing

@testable import Linux
@testable import Sandbox

/// Whether tests may make cgroups here, and the reason when not.
enum CgroupLane {
    static let isAvailable = geteuid() == 0
    static let reason: Comment = "needs root"

    private static let lock = SharedCounter()

    /// Runs `body` with a hierarchy of its own and removes all of it.
    static func withHierarchy(_ body: (CgroupHierarchy) throws -> Void) throws {
        let hierarchy = try CgroupHierarchy.detect(base: "berth-test-\(getpid())-\(lock.next())")
        defer {
            do {
                _ = try hierarchy.sweep { _ in true }
                try hierarchy.removeBase()
            } catch {
                Issue.record(error, "the test's cgroups are not gone")
            }
        }
        try body(hierarchy)
    }
}

final class SharedCounter: @unchecked Sendable {  // the mutex guards the only field
    private var mutex = pthread_mutex_t()
    private var value = 0

    init() { pthread_mutex_init(&mutex, nil) }

    func next() -> Int {
        pthread_mutex_lock(&mutex)
        defer { pthread_mutex_unlock(&mutex) }
        value += 1
        return value
    }
}

/// A shell that joins a cgroup as a container does, and then runs a script.
final class JoinedShell {
    let pid: pid_t
    private var status: CInt?

    /// - Parameter cgroup: nil: joins none.
    init(_ script: String, in cgroup: Cgroup?) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        var join = ""
        switch cgroup?.join {
        case .cloneInto(let directory):
            posix_spawn_file_actions_adddup2(&actions, directory, 200)
            join = "echo 0 >/proc/self/fd/200/cgroup.procs && "
        case .writeTasks(let files):
            for (index, file) in files.enumerated() {
                posix_spawn_file_actions_adddup2(&actions, file, 200 + CInt(index))
                join += "echo 0 >/proc/self/fd/\(200 + index) && "
            }
        case nil: break
        }
        var pid: pid_t = 0
        let words: [UnsafeMutablePointer<CChar>?] = [strdup("sh"), strdup("-c"), strdup(join + script), nil]
        defer { for word in words { free(word) } }
        let environment: [UnsafeMutablePointer<CChar>?] = [strdup("PATH=/bin:/usr/bin"), nil]
        defer { for variable in environment { free(variable) } }
        let result = posix_spawn(&pid, "/bin/busybox", &actions, nil, words, environment)
        if result != 0 { throw Errno(result) }
        self.pid = pid
    }

    /// How it ended: the exit code, or 128 and the signal's number.
    func wait() throws -> CInt {
        if let status { return status }
        var raw: CInt = 0
        let pid = self.pid
        try retrying { waitpid(pid, &raw, 0) }
        let result = raw & 0x7f == 0 ? (raw >> 8) & 0xff : 128 + (raw & 0x7f)
        status = result
        return result
    }

    deinit {
        if status == nil {
            kill(pid, SIGKILL)
            var raw: CInt = 0
            waitpid(pid, &raw, 0)
        }
    }
}

extension Cgroup {
    /// Reads `file` from whichever hierarchy has it; nil: none has.
    func value(_ file: String) throws -> String? {
        for leaf in leaves where leaf.parent.has("\(name)/\(file)") { return try leaf.parent.read("\(name)/\(file)") }
        return nil
    }

    /// The processes in it.
    func members() throws -> [pid_t] { try leaves[0].parent.processes(in: name) }

    /// Runs a script in it to its end.
    func run(_ script: String) throws -> CInt { try JoinedShell(script, in: self).wait() }
}

/// Waits until something is so, which takes milliseconds; after half a minute the test fails.
func eventually(_ what: Comment, _ isSo: () throws -> Bool) throws {
    for _ in 0..<3000 {
        if try isSo() { return }
        clinux_sleep_microseconds(10_000)
    }
    Issue.record(what)
    throw Errno(ETIMEDOUT)
}
