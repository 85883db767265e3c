// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import PodPlan

/// Ranges of 65536 host ids for pods with `hostUsers: false`, no two pods on this host the same.
///
/// Range n is a lock on byte n of one file, held by an open file of this run. The ids are those that systemd's
/// allocation leaves to nobody: 1879048192…2147483647.
struct UserRanges: ~Copyable {
    static let size: UInt32 = 65536
    static let first: UInt32 = 1_879_048_192
    static let count = 4096

    private let path: String
    private var file: OwnedDescriptor?
    private var used: Set<Int> = []

    /// - Parameter state: the state directory; the file in it is opened when the first range is taken.
    init(state: String) { path = state + "/user-ranges" }

    /// A range that nobody else has; nil when all are taken.
    mutating func take() throws(Errno) -> IDRange? {
        if file == nil { file = try OwnedDescriptor.open(path, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600) }
        for number in 0..<UserRanges.count where !used.contains(number) {
            guard try file!.lockByte(Int64(number)) else { continue }
            used.insert(number)
            return IDRange(start: UserRanges.first + UInt32(number) * UserRanges.size, count: UserRanges.size)
        }
        return nil
    }

    mutating func giveBack(_ range: IDRange) throws(Errno) {
        let number = Int((range.start - UserRanges.first) / UserRanges.size)
        used.remove(number)
        try file?.unlockByte(Int64(number))
    }
}
