// SPDX-License-Identifier: Apache-2.0

import CArchive
import CLinux
import Linux

/// Makes the entries of an archive below a directory. Of two entries with one name the last one counts; two directories
/// become one.
final class Extraction {
    let tree: Tree
    let isLayer: Bool
    let limits: UnpackingLimits
    let report: Report
    /// Of all regular files.
    private(set) var bytes: Int64 = 0
    private(set) var entries: Int64 = 0
    /// A directory's time changes with what is made in it: it is set at the end.
    private var directoryTimes: [(path: [[UInt8]], time: timespec)] = []
    private var leftOut = 0
    var strangeAttributes: Set<String> = []

    init(root: CInt, isLayer: Bool, limits: UnpackingLimits, report: Report) throws(UnpackingError) {
        tree = try Tree(root: root) { report.opaque($0) }
        self.isLayer = isLayer
        self.limits = limits
        self.report = report
    }

    func add(_ entry: OpaquePointer, _ reader: ArchiveReader) throws(UnpackingError) {
        guard let pathname = archive_entry_pathname(entry) else { throw .archive("an entry has no name") }
        let parts = try self.parts(of: pathname)
        try count(entry, parts)
        if isLayer, let name = parts.last, name.starts(with: Array(".wh.".utf8)) {
            return try addWhiteout(parts)
        }
        if let target = archive_entry_hardlink(entry) { return try addHardLink(to: target, parts) }
        switch mode_t(archive_entry_filetype(entry)) {
        case mode_t(S_IFREG): try addFile(entry, parts, reader)
        case mode_t(S_IFDIR): try addDirectory(entry, parts)
        case mode_t(S_IFLNK): try addLink(entry, parts)
        case mode_t(S_IFIFO): try addFIFO(entry, parts)
        // No pod may open one, and nobody is to find one in the store.
        case mode_t(S_IFCHR), mode_t(S_IFBLK): leaveOut("a device", parts)
        default: throw .entry(Tree.shown(parts[...]), "is of an unknown kind")
        }
    }

    /// Sets the directories' times.
    func finish() throws(UnpackingError) {
        for (path, time) in directoryTimes {
            try Tree.attempt("set the time of", path[...]) { () throws(Errno) in
                do throws(Errno) {
                    let directory = try tree.existing(path[...], O_RDONLY)
                    try retrying { futimens(directory.rawValue, [time, time]) }
                } catch {
                    // Something else took its name.
                    guard error == ENOENT || error == ENOTDIR || error == ELOOP else { throw error }
                }
            }
        }
    }

    /// The names of a path. An absolute one starts at the root, as all do.
    private func parts(of path: UnsafePointer<CChar>) throws(UnpackingError) -> [[UInt8]] {
        let bytes = UnsafeBufferPointer(start: path, count: strlen(path)).map { UInt8(bitPattern: $0) }
        let parts = bytes.split(separator: UInt8(ascii: "/")).map { Array($0) }.filter { $0 != [UInt8(ascii: ".")] }
        let shown = text(raw(bytes))
        if parts.contains([UInt8(ascii: "."), UInt8(ascii: ".")]) {
            throw .entry(shown, "leads out of its directory by \"..\"")
        }
        if parts.count > limits.depth + 1 {
            throw .excess("its directories are more than \(limits.depth) deep: \"\(shown.prefix(100))…\"")
        }
        if bytes.count >= Int(PATH_MAX) { throw .entry("\(shown.prefix(100))…", "is longer than a path can be") }
        return parts
    }

    private func count(_ entry: OpaquePointer, _ parts: [[UInt8]]) throws(UnpackingError) {
        entries += 1
        if entries > limits.entries { throw .excess("it holds more than \(limits.entries) files: it does not fit") }
        guard archive_entry_hardlink(entry) == nil, archive_entry_size_is_set(entry) != 0 else { return }
        let (sum, overflow) = bytes.addingReportingOverflow(max(0, archive_entry_size(entry)))
        bytes = overflow ? .max : sum
        if bytes > limits.bytes {
            throw .excess("its files are larger than \(limits.bytes >> 20) MiB together: it does not fit")
        }
    }
}

