// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// What tar unpacks: a file as it is, or a pipe that a program of the host fills.
///
/// A directory comes by way of tar, too, so that hard links, owners, times and extended attributes come along.
struct ArchiveInput: ~Copyable {
    private enum Kind { case file, stream, directory }

    /// For messages.
    let name: String
    let compression: Compression?
    private let kind: Kind
    private let file: OwnedDescriptor
    /// What was read of a stream already, to find out how it is compressed.
    private let head: [UInt8]

    /// - Parameter store: where the image store is: a directory that has it inside can't be copied into it.
    static func open(_ source: ImportSource, store: String) throws(ImageStoreError) -> ArchiveInput {
        let file = try opened(source)
        if case .directory(let path) = source {
            try check(path, isOutside: store)
            return ArchiveInput(name: path, compression: nil, kind: .directory, file: file, head: [])
        }
        let kind = try Self.kind(of: file, source.name)
        let head = try attempt("read", source.name) { () throws(Errno) in try Self.head(of: file, kind) }
        let compression = Compression(head)
        if kind == .file, compression == nil { try checkEnd(of: file, source.name) }
        return ArchiveInput(name: source.name, compression: compression, kind: kind, file: file, head: head)
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

    private static func kind(of file: borrowing OwnedDescriptor, _ name: String) throws(ImageStoreError) -> Kind {
        var status = stat()
        let descriptor = file.rawValue
        try attempt("look at", name) { () throws(Errno) in try retrying { fstat(descriptor, &status) } }
        switch CInt(status.st_mode) & S_IFMT {
        case S_IFREG: return .file
        case S_IFIFO, S_IFSOCK: return .stream
        default: throw .source(path: name, problem: "is neither a directory nor a tar archive")
        }
    }

    /// The first bytes, six if there are so many: of a file without moving its offset, of a stream for good.
    private static func head(of file: borrowing OwnedDescriptor, _ kind: Kind) throws(Errno) -> [UInt8] {
        let descriptor = file.rawValue
        var head = [UInt8](repeating: 0, count: 6)
        var count = 0
        let start = kind == .file ? try retrying { lseek(descriptor, 0, SEEK_CUR) } : 0
        while count < head.count {
            let got = try retrying {
                head.withUnsafeMutableBytes {
                    kind == .file
                        ? pread(descriptor, $0.baseAddress! + count, $0.count - count, start + off_t(count))
                        : read(descriptor, $0.baseAddress! + count, $0.count - count)
                }
            }
            if got == 0 { break }
            count += got
        }
        return Array(head[..<count])
    }

    /// tar takes a missing end for the end. An archive ends with blocks of zeroes; a compressed one is checked by its
    /// format.
    private static func checkEnd(of file: borrowing OwnedDescriptor, _ name: String) throws(ImageStoreError) {
        let descriptor = file.rawValue
        var status = stat()
        try attempt("look at", name) { () throws(Errno) in try retrying { fstat(descriptor, &status) } }
        var block = [UInt8](repeating: 1, count: 512)
        let whole = status.st_size >= 512 && pread(descriptor, &block, 512, status.st_size - 512) == 512
        if !whole || block.contains(where: { $0 != 0 }) {
            throw .source(path: name, problem: "is no tar archive, or is cut short: it does not end as one does")
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

    /// Starts what fills the pipe, if there is one.
    ///
    /// - Parameter errors: where a packing tar complains.
    borrowing func start(errors: borrowing OwnedDescriptor) throws(ImageStoreError) -> StartedInput {
        if kind == .file {
            return StartedInput(
                descriptor: try attempt("open", name) { () throws(Errno) in try file.duplicate() }, feeder: nil)
        }
        let pipe = try ProgramPipe(for: name)
        if kind == .stream {
            try attempt("write to a pipe", name) { () throws(Errno) in try pipe.writing.writeAll(head) }
            let feeder = try HostProgram.start("/bin/cat", ["cat"], input: file.rawValue, output: pipe.writing.rawValue)
            return StartedInput(descriptor: pipe.readingEnd(), feeder: .init(pid: feeder, packs: false))
        }
        let arguments = [
            "tar", "--create", "--file=-", "--directory=/proc/self/fd/0", "--numeric-owner", "--sort=name", "--xattrs",
            "--xattrs-include=security.capability", "--xattrs-include=user.*", "--one-file-system", ".",
        ]
        let feeder = try HostProgram.start(
            "/bin/tar", arguments, input: file.rawValue, output: pipe.writing.rawValue, errors: errors.rawValue)
        return StartedInput(descriptor: pipe.readingEnd(), feeder: .init(pid: feeder, packs: true))
    }
}

/// An archive that can be read, and the program of the host behind it.
struct StartedInput: ~Copyable {
    struct Feeder {
        let pid: pid_t
        /// It is a tar that packs a directory: how it ends matters.
        let packs: Bool
    }

    let descriptor: OwnedDescriptor
    private let feeder: Feeder?

    init(descriptor: consuming OwnedDescriptor, feeder: Feeder?) {
        self.descriptor = descriptor
        self.feeder = feeder
    }

    /// Ends what is behind it.
    ///
    /// - Parameter complete: the archive was unpacked to its end.
    /// - Returns: false when a directory could not be read whole.
    consuming func finish(complete: Bool) throws(ImageStoreError) -> Bool {
        guard let feeder else { return true }
        let pid = feeder.pid
        // It is ours and not reaped: the number can mean no other.
        if !(complete && feeder.packs) {
            try attempt("end", "a program") { () throws(Errno) in try retrying { kill(pid, SIGKILL) } }
        }
        // Should it still write, SIGPIPE ends it: the archive was complete without that.
        closeInput()
        var status: CInt = 0
        try attempt("wait for", "a program") { () throws(Errno) in try retrying { waitpid(pid, &status, 0) } }
        return !feeder.packs || clinux_exit_code(status) == 0 || clinux_exit_code(status) == 128 + SIGPIPE
    }

    private consuming func closeInput() {}
}
