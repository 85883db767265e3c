// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import Testing

@testable import ImageStore

let isRoot = geteuid() == 0

/// A directory of one test with a state directory in it, removed at its end.
final class Scratch: Sendable {
    let path: String
    var state: String { path + "/state" }

    init() throws {
        var template = Array("/tmp/berth-images.XXXXXX".utf8CString)
        path = try template.withUnsafeMutableBufferPointer { buffer in
            try #require(mkdtemp(buffer.baseAddress!) != nil)
            return String(cString: buffer.baseAddress!)
        }
    }

    deinit {
        do {
            try OwnedDescriptor.open("/tmp", O_RDONLY | O_DIRECTORY).removeTree(String(path.dropFirst(5)))
        } catch {
            Issue.record(error, "the test's directory is not gone")
        }
    }

    func store() throws -> LocalImages { try LocalImages(stateDirectory: state) }

    /// Makes directories and gives the path.
    @discardableResult
    func directory(_ name: String) throws -> String {
        var partial = path
        for part in name.split(separator: "/") {
            partial += "/\(part)"
            if mkdir(partial, 0o755) != 0 { try #require(Errno.current == EEXIST) }
        }
        return partial
    }

    /// Writes a file, with the directories above it, and gives the path.
    @discardableResult
    func file(_ name: String, _ bytes: [UInt8], mode: mode_t = 0o644) throws -> String {
        if let slash = name.lastIndex(of: "/") { try directory(String(name[..<slash])) }
        let place = "\(path)/\(name)"
        try OwnedDescriptor.open(place, O_WRONLY | O_CREAT | O_TRUNC, mode: mode).writeAll(bytes)
        try #require(chmod(place, mode) == 0)
        return place
    }

    @discardableResult
    func file(_ name: String, _ text: String) throws -> String { try file(name, Array(text.utf8)) }

    /// The names in a directory below it, sorted; none when it isn't there.
    func names(_ below: String) throws -> [String] {
        do throws(Errno) {
            return try OwnedDescriptor.open("\(path)/\(below)", O_RDONLY | O_DIRECTORY).names().sorted()
        } catch {
            guard error == ENOENT else { throw error }
            return []
        }
    }

    var layers: [String] { get throws { try names("state/images/layers") } }

    /// What an import that was given up leaves: nothing.
    func expectNothingLeft() throws {
        #expect(try layers.isEmpty)
        #expect(try names("state/images/incoming").isEmpty)
        #expect(try names("state/images/references").isEmpty)
    }

    /// Imports a tar archive.
    @discardableResult
    func add(
        _ name: String, _ tar: Tar, limits: ImportLimits = ImportLimits()
    ) throws -> (image: ImageSummary, warnings: [String]) {
        try store().add(name, from: .archive(try file("archive.tar", tar.bytes)), .init(), limits: limits)
    }
}

/// What lies at a path, itself when it is a link; nil when nothing does.
func status(_ path: String) -> stat? {
    var status = stat()
    return lstat(path, &status) == 0 ? status : nil
}

func text(_ path: String) throws -> String {
    String(decoding: try OwnedDescriptor.open(path, O_RDONLY).readAll(limit: 1 << 20), as: UTF8.self)
}
