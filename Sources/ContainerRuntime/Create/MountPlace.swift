// SPDX-License-Identifier: Apache-2.0

import CLaunch
import Linux

/// Where a mount goes in the container's root, and what may be found there.
struct MountPlace: Hashable {
    /// Absolute, without `.`, `..` and doubled slashes.
    let path: String
    /// `enum launch_place`.
    let allowed: UInt32

    private static let inProc = UInt32(PLACE_IN_PROC.rawValue)
    private static let inSys = UInt32(PLACE_IN_SYS.rawValue)
    private static let noLink = UInt32(PLACE_NO_LINK.rawValue)

    /// The files of /proc that others may stand in for (lxcfs and the like). A mount elsewhere below /proc could lie to the
    /// runtime itself and to security modules (CVE-2019-16884, CVE-2019-19921).
    private static let replaceable: Set<String> = [
        "/proc/cpuinfo", "/proc/diskstats", "/proc/meminfo", "/proc/stat", "/proc/swaps", "/proc/uptime",
        "/proc/loadavg", "/proc/slabinfo", "/proc/net/dev", "/proc/sys/kernel/ns_last_pid",
    ]

    /// - Parameters:
    ///   - type: of the new file system; nil for a bind mount.
    /// - Throws: where nothing may be mounted.
    init(_ destination: String, type: String?) throws(RuntimeError) {
        path = Self.cleaned(destination)
        switch path {
        case "/": throw RuntimeError("mounts: the destination of `\(destination)` is the root itself")
        case "/proc" where type == "proc": allowed = Self.noLink
        case "/sys" where type == "sysfs": allowed = Self.noLink
        case "/proc" where type != nil:
            throw RuntimeError("mounts: only a proc file system may be mounted on /proc, not \(type ?? "")")
        case _ where path.utf8.starts(with: "/proc/".utf8):
            guard Self.replaceable.contains(path) else {
                throw RuntimeError("mounts: `\(path)` is inside /proc, where nothing may be mounted")
            }
            allowed = Self.inProc
        case _ where path.utf8.starts(with: "/sys/".utf8): allowed = Self.inSys
        default: allowed = 0
        }
    }

    /// The path as the kernel would read it in a root without links.
    static func cleaned(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.pathParts where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }
}
