// SPDX-License-Identifier: Apache-2.0

import CLinux

/// Where `berth-unpack` is: `BERTH_UNPACK`, beside our own executable, or in `../libexec/berth` of it.
package func findUnpackProgram() throws(ImageStoreError) -> String {
    var tried: [String] = []
    if let given = getenv("BERTH_UNPACK"), given.pointee != 0 {
        tried = [String(cString: given)]
    } else if let own = ownExecutable(), let slash = own.utf8.lastIndex(of: UInt8(ascii: "/")) {
        let directory = own[..<slash]
        tried = ["\(directory)/berth-unpack", "\(directory)/../libexec/berth/berth-unpack"]
    }
    for path in tried where access(path, X_OK) == 0 { return path }
    throw .host(
        object: "berth-unpack",
        problem: "not found; looked for \(tried.joined(separator: " and ")). Install Berth whole")
}

/// See `/proc/self/exe` in `proc(5)`.
private func ownExecutable() -> String? {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Int(PATH_MAX)) { buffer in
        let count = readlink("/proc/self/exe", buffer.baseAddress!, buffer.count)
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
    }
}
