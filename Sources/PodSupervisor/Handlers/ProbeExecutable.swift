// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// The program that probes over the network: `berth-probe` beside our own executable.
enum ProbeExecutable {
    /// Opened to be executed.
    static func open() throws(Errno) -> OwnedDescriptor {
        var room = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let capacity = room.count
        let count = try room.withUnsafeMutableBufferPointer { buffer throws(Errno) in
            try retrying { readlink("/proc/self/exe", buffer.baseAddress!, capacity) }
        }
        guard let slash = room[..<Int(count)].lastIndex(of: UInt8(ascii: "/")) else { throw Errno(ENOENT) }
        return try OwnedDescriptor.open(String(decoding: room[...slash], as: UTF8.self) + "berth-probe", O_PATH)
    }
}
