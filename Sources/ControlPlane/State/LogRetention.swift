// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// The logs of pods, kept or removed when a pod has ended.
struct LogRetention: ~Copyable {
    static let directory = "logs/pods"

    private let logs: OwnedDescriptor
    private let maximum: Int
    private var kept = 0

    init(logs: consuming OwnedDescriptor, maximum: Int) {
        self.logs = logs
        self.maximum = maximum
    }

    /// Removes a pod's logs.
    borrowing func remove(_ podDirectory: String) throws(Errno) {
        guard let name = podDirectory.pathParts.last else { return }
        try logs.removeTree(String(name))
    }

    mutating func keep() { kept += 1 }

    /// So many were kept since the last `trim` that it is time for one.
    var isUntidy: Bool { kept > maximum / 4 }

    /// Removes the oldest of all kept logs, of this run and earlier ones, until at most the maximum are left.
    ///
    /// - Parameter used: directories of pods that still run.
    mutating func trim(except used: [String]) throws(Errno) {
        guard kept > 0 else { return }
        kept = 0
        let used = Set(used.compactMap { $0.pathParts.last.map { String($0) } })
        let names = try logs.names().filter { !used.contains($0) }
        guard names.count > maximum else { return }
        var aged: [(changed: Int64, name: String)] = []
        for name in names {
            var status = stat()
            let directory = logs.rawValue
            do throws(Errno) {
                try retrying { fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) }
                aged.append((Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec), name))
            } catch {
                if error != ENOENT { throw error }
            }
        }
        aged.sort { $0 < $1 }
        for (_, name) in aged.prefix(max(0, aged.count - maximum)) { try logs.removeTree(name) }
    }
}
