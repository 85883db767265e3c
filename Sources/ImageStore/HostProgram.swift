// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// A pipe between us and a program.
struct ProgramPipe: ~Copyable {
    let reading: OwnedDescriptor
    let writing: OwnedDescriptor

    /// - Parameter name: for messages: what goes through it.
    init(for name: String) throws(ImageStoreError) {
        var ends: [CInt] = [-1, -1]
        try attempt("make a pipe for", name) { () throws(Errno) in try retrying { pipe2(&ends, O_CLOEXEC) } }
        reading = OwnedDescriptor(adopting: ends[0])
        writing = OwnedDescriptor(adopting: ends[1])
    }

    /// Closes our writing end, so that reading comes to an end when the program does.
    consuming func readingEnd() -> OwnedDescriptor { reading }
}

/// Programs of the host.
enum HostProgram {
    /// What one writes to standard output.
    ///
    /// - Throws: when it can't be started, or ends with another status than 0.
    static func output(of path: String, _ arguments: [String]) throws(ImageStoreError) -> String {
        let pipe = try ProgramPipe(for: path)
        let pid = try start(path, arguments, output: pipe.writing.rawValue)
        let reading = pipe.readingEnd()
        let bytes = try attempt("read from", path) { () throws(Errno) in try reading.readAll(limit: 1 << 20) }
        var status: CInt = 0
        try attempt("wait for", path) { () throws(Errno) in try retrying { waitpid(pid, &status, 0) } }
        guard clinux_exit_code(status) == 0 else {
            throw .host(object: path, problem: "ended with status \(clinux_exit_code(status))")
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Starts one with these standard streams; −1 is ours.
    static func start(
        _ path: String, _ arguments: [String], input: CInt = -1, output: CInt, errors: CInt = -1
    ) throws(ImageStoreError) -> pid_t {
        var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
        pointers.append(nil)
        defer { for pointer in pointers { free(pointer) } }
        var pid: pid_t = 0
        let error = clinux_spawn_filter(path, pointers, input, output, errors, &pid)
        if error != 0 { throw .system(action: "start", object: path, errno: Errno(error)) }
        return pid
    }
}
