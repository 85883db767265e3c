// SPDX-License-Identifier: Apache-2.0

import CLinux
import Testing

@testable import Linux

@Suite struct DiskUsageTests {
    @Test("A file of two names counts once, a link for itself alone, and what is below a directory counts")
    func counts() throws {
        let path = "/tmp/berth-usage-\(getpid())-\(UInt64.random(in: 0 ... .max))"
        try retrying { mkdir(path, 0o700) }
        let place = try OwnedDescriptor.open(path, O_RDONLY | O_DIRECTORY)
        defer {
            do { try OwnedDescriptor.open("/tmp", O_RDONLY | O_DIRECTORY).removeTree(String(path.dropFirst(5))) } catch
            { Issue.record(error) }
        }
        func measure() throws -> Int64 {
            var usage = DiskUsage()
            try usage.add(below: place)
            return usage.bytes
        }
        #expect(try measure() == 0)
        try place.makeDirectory("a")
        let file = try place.open("a", O_RDONLY | O_DIRECTORY).open("f", O_WRONLY | O_CREAT, mode: 0o600)
        let block = [UInt8](repeating: 1, count: 1 << 20)
        try block.withUnsafeBufferPointer { bytes throws(Errno) in try file.writeAll(UnsafeRawBufferPointer(bytes)) }
        let once = try measure()
        #expect(once >= 1 << 20 && once < 3 << 19)
        try retrying { link("\(path)/a/f", "\(path)/g") }
        try place.makeLink("up", to: "..")
        try place.makeLink("all", to: "/")
        #expect(try measure() - once < 64 << 10)
    }

    @Test("A tree too deep to be measured is more than any limit")
    func depth() throws {
        let path = "/tmp/berth-depth-\(getpid())-\(UInt64.random(in: 0 ... .max))"
        try retrying { mkdir(path, 0o700) }
        defer {
            do { try OwnedDescriptor.open("/tmp", O_RDONLY | O_DIRECTORY).removeTree(String(path.dropFirst(5))) } catch
            { Issue.record(error) }
        }
        let place = try OwnedDescriptor.open(path, O_RDONLY | O_DIRECTORY)
        var steps = Array(repeating: "d", count: 510)
        while !steps.isEmpty {
            // Made from the inside out: each step is put into a new one.
            try place.makeDirectory("new")
            if steps.count < 510 { try retrying { rename("\(path)/d", "\(path)/new/d") } }
            try retrying { rename("\(path)/new", "\(path)/d") }
            steps.removeLast()
        }
        var usage = DiskUsage()
        try usage.add(below: place)
        #expect(usage.bytes == .max / 4)
    }
}
