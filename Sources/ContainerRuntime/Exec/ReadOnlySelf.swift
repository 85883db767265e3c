// SPDX-License-Identifier: Apache-2.0

import CReadOnlySelf
import Linux

/// The runtime's own program, out of a container's reach: see self.h.
enum ReadOnlySelf {
    /// Returns at once when the program is on a read-only mount, as it is after the start of a command that makes
    /// processes; else it doesn't return.
    static func ensure() throws(RuntimeError) {
        var failed: UnsafePointer<CChar>?
        if self_read_only(&failed) == 0 { return }
        let error = Errno.current
        throw RuntimeError("\(failed.map { String(cString: $0) } ?? ""): \(error)")
    }
}

/// Those that the process was executed with, its name first.
public func ownArguments() -> [String] {
    var result: [String] = []
    var next = self_arguments()!
    while let text = next.pointee {
        result.append(String(cString: text))
        next += 1
    }
    return result
}
