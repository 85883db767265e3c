// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import Testing

/// What one call of the built `berth-runtime` did.
struct Call {
    let code: CInt
    let output: String
    let error: String

    /// Runs the program, as its engines do.
    ///
    /// - Parameter directory: the working directory.
    init(_ arguments: [String], in directory: String = "/", environment: [String] = ["PATH=/usr/bin:/bin"]) throws {
        let output = try Self.file()
        let error = try Self.file()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addchdir_np(&actions, directory)
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output.rawValue, 1)
        posix_spawn_file_actions_adddup2(&actions, error.rawValue, 2)
        let pid = try spawn(Self.program, ["berth-runtime"] + arguments, environment, &actions)
        var status: CInt = 0
        try retrying { waitpid(pid, &status, 0) }
        code = status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
        self.output = try Self.text(output)
        self.error = try Self.text(error)
    }

    /// The program beside `$BERTH_BIN`, which is how it is released; else the one that was built with the tests.
    static let program: String = {
        if let berth = getenv("BERTH_BIN") {
            let whole = String(cString: berth)
            return whole[..<whole.lastIndex(of: "/")!] + "/berth-runtime"
        }
        var path = [CChar](repeating: 0, count: 4096)
        let length = readlink("/proc/self/exe", &path, path.count)
        precondition(length > 0 && length < path.count)
        let whole = String(decoding: path.prefix(length).map(UInt8.init(bitPattern:)), as: UTF8.self)
        return whole[..<whole.lastIndex(of: "/")!] + "/berth-runtime"
    }()

    private static func file() throws -> OwnedDescriptor {
        OwnedDescriptor(adopting: try retrying { clinux_memory_program("output") })
    }

    private static func text(_ file: borrowing OwnedDescriptor) throws -> String {
        let descriptor = file.rawValue
        try retrying { lseek(descriptor, 0, SEEK_SET) }
        return String(decoding: try file.readAll(limit: 1 << 20), as: UTF8.self)
    }
}

/// Starts a program with no signal blocked: the threads of tests block most of them.
func spawn(
    _ path: String, _ arguments: [String], _ environment: [String] = [],
    _ actions: UnsafeMutablePointer<posix_spawn_file_actions_t>? = nil
) throws -> pid_t {
    var argv = arguments.map { strdup($0) } + [nil]
    var variables = environment.map { strdup($0) } + [nil]
    defer { for text in argv + variables { free(text) } }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var pid: pid_t = 0
    let failure = posix_spawn(&pid, path, actions, &attributes, &argv, &variables)
    if failure != 0 { throw Errno(failure) }
    return pid
}
