// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import PodSupervisor

struct MountEntryTests {
    @Test(
        "A line of mountinfo tells whom a mount propagates to",
        arguments: [
            ("22 27 0:21 / /proc rw,relatime - proc proc rw", 22, "/proc", false, false),
            ("30 1 254:0 / / rw shared:1 - ext4 /dev/vda rw", 30, "/", true, false),
            ("31 1 254:0 /a /b rw,nosuid master:1 - ext4 /dev/vda rw", 31, "/b", false, true),
            (
                "32 1 254:0 / /c\\040d rw shared:2 master:1 propagate_from:7 - tmpfs shared:9 rw", 32, "/c\\040d", true,
                true
            ),
            ("33 1 0:5 / /e rw unbindable - tmpfs master:1 rw", 33, "/e", false, false),
        ])
    func reads(line: String, id: Int, mountPoint: String, isShared: Bool, isSlave: Bool) throws {
        let entry = try #require(MountEntry(line: line))
        #expect((entry.id, entry.mountPoint) == (id, mountPoint))
        #expect((entry.isShared, entry.isSlave) == (isShared, isSlave))
    }

    @Test("What is no such line is none", arguments: ["", "1 2 3", "x 1 0:1 / / rw - a b c"])
    func refuses(line: String) { #expect(MountEntry(line: line) == nil) }
}
