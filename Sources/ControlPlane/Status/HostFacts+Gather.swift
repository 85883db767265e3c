// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import PodPlanning

extension HostFacts {
    /// Asks this machine.
    ///
    /// - Parameters:
    ///   - nodeName: nil: the host's name.
    ///   - stateDirectory: where the pods' directories will be.
    static func gather(nodeName: String?, stateDirectory: String) throws(RunError) -> HostFacts {
        let status = try text("/proc/self/status")
        let permitted = hexadecimal(after: "CapPrm:", in: status) ?? 0
        let bounding = hexadecimal(after: "CapBnd:", in: status) ?? 0
        let capabilities = permitted & bounding
        let mayLowerScore = capabilities & (1 << sysResource) != 0
        let ownScore = try text("/proc/self/oom_score_adj").split(separator: "\n").first.flatMap { Int32($0) } ?? 0
        var disk = statvfs()
        _ = try attempt("look at", stateDirectory) { () throws(Errno) in try retrying { statvfs(stateDirectory, &disk) }
        }
        var facts = HostFacts(
            nodeName: nodeName ?? ownNodeName, memoryBytes: Int64(sysconf(CInt(_SC_PHYS_PAGES))) * clinux_page_size(),
            cpuMillicores: Int64(sysconf(CInt(_SC_NPROCESSORS_ONLN))) * 1000,
            diskBytes: Int64(clamping: Int128(disk.f_blocks) * Int128(disk.f_frsize)),
            capabilities: capabilities, lowestOOMScoreAdjustment: mayLowerScore ? 0 : max(0, ownScore))
        if let address = hostAddress() { facts.address = address }
        let pools = try attempt("read", "/sys/kernel/mm/hugepages") { () throws(Errno) in try HugePagePool.all() }
        for pool in pools {
            facts.hugePages[pool.pageBytes] = Int64(clamping: Int128(pool.pageBytes) * Int128(pool.count))
        }
        facts.names = HostNames.gather(hostname: hostName())
        return facts
    }

    /// The first address that is neither of the loopback nor of the pods' bridge. A host without one is on its own.
    private static func hostAddress() -> String? {
        let bridge = interfaceIndex(PodNetwork.bridgeName) ?? 0
        let loopback = interfaceIndex("lo") ?? 0
        guard let socket = try? NetlinkSocket(), let addresses = try? socket.addresses() else { return nil }
        return addresses.first { $0.network.address.count == 4 && $0.index != bridge && $0.index != loopback }
            .map { IPNetwork.text($0.network.address) }
    }

    /// The kubelet's rule: the host's name in lower case.
    static var ownNodeName: String { hostName().lowercased() }

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

extension HostNames {
    /// Where systemd-resolved keeps the servers that its stub asks. The kubelet's documentation names it for this use.
    private static let behindStub = "/run/systemd/resolve/resolv.conf"

    /// Asks this machine. A file that is not there or cannot be read says nothing: a host may have neither.
    fileprivate static func gather(hostname: String) -> HostNames {
        var names = HostNames()
        names.hostname = hostname
        names.hostsFile = text("/etc/hosts") ?? ""
        names.resolverFile = text("/etc/resolv.conf") ?? ""
        // What listens on the host's loopback is out of a pod's reach.
        if ResolverFile.asksOnlyLoopback(names.resolverFile), let behind = text(behindStub) {
            names.resolverFile = behind
        }
        return names
    }

    private static func text(_ path: String) -> String? {
        do throws(Errno) {
            return String(decoding: try OwnedDescriptor.open(path, O_RDONLY).readAll(limit: 1 << 20), as: UTF8.self)
        } catch {
            return nil
        }
    }
}

/// `CAP_SYS_RESOURCE` of `capabilities(7)`.
private let sysResource: UInt64 = 24
