// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import Testing

struct RawNamesTests {
    @Test("A tree with names that are no UTF-8 is removed whole")
    func removesRawNames() throws {
        var template = Array("/tmp/berth-directory.XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { mkdtemp($0.baseAddress!) != nil }
        try #require(made)
        let path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        defer { rmdir(path) }
        let directory = try OwnedDescriptor.open(path, O_RDONLY | O_DIRECTORY)
        let latin: [CChar] = [0x63, CChar(bitPattern: 0xe9), 0]
        try directory.makeDirectory("tree")
        let tree = try directory.open("tree", O_RDONLY | O_DIRECTORY)
        try retrying { mkdirat(tree.rawValue, latin, 0o700) }
        let below = try tree.open(latin, O_RDONLY)
        try retrying { symlinkat("nowhere", below.rawValue, latin) }
        #expect(try tree.rawNames() == [latin])

        try directory.removeTree("tree")
        #expect(try directory.names() == [])
    }
}