// The kinds of entries.
extension Extraction {
    private func addFile(
        _ entry: OpaquePointer, _ parts: [[UInt8]], _ reader: ArchiveReader
    ) throws(UnpackingError) {
        let file = try make("file", parts) { directory, name in
            clinux_openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        }
        let descriptor = OwnedDescriptor(adopting: file)
        let size = archive_entry_size(entry)
        var end: Int64 = 0
        while let (piece, offset) = try reader.piece() {
            guard offset >= 0, offset <= size, Int64(piece.count) <= size - offset else {
                throw .entry(Tree.shown(parts[...]), "holds more than its \(size) bytes")
            }
            try Tree.attempt("write", parts[...]) { () throws(Errno) in try write(piece, at: offset, to: file) }
            end = max(end, offset + Int64(piece.count))
        }
        try Tree.attempt("set the owner, mode and time of", parts[...]) { () throws(Errno) in
            // A hole at the end.
            if end < size { try retrying { ftruncate(file, off_t(size)) } }
            let (owner, group) = try Self.owner(of: entry)
            try retrying { fchown(file, owner, group) }
            try retrying { fchmod(file, Self.mode(of: entry)) }
        }
        try addAttributes(of: entry, to: file, parts, isDirectory: false)
        try Tree.attempt("set the time of", parts[...]) { () throws(Errno) in
            let time = Self.time(of: entry)
            try retrying { futimens(descriptor.rawValue, [time, time]) }
        }
    }

    private func write(_ piece: UnsafeRawBufferPointer, at offset: Int64, to file: CInt) throws(Errno) {
        var done = 0
        while done < piece.count {
            done += try retrying {
                pwrite(file, piece.baseAddress! + done, piece.count - done, off_t(offset) + off_t(done))
            }
        }
    }

    private func addDirectory(_ entry: OpaquePointer, _ parts: [[UInt8]]) throws(UnpackingError) {
        if !parts.isEmpty { try makeDirectory(parts) }
        let directory = try Tree.attempt("open", parts[...]) { () throws(Errno) in
            try tree.existing(parts[...], O_RDONLY)
        }
        try Tree.attempt("set the owner and mode of", parts[...]) { () throws(Errno) in
            let (owner, group) = try Self.owner(of: entry)
            try retrying { fchown(directory.rawValue, owner, group) }
            try retrying { fchmod(directory.rawValue, Self.mode(of: entry)) }
        }
        try addAttributes(of: entry, to: directory.rawValue, parts, isDirectory: true)
        directoryTimes.append((parts, Self.time(of: entry)))
    }

    /// One that is there stays with what is in it; a whiteout in its place makes it hide what is below.
    private func makeDirectory(_ parts: [[UInt8]]) throws(UnpackingError) {
        let directory = try tree.directory(parts.dropLast())
        let name = raw(parts[parts.count - 1])
        try Tree.attempt("make the directory", parts[...]) { () throws(Errno) in
            do throws(Errno) {
                try retrying { mkdirat(directory, name, 0o700) }
                return
            } catch {
                guard error == EEXIST else { throw error }
            }
            let kind = try Self.kind(of: name, in: directory)
            if kind == S_IFDIR { return }
            try tree.remove(name, in: directory)
            let parent = try tree.existing(parts.dropLast())
            try retrying { mkdirat(parent.rawValue, name, 0o700) }
            if kind == S_IFCHR { report.opaque(raw(Tree.joined(parts[...]))) }
        }
    }

