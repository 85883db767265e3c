// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// What a program of the host's says.
enum ProgramOutput {
    /// - Throws: when it isn't there, or ends with another status than 0; then with what it says of that.
    static func of(_ program: String, _ arguments: [String]) throws(RuntimeError) -> String {
        let texts: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
        defer { for text in texts { free(text) } }
        var (status, bytes, complaint): (CInt, [UInt8], [UInt8]) = (0, [], [])
        try failing("cannot run \(program)") { () throws(Errno) in
            let output = try Pipe(nonBlocking: false)
            // A file: nobody has to read it meanwhile.
            let errors = OwnedDescriptor(adopting: try retrying { clinux_memory_file("errors") })
            guard case .parent(let pid) = try OwnProcess.fork() else {
                dup2(output.writing.rawValue, 1)
                dup2(errors.rawValue, 2)
                clinux_default_signals()
                execvp(program, texts)
                _exit(Errno.current == ENOENT ? 127 : 126)
            }
            bytes = try output.takeReading().readAll(limit: 64 << 20)
            try retrying { waitpid(pid, &status, 0) }
            let number = errors.rawValue
            try retrying { lseek(number, 0, SEEK_SET) }
            complaint = try errors.readAll(limit: 64 << 10)
        }
        let code = clinux_exit_code(status)
        if code == 0 { return String(decoding: bytes, as: UTF8.self) }
        if code == 127, complaint.isEmpty { throw RuntimeError("\(program) is not installed, or not in $PATH") }
        let words = String(decoding: complaint.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        throw RuntimeError(words.isEmpty ? "\(program) ended with status \(code)" : words)
    }
}
