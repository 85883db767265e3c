// SPDX-License-Identifier: Apache-2.0

import CLinux

/// The huge pages of one size that are set apart on this machine. See "HugeTLB Pages" in the kernel's documentation.
public struct HugePagePool: Hashable, Sendable {
    public let pageBytes: Int64
    /// `nr_hugepages`.
    public let count: Int64

    /// All that have pages, in no order; none where the kernel knows no huge pages.
    public static func all() throws(Errno) -> [HugePagePool] {
        let path = "/sys/kernel/mm/hugepages"
        guard access(path, F_OK) == 0 else { return [] }
        let directory = try OwnedDescriptor.open(path, O_RDONLY | O_DIRECTORY)
        var pools: [HugePagePool] = []
        for name in try directory.names() {
            guard let size = pageBytes(directory: name) else { continue }
            let text = try directory.open("\(name)/nr_hugepages", O_RDONLY).readAll(limit: 64)
            let digits = text.prefix { $0 != UInt8(ascii: "\n") }
            if let count = Int64(String(decoding: digits, as: UTF8.self)), count > 0 {
                pools.append(HugePagePool(pageBytes: size, count: count))
            }
        }
        return pools
    }

    /// By the name of its directory: `hugepages-2048kB`.
    private static func pageBytes(directory name: String) -> Int64? {
        guard name.hasPrefix("hugepages-"), name.hasSuffix("kB") else { return nil }
        return Int64(name.dropFirst("hugepages-".count).dropLast(2)).map { $0 * 1024 }
    }
}
