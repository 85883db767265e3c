// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// What is to be unpacked: an archive as it is, or a directory, which a tar of the host packs on the way.
///
/// A directory comes by way of tar, too, so that hard links, owners, times and extended attributes come along.
struct ArchiveInput: ~Copyable {
    /// For messages.
    let name: String
    private let isDirectory: Bool
    private let file: OwnedDescriptor

    /// - Parameter store: where the image store is: a directory that has it inside can't be copied into it.
    static func open(_ source: ImportSource, store: String) throws(ImageStoreError) -> ArchiveInput {
        let file = try opened(source)
        if case .directory(let path) = source {
            try check(path, isOutside: store)
            return ArchiveInput(name: path, isDirectory: true, file: file)
        }
        let status = try attempt("look at", source.name) { () throws(Errno) in try file.status() }
        guard [S_IFREG, S_IFIFO, S_IFSOCK].contains(CInt(status.st_mode) & S_IFMT) else {
            throw .source(path: source.name, problem: "is neither a directory nor a tar archive")
        }
        return ArchiveInput(name: source.name, isDirectory: false, file: file)
    }

    private static func opened(_ source: ImportSource) throws(ImageStoreError) -> OwnedDescriptor {
        do throws(Errno) {
            switch source {
            case .directory(let path): return try OwnedDescriptor.open(path, O_RDONLY | O_DIRECTORY)
            case .archive(let path): return try OwnedDescriptor.open(path, O_RDONLY)
            case .stream(let descriptor):
                return OwnedDescriptor(adopting: try retrying { clinux_fcntl(descriptor, F_DUPFD_CLOEXEC, 3) })
            }
        } catch {
            throw .source(path: source.name, problem: error.description)
        }
    }

    private static func check(_ path: String, isOutside store: String) throws(ImageStoreError) {
        guard let real = realpath(path, nil), let realStore = realpath(store, nil) else {
            throw .source(path: path, problem: Errno.current.description)
        }
        defer {
            free(real)
            free(realStore)
        }
        let directory = String(cString: real)
        if (String(cString: realStore) + "/").hasPrefix(directory == "/" ? "/" : directory + "/") {
            throw .source(path: path, problem: "has the image store inside; take it by `berth image bind` instead")
        }
    }

    /// Unpacks it.
    borrowing func unpack(_ unpacking: Unpacking) throws(ImageStoreError) -> Unpacking.Result {
        if isDirectory { return try packAndUnpack(unpacking) }
        return try unpacking.run(file.rawValue, name: name)
    }

    private borrowing func packAndUnpack(_ unpacking: Unpacking) throws(ImageStoreError) -> Unpacking.Result {
        let arguments = [
            "tar", "--create", "--file=-", "--directory=/proc/self/fd/0", "--format=posix", "--numeric-owner",
            "--sort=name", "--xattrs", "--xattrs-include=security.capability", "--xattrs-include=user.*", "--acls",
            "--one-file-system", ".",
        ]
        // No pipe: nobody reads while we unpack.
        let messages = try attempt("make a file for the messages of", "tar") { () throws(Errno) in
            OwnedDescriptor(adopting: try retrying { clinux_memory_file("tar") })
        }
        let archive = try ProgramPipe(for: "tar")
        let pid = try HostProgram.start(
            "/bin/tar", arguments, input: file.rawValue, output: archive.writing.rawValue,
            errors: messages.rawValue)
        var result: Unpacking.Result?
        var failure: ImageStoreError?
        do throws(ImageStoreError) {
            result = try unpack(archive.readingEnd(), unpacking)
        } catch {
            failure = error
        }
        // Should it still write, SIGPIPE has ended it: nobody has the pipe any more.
        var status: CInt = 0
        try attempt("wait for", "tar") { () throws(Errno) in try retrying { waitpid(pid, &status, 0) } }
        let lines = try attempt("read the messages of", "tar") { () throws(Errno) in
            try retrying { lseek(messages.rawValue, 0, SEEK_SET) }
            return try messages.readAll(limit: 64 << 20)
        }
        if let failure { throw failure }
        let (warnings, complaint) = Self.judge(String(decoding: lines, as: UTF8.self))
        guard clinux_exit_code(status) == 0 || clinux_exit_code(status) == 128 + SIGPIPE, complaint == nil,
            var result
        else { throw .source(path: name, problem: "could not be read: \(complaint ?? "tar failed")") }
        result.warnings += warnings
        return result
    }

    /// Closes the pipe at its end.
    private borrowing func unpack(
        _ pipe: consuming OwnedDescriptor, _ unpacking: Unpacking
    ) throws(ImageStoreError) -> Unpacking.Result { try unpacking.run(pipe.rawValue, name: name) }

    /// tar leaves sockets out, which is a warning; whatever else it says is a failure.
    private static func judge(_ text: String) -> (warnings: [String], complaint: String?) {
        var warnings: [String] = []
        var complaint: String?
        for line in text.split(separator: "\n") {
            if line.hasSuffix(": socket ignored") {
                let name = line.dropFirst(5).dropLast(16)
                if warnings.count < 10 { warnings.append("left out a socket: \(name)") }
                if warnings.count == 10 { warnings.append("left out more such files") }
            } else if complaint == nil {
                complaint = String(line)
            }
        }
        return (warnings, complaint)
    }
}