    private func addLink(_ entry: OpaquePointer, _ parts: [[UInt8]]) throws(UnpackingError) {
        guard let target = archive_entry_symlink(entry), target.pointee != 0 else {
            throw .entry(Tree.shown(parts[...]), "is a link to nothing")
        }
        try make("link", parts) { directory, name in symlinkat(target, directory, name) }
        try finish(entry, parts, setsMode: false)
    }

    private func addFIFO(_ entry: OpaquePointer, _ parts: [[UInt8]]) throws(UnpackingError) {
        try make("FIFO", parts) { directory, name in mkfifoat(directory, name, 0o600) }
        try finish(entry, parts, setsMode: true)
    }

    /// Owner, mode and time of what has just been made and can't be opened.
    private func finish(_ entry: OpaquePointer, _ parts: [[UInt8]], setsMode: Bool) throws(UnpackingError) {
        let directory = try tree.directory(parts.dropLast())
        let name = raw(parts[parts.count - 1])
        try Tree.attempt("set the owner and time of", parts[...]) { () throws(Errno) in
            let (owner, group) = try Self.owner(of: entry)
            try retrying { fchownat(directory, name, owner, group, AT_SYMLINK_NOFOLLOW) }
            if setsMode { try retrying { fchmodat(directory, name, Self.mode(of: entry), 0) } }
            let time = Self.time(of: entry)
            try retrying { utimensat(directory, name, [time, time], AT_SYMLINK_NOFOLLOW) }
        }
    }

    /// To what this archive has brought: a layer knows nothing of those below it.
    private func addHardLink(to target: UnsafePointer<CChar>, _ parts: [[UInt8]]) throws(UnpackingError) {
        let source = try self.parts(of: target)
        guard let name = source.last else { throw .entry(Tree.shown(parts[...]), "is a hard link to the root") }
        if source == parts { return }
        let from = raw(name)
        let directory = try linkable(from, source.dropLast(), for: parts)
        try make("hard link", parts) { linkat(directory.rawValue, from, $0, $1, 0) }
    }

    /// The directory in which a hard link's target is, checked to be one.
    private func linkable(
        _ name: RawName, _ place: ArraySlice<[UInt8]>, for parts: [[UInt8]]
    ) throws(UnpackingError) -> OwnedDescriptor {
        do throws(Errno) {
            let directory = try tree.existing(place)
            let kind = try Self.kind(of: name, in: directory.rawValue)
            if kind == S_IFDIR || kind == S_IFCHR { throw Errno(ENOENT) }
            return directory
        } catch {
            let target = Tree.shown(place + [Array(name.dropLast().map { UInt8(bitPattern: $0) })])
            guard error == ENOENT || error == ENOTDIR else {
                throw .system("make a hard link to \"\(target)\":", Tree.shown(parts[...]), error)
            }
            throw .entry(
                Tree.shown(parts[...]), "is a hard link to \"\(target)\", which is no file of this archive")
        }
    }

    /// Makes something of this name, after what has it already is gone.
    ///
    /// - Parameter body: gets the directory and the name; −1 with errno when it failed.
    @discardableResult
    private func make(
        _ what: String, _ parts: [[UInt8]], _ body: (CInt, RawName) -> CInt
    ) throws(UnpackingError) -> CInt {
        guard let last = parts.last else { throw .entry("/", "is a \(what) and must be a directory") }
        let name = raw(last)
        let directory = try tree.directory(parts.dropLast())
        return try Tree.attempt("make the \(what)", parts[...]) { () throws(Errno) in
            do throws(Errno) {
                return try retrying { body(directory, name) }
            } catch {
                guard error == EEXIST else { throw error }
            }
            try tree.remove(name, in: directory)
            let parent = try tree.existing(parts.dropLast())
            return try retrying { body(parent.rawValue, name) }
        }
    }

    func leaveOut(_ what: String, _ parts: [[UInt8]]) {
        leftOut += 1
        if leftOut <= 10 { report.warn("left out \(what): \(Tree.shown(parts[...]))") }
        if leftOut == 11 { report.warn("left out more such files") }
    }
}
