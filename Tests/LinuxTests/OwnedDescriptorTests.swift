// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import Testing

struct OwnedDescriptorTests {
    @Test("A final link is not followed")
    func refusesLinks() throws {
        let proc = try OwnedDescriptor.open("/proc/self", O_RDONLY | O_DIRECTORY)
        #expect(throws: Errno(ELOOP)) { _ = try proc.open("cwd", O_RDONLY) }
    }

    @Test("A resolved path cannot leave its root by `..`")
    func staysBelowItsRoot() throws {
        let etc = try OwnedDescriptor.open("/etc", O_RDONLY | O_DIRECTORY)
        let bytes = try etc.openResolved("../../../../hostname", O_RDONLY).readAll(limit: 4096)
        #expect(!bytes.isEmpty)
    }

    @Test("A file longer than the limit is refused")
    func boundsReading() throws {
        let file = try OwnedDescriptor.open("/proc/self/status", O_RDONLY)
        #expect(throws: Errno(EFBIG)) { try file.readAll(limit: 10) }
    }
}
