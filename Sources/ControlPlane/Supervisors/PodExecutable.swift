// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// Where `berth-pod` is: what was asked for, `BERTH_POD`, beside our own executable, or in `../libexec/berth` of it.
package func findPodExecutable(_ asked: String?) throws(RunError) -> String {
    var tried: [String] = []
    if let given = asked ?? environmentValue("BERTH_POD") {
        tried = [given]
    } else if let own = ownExecutable(), let slash = own.lastIndex(of: "/") {
        let directory = own[..<slash]
        tried = ["\(directory)/berth-pod", "\(directory)/../libexec/berth/berth-pod"]
    }
    for path in tried where access(path, X_OK) == 0 { return path }
    throw .podExecutableMissing(tried: tried)
}

private func environmentValue(_ name: String) -> String? {
    guard let value = getenv(name), value.pointee != 0 else { return nil }
    return String(cString: value)
}

/// See `/proc/self/exe` in `proc(5)`.
private func ownExecutable() -> String? {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Int(PATH_MAX)) { buffer in
        let count = readlink("/proc/self/exe", buffer.baseAddress!, buffer.count)
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
    }
}
