// SPDX-License-Identifier: Apache-2.0

/// How much of the huge pages of one size a cgroup may have. See "HugeTLB" in the kernel's cgroup-v2 documentation.
public struct HugePageLimit: Hashable, Sendable {
    public var pageBytes: Int64
    /// Bytes; 0 is none at all.
    public var maxBytes: Int64

    public init(pageBytes: Int64, maxBytes: Int64) {
        self.pageBytes = pageBytes
        self.maxBytes = maxBytes
    }

    /// The size in the names of the kernel's files: `2MB`.
    var sizeName: String {
        if pageBytes >= 1 << 30 { return "\(pageBytes >> 30)GB" }
        return pageBytes >= 1 << 20 ? "\(pageBytes >> 20)MB" : "\(pageBytes >> 10)KB"
    }

    /// Limits what is used and, where the kernel counts that (5.7), what is reserved, so that a container is told of its
    /// limit by `mmap` instead of a SIGBUS; each is read back, in whole pages.
    ///
    /// - Parameter file: of the limit: `max` on v2, `limit_in_bytes` on v1.
    func apply(to cgroup: String, in parent: CgroupDirectory, file: String) throws(CgroupError) {
        let files = ["\(cgroup)/hugetlb.\(sizeName).rsvd.\(file)", "\(cgroup)/hugetlb.\(sizeName).\(file)"]
        for name in files where name == files[1] || parent.has(name) {
            try parent.set(name, to: String(maxBytes)) { held in
                guard let number = Int64(held) else { return held == "max" && maxBytes > Int64.max - pageBytes }
                return number <= maxBytes && maxBytes - number < pageBytes
            }
        }
    }
}
