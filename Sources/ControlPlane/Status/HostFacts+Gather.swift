// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import PodPlanning

extension HostFacts {
    /// Asks this machine.
    ///
    /// - Parameter nodeName: nil: the host's name.
    static func gather(nodeName: String?) throws(RunError) -> HostFacts {
        let status = try text("/proc/self/status")
        let permitted = hexadecimal(after: "CapPrm:", in: status) ?? 0
        let bounding = hexadecimal(after: "CapBnd:", in: status) ?? 0
        let capabilities = permitted & bounding
        let mayLowerScore = capabilities & (1 << sysResource) != 0
        let ownScore = try text("/proc/self/oom_score_adj").split(separator: "\n").first.flatMap { Int32($0) } ?? 0
        return HostFacts(
            nodeName: nodeName ?? hostName(), memoryBytes: Int64(sysconf(CInt(_SC_PHYS_PAGES))) * clinux_page_size(),
            capabilities: capabilities, lowestOOMScoreAdjustment: mayLowerScore ? 0 : max(0, ownScore))
    }

    private static func hostName() -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            guard gethostname(buffer.baseAddress!, buffer.count - 1) == 0 else { return "localhost" }
            buffer[buffer.count - 1] = 0
            return String(cString: buffer.baseAddress!)
        }
    }

    private static func text(_ path: String) throws(RunError) -> String {
        let bytes = try attempt("read", path) { () throws(Errno) in
            try OwnedDescriptor.open(path, O_RDONLY).readAll(limit: 1 << 16)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func hexadecimal(after name: String, in status: String) -> UInt64? {
        guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix(name) }) else { return nil }
        return line.dropFirst(name.utf8.count).split(whereSeparator: \.isWhitespace).first.flatMap {
            UInt64($0, radix: 16)
        }
    }
}

/// `CAP_SYS_RESOURCE` of `capabilities(7)`.
private let sysResource: UInt64 = 24
