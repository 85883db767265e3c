// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import Testing

@testable import ImageStore

@Suite(.enabled(if: isRoot, "needs root: makes whiteouts"))
struct ImageFilesTests {
    /// What an image of two layers shows of `/etc/passwd`.
    private func passwd(_ scratch: Scratch) throws -> String? {
        let layers = [try scratch.directory("upper"), try scratch.directory("lower")]
        let image = StoredImage(reference: "x", id: "y", layers: layers)
        return try image.contents(of: "/etc/passwd", limit: 1000).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test("The uppermost layer that has it wins, and what is in none is not there")
    func layers() throws {
        let scratch = try Scratch()
        #expect(try passwd(scratch) == nil)
        try scratch.file("lower/etc/passwd", "lower")
        try scratch.directory("upper/etc")
        #expect(try passwd(scratch) == "lower")
        try scratch.file("upper/etc/passwd", "upper")
        #expect(try passwd(scratch) == "upper")
    }

    @Test("A whiteout hides what is below it", arguments: ["etc/passwd", "etc"])
    func whiteouts(path: String) throws {
        let scratch = try Scratch()
        try scratch.file("lower/etc/passwd", "lower")
        if path.contains("/") { try scratch.directory("upper/etc") } else { try scratch.directory("upper") }
        try #require(mknod("\(scratch.path)/upper/\(path)", mode_t(S_IFCHR), 0) == 0)
        #expect(try passwd(scratch) == nil)
    }

    @Test("An opaque directory hides what is below it, and so does a file in a directory's place")
    func opaque() throws {
        let scratch = try Scratch()
        try scratch.file("lower/etc/passwd", "lower")
        let etc = try scratch.directory("upper/etc")
        try #require(setxattr(etc, "trusted.overlay.opaque", "y", 1, 0) == 0)
        #expect(try passwd(scratch) == nil)
        try #require(rmdir(etc) == 0)
        try scratch.file("upper/etc", "a file")
        #expect(try passwd(scratch) == nil)
    }

    @Test(
        "Links are followed through all layers, and never out of the image",
        arguments: [
            ("/data/passwd", "lower data"), ("../data/passwd", "lower data"),
            ("../../../../../data/./passwd", "lower data"), ("../linked/passwd", "lower data"),
            ("/etc/passwd", nil), ("/proc/self/environ", nil),
        ] as [(String, String?)])
    func links(target: String, expected: String?) throws {
        let scratch = try Scratch()
        try scratch.file("lower/data/passwd", "lower data")
        try scratch.file("lower/etc/passwd", "hidden by the link")
        try scratch.directory("upper/etc")
        try #require(symlink("data", "\(scratch.path)/upper/linked") == 0)
        try #require(symlink(target, "\(scratch.path)/upper/etc/passwd") == 0)
        if target == "/etc/passwd" {
            #expect(throws: ImageStoreError.self) { try passwd(scratch) }
        } else {
            #expect(try passwd(scratch) == expected)
        }
    }

    @Test("What is no regular file is not there: a FIFO does not hang, a device does not act")
    func otherTypes() throws {
        let scratch = try Scratch()
        let etc = try scratch.directory("upper/etc")
        try #require(mkfifo("\(etc)/passwd", 0o644) == 0)
        #expect(try passwd(scratch) == nil)
        try #require(unlink("\(etc)/passwd") == 0)
        try #require(mknod("\(etc)/passwd", mode_t(S_IFCHR | 0o666), makedev(1, 5)) == 0)
        #expect(try passwd(scratch) == nil)
        try #require(unlink("\(etc)/passwd") == 0)
        try #require(mkdir("\(etc)/passwd", 0o755) == 0)
        #expect(try passwd(scratch) == nil)
    }

    @Test("What is larger than the limit is an error, never a part of it")
    func limit() throws {
        let scratch = try Scratch()
        try scratch.file("upper/etc/passwd", String(repeating: "x", count: 1001))
        #expect(throws: ImageStoreError.self) { try passwd(scratch) }
    }
}

private func makedev(_ major: UInt64, _ minor: UInt64) -> dev_t { dev_t(major << 8 | minor) }
