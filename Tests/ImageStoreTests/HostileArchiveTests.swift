// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import Testing

@testable import ImageStore

@Suite(.enabled(if: isRoot, "needs root: unpacks in real namespaces"))
struct HostileArchiveTests {
    enum Trick: String, CaseIterable {
        case parent, absolute, throughLink, throughRelativeLink, linkToParent, hardLink, hardLinkToLink, linkAsRoot
        case capabilityOverLink
    }

    /// An archive that would write to, or take in, `victim` in the directory `place`.
    static func archive(_ trick: Trick, place: String) -> Tar {
        var tar = Tar()
        tar.add("harmless", "x")
        let up = String(repeating: "../", count: 8)
        switch trick {
        case .parent: tar.add("\(up)\(place.dropFirst())/victim", "changed")
        case .absolute: tar.add("\(place)/victim", "changed")
        case .throughLink:
            tar.add(.symbolicLink, "link", link: place)
            tar.add("link/victim", "changed")
        case .throughRelativeLink:
            tar.add(.symbolicLink, "link", link: "\(up)\(place.dropFirst())")
            tar.add("link/victim", "changed")
        case .linkToParent:
            tar.add(.directory, "a", mode: 0o755)
            tar.add(.symbolicLink, "a/up", link: "..")
            tar.add(.symbolicLink, "a/up/link", link: place)
            tar.add("link/victim", "changed")
        case .hardLink:
            tar.add(.hardLink, "twin", link: "\(place)/victim")
            tar.add("twin", "changed")
        case .hardLinkToLink:
            tar.add(.symbolicLink, "link", link: "\(place)/victim")
            tar.add(.hardLink, "twin", link: "link")
            tar.add("twin", "changed")
        case .linkAsRoot:
            tar.add(.symbolicLink, ".", link: place)
            tar.add("victim", "changed")
        case .capabilityOverLink:
            tar.add(.symbolicLink, "victim", link: "\(place)/victim")
            tar.add("victim", "changed", mode: 0o6777)
        }
        return tar
    }

    @Test("Nothing outside the image is changed, and nothing of the host gets in", arguments: Trick.allCases)
    func staysInside(trick: Trick) throws {
        let scratch = try Scratch()
        try scratch.file("outside/victim", "as it was")
        let tar = Self.archive(trick, place: scratch.path + "/outside")
        do {
            let layer = try scratch.add("it", tar).image.layers[0]
            let found = try HostProgram.output(of: "/bin/grep", ["grep", "-rl", "^", layer])
            for path in found.split(separator: "\n") { #expect(try text(String(path)) != "as it was") }
        } catch let error as ImageStoreError {
            #expect(error.isCallersOwn, "\(error)")
            try scratch.expectNothingLeft()
        }
        #expect(try text(scratch.path + "/outside/victim") == "as it was")
        #expect(status(scratch.path + "/outside/victim")?.st_mode == mode_t(S_IFREG | 0o644))
        #expect(try scratch.names("outside") == ["victim"])
    }

    enum Bomb: String, CaseIterable { case claimed, zeros, sparse, entries, depth, depthByLinks }

    private static func bomb(_ bomb: Bomb, _ scratch: Scratch) throws -> ImportSource {
        var tar = Tar()
        switch bomb {
        case .claimed: tar.add("big", "x", size: 8 << 30 - 1)
        case .zeros:
            let root = try scratch.directory("root")
            let big = try scratch.file("root/big", [])
            try #require(truncate(big, 64 << 20) == 0)
            _ = try HostProgram.output(of: "/bin/tar", ["tar", "-czf", scratch.path + "/b.tar.gz", "-C", root, "."])
            return .archive(scratch.path + "/b.tar.gz")
        case .sparse:
            let root = try scratch.directory("root")
            let big = try scratch.file("root/big", [])
            try #require(truncate(big, 1 << 40) == 0)
            _ = try HostProgram.output(of: "/bin/tar", ["tar", "-cSf", scratch.path + "/b.tar", "-C", root, "."])
            return .archive(scratch.path + "/b.tar")
        case .entries: for number in 0..<200 { tar.add("file\(number)") }
        case .depth: tar.add(String(repeating: "d/", count: 30) + "file")
        case .depthByLinks:
            for round in 0..<4 {
                let top = round == 0 ? "" : "l\(round)/"
                let below = String(repeating: "d/", count: 7)
                tar.add(.directory, "\(top)\(below)", mode: 0o755)
                let target = String(repeating: "d/", count: 7 * (round + 1)).dropLast()
                tar.add(.symbolicLink, "l\(round + 1)", link: String(target))
            }
        }
        return .archive(try scratch.file("b.tar", tar.bytes))
    }

    @Test("What holds more than it may is given up, and leaves nothing", arguments: Bomb.allCases)
    func bombs(bomb: Bomb) throws {
        let scratch = try Scratch()
        let source = try Self.bomb(bomb, scratch)
        let limits = ImportLimits(bytes: 1 << 20, entries: 100, depth: 20)
        let error = #expect(throws: ImageStoreError.self) {
            try scratch.store().add("it", from: source, .init(), limits: limits)
        }
        let expected =
            switch bomb {
            case .claimed, .zeros, .sparse: "its files are larger than 1 MiB together"
            case .entries: "it holds more than 100 files"
            case .depth, .depthByLinks: "its directories are more than 20 deep"
            }
        #expect(error?.description.contains(expected) == true, "\(error?.description ?? "")")
        try scratch.expectNothingLeft()
    }

    @Test(
        "What is no root file system is refused, and leaves nothing",
        arguments: [
            "garbage", "empty", "no entries", "truncated", "docker save", "missing", "device", "the store's parent",
        ])
    func refuses(kind: String) throws {
        let scratch = try Scratch()
        var tar = Tar()
        let source: ImportSource
        switch kind {
        case "garbage": source = .archive(try scratch.file("b.tar", String(repeating: "no tar ", count: 1000)))
        case "empty": source = .archive(try scratch.file("b.tar", ""))
        case "no entries": source = .archive(try scratch.file("b.tar", tar.bytes))
        case "truncated":
            tar.add("file", String(repeating: "x", count: 5000))
            source = .archive(try scratch.file("b.tar", Array(tar.bytes.prefix(2000))))
        case "docker save":
            tar.add("manifest.json", "[]")
            tar.add("1234/layer.tar", "")
            source = .archive(try scratch.file("b.tar", tar.bytes))
        case "missing": source = .archive(scratch.path + "/nowhere")
        case "device": source = .archive("/dev/zero")
        default: source = .directory(scratch.path)
        }
        let error = #expect(throws: ImageStoreError.self) { try scratch.store().add("it", from: source, .init()) }
        #expect(error?.isCallersOwn == true, "\(error?.description ?? "")")
        try scratch.expectNothingLeft()
    }
}
